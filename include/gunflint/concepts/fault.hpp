#pragma once
/// A fault is one struct of static functions in one file in faults/, closed by GUNFLINT_FAULT(name,
/// Struct). No base class, no registration, no list to edit: CMake derives the catalogue from the
/// file names, and `faults/cpu.cpp` must define `cpu` or linking fails. faults/noop.cpp is the
/// template.

#include <concepts>
#include <string_view>
#include <vector>

#include "gunflint/base/fields.hpp"
#include "gunflint/host/host.hpp"
#include "gunflint/model/event.hpp"
#include "gunflint/model/undo.hpp"

namespace gunflint {

enum class Place { Host, Api };  ///< which agent runs it
enum class Healing {
  ByUs,        ///< restore puts the old state back
  ByPlatform,  ///< the system under test must heal (kill)
  Never        ///< needs `irreversible: true`
};

/// Something this host must have. `present` is answered by `plan` and `doctor`.
struct Need {
  std::string what;  ///< "CAP_NET_ADMIN", "cgroup cpu", "tool nft", "kernel nfqueue"
  std::string why;   ///< "to put packets into a queue"
  bool present = false;
  std::string fix;  ///< what to do when absent
  static Fields<Need> fields() {
    return {field("what", &Need::what, "What the host must have.").required(),
            field("why", &Need::why, "What for."), field("present", &Need::present, "It is there."),
            field("fix", &Need::fix, "What to do when absent.")};
  }
};

namespace detail {
template <class F>
Place place_of(const typename F::Params& params) {
  if constexpr (std::invocable<decltype(F::place), const typename F::Params&>)
    return F::place(params);
  else
    return F::place;
}
template <class F>
Healing healing_of(const typename F::Params& params) {
  if constexpr (std::invocable<decltype(F::healing), const typename F::Params&>)
    return F::healing(params);
  else
    return F::healing;
}
}  // namespace detail

template <class F>
concept Fault = HasFields<typename F::Params> && HasFields<typename F::Saved> &&
    requires(Host& host, const Facts& facts, const Member& member, const typename F::Params& params,
             const typename F::Saved& saved, const Tag& tag) {
  { F::name } -> std::convertible_to<std::string_view>;
  { F::summary } -> std::convertible_to<std::string_view>;
  { F::example } -> std::convertible_to<std::string_view>;  ///< YAML of one entry of `faults:`
  /// `place` and `healing` are constants, or functions of the params where they depend on them
  /// (a setting by file is changed on the host, one by HTTP from beside the coordinator).
  { detail::place_of<F>(params) } -> std::same_as<Place>;
  { detail::healing_of<F>(params) } -> std::same_as<Healing>;
  /// Asked with the facts of the member's host.
  { F::needs(facts, params) } -> std::same_as<std::vector<Need>>;
  /// Resource keys ("file:/etc/nginx.conf"): two injections in force on one are a plan error and a
  /// lock conflict; members of one fault with equal keys are injected once. Empty: shares happily.
  { F::touches(member, params) } -> std::same_as<std::vector<std::string>>;
  /// Looks; touches nothing.
  { F::observe(host, member, params) } -> std::same_as<Result<typename F::Saved>>;
  /// Acts; everything it creates carries the tag. Idempotent: again with other params is a change.
  { F::inject(host, member, params, saved, tag) } -> std::same_as<Result<void>>;
  /// Idempotent; right after half an injection, or none; Gone is success; Conflict if somebody else
  /// changed it meanwhile (then it is left as it is).
  { F::restore(host, saved, tag) } -> std::same_as<Result<void>>;
  /// Looks again; does not trust restore.
  { F::restored(host, saved, tag) } -> std::same_as<Result<bool>>;
  /// Is the promised state in force right now?
  { F::bite(host, member, params, saved, tag) } -> std::same_as<Result<Bite>>;
};
// Optional members of a fault:
//   static constexpr bool instant = true;            its act has no duration (kill)
//   static std::string check(const Params&);         a rule over several fields; empty when fine
//   static std::string no_effect(const Params&, const Saved&);   why there is nothing to change
//   static bool wants_root(const Params&);           default: true for Place::Host
//   static bool takes_away(const Params&);           while it is in force its member serves nobody
//                                                    (`keep_ready`); default: healed by the
//                                                    platform
//   static bool reaches_host(const Params&);         more than the member feels it (semantics 25):
//                                                    refused on processes without `scope: host`

/// A fault of the catalogue with its types erased: params and saved travel as documents.
struct FaultKind {
  std::string_view name, summary, example;
  bool instant = false;
  /// Precondition of both: `check` found no mistake (else Host and ByUs).
  Place (*place)(const Value& params);
  Healing (*healing)(const Value& params);  ///< Never: refused without `irreversible: true`
  Shape (*shape)();
  /// Reports every mistake in `params` to the reader.
  void (*check)(const Value& params, Reader& reader);
  /// The same params as typed data: what travels to journal and agent. As they are when wrong.
  Value (*tidy)(const Value& params);
  bool (*wants_root)(const Value& params);
  bool (*reaches_host)(const Value& params);
  bool (*takes_away)(const Value& params);
  std::vector<Need> (*needs)(const Facts&, const Value& params);
  std::vector<std::string> (*touches)(const Member&, const Value& params);
  Result<Value> (*observe)(Host&, const Member&, const Value& params);
  std::string (*no_effect)(const Value& params, const Value& saved);
  Result<void> (*inject)(Host&, const Member&, const Value& params, const Value& saved, const Tag&);
  Result<void> (*restore)(Host&, const Value& saved, const Tag&);
  Result<bool> (*restored)(Host&, const Value& saved, const Tag&);
  Result<Bite> (*bite)(Host&, const Member&, const Value& params, const Value& saved, const Tag&);
};

/// All faults, sorted by name. The table is generated by CMake from faults/*.cpp.
const std::vector<const FaultKind*>& fault_catalogue();
const FaultKind* find_fault(std::string_view name);

namespace detail {
template <Fault F>
FaultKind erase_fault() {
  using P = typename F::Params;
  using S = typename F::Saved;
  FaultKind k;
  k.name = F::name;
  k.summary = F::summary;
  k.example = F::example;
  k.place = [](const Value& value) {
    auto params = decode<P>(value);
    return params ? place_of<F>(*params) : Place::Host;
  };
  k.healing = [](const Value& value) {
    auto params = decode<P>(value);
    return params ? healing_of<F>(*params) : Healing::ByUs;
  };
  if constexpr (requires { F::instant; }) k.instant = F::instant;
  k.shape = [] { return shape_of<P>(); };
  k.check = [](const Value& value, Reader& reader) {
    P params{};
    if (!decode(value, params, reader)) return;
    if constexpr (requires { F::check(params); })
      if (std::string sentence = F::check(params); !sentence.empty())
        report(reader, value.mark, Error{Cause::BadInput, sentence});
  };
  k.tidy = [](const Value& value) {
    auto params = decode<P>(value);
    return params ? encode(*params) : value;
  };
  k.wants_root = [](const Value& value) {
    if constexpr (requires(const P& p) { F::wants_root(p); }) {
      auto params = decode<P>(value);
      return params ? F::wants_root(*params) : true;
    } else {
      auto params = decode<P>(value);
      return !params || place_of<F>(*params) == Place::Host;
    }
  };
  k.reaches_host = [](const Value& value) {
    if constexpr (requires(const P& p) { F::reaches_host(p); }) {
      auto params = decode<P>(value);
      return params && F::reaches_host(*params);
    } else {
      (void)value;
      return false;
    }
  };
  k.takes_away = [](const Value& value) {
    auto params = decode<P>(value);
    if constexpr (requires(const P& p) { F::takes_away(p); })
      return params && F::takes_away(*params);
    else
      return params && healing_of<F>(*params) == Healing::ByPlatform;
  };
  k.needs = [](const Facts& facts, const Value& value) {
    auto params = decode<P>(value);
    return params ? F::needs(facts, *params) : std::vector<Need>{};
  };
  k.touches = [](const Member& member, const Value& value) {
    auto params = decode<P>(value);
    return params ? F::touches(member, *params) : std::vector<std::string>{};
  };
  k.observe = [](Host& host, const Member& member, const Value& value) -> Result<Value> {
    GF_TRY_AS(const P params, decode<P>(value));
    GF_TRY_AS(const S saved, F::observe(host, member, params));
    return encode(saved);
  };
  k.no_effect = [](const Value& value, const Value& seen) -> std::string {
    if constexpr (requires(const P& p, const S& s) { F::no_effect(p, s); }) {
      auto params = decode<P>(value);
      auto saved = decode<S>(seen);
      return params && saved ? F::no_effect(*params, *saved) : std::string();
    } else {
      (void)value, (void)seen;
      return {};
    }
  };
  k.inject = [](Host& host, const Member& member, const Value& value, const Value& seen,
                const Tag& tag) -> Result<void> {
    GF_TRY_AS(const P params, decode<P>(value));
    GF_TRY_AS(const S saved, decode<S>(seen));
    return F::inject(host, member, params, saved, tag);
  };
  k.restore = [](Host& host, const Value& seen, const Tag& tag) -> Result<void> {
    GF_TRY_AS(const S saved, decode<S>(seen));
    return F::restore(host, saved, tag);
  };
  k.restored = [](Host& host, const Value& seen, const Tag& tag) -> Result<bool> {
    GF_TRY_AS(const S saved, decode<S>(seen));
    return F::restored(host, saved, tag);
  };
  k.bite = [](Host& host, const Member& member, const Value& value, const Value& seen,
              const Tag& tag) -> Result<Bite> {
    GF_TRY_AS(const P params, decode<P>(value));
    GF_TRY_AS(const S saved, decode<S>(seen));
    return F::bite(host, member, params, saved, tag);
  };
  return k;
}
}  // namespace detail

/// Last line of a fault's file. `id` must be the file's name and F::name.
#define GUNFLINT_FAULT(id, type)                                                       \
  const ::gunflint::FaultKind& gunflint_fault_##id() {                                 \
    static_assert(::gunflint::Fault<type>, "see concept Fault in fault.hpp");          \
    static const ::gunflint::FaultKind kind = ::gunflint::detail::erase_fault<type>(); \
    return kind;                                                                       \
  }

}  // namespace gunflint
