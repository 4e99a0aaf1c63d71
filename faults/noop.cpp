// noop: the template of a fault, and the fault that tests use. It makes one holder that does
// nothing and is in force while that holder runs. Copy this file, rename, and fill in the functions
// in their order.
#include "gunflint/concepts/fault.hpp"

namespace gunflint {
namespace {

struct Noop {
  static constexpr std::string_view name = "noop";
  static constexpr std::string_view summary =
      "Does nothing, with all the ceremony: to try an experiment without harm.";
  static constexpr std::string_view example = R"(- name: nothing
  type: noop
  target: web
  for: 10s
)";
  static constexpr Place place = Place::Host;
  static constexpr Healing healing = Healing::ByUs;

  struct Params {
    static Fields<Params> fields() { return {}; }
  };
  /// What restore needs to know about the state before. Nothing was changed, nothing is saved.
  struct Saved {
    static Fields<Saved> fields() { return {}; }
  };

  static bool wants_root(const Params&) { return false; }
  static std::vector<Need> needs(const Facts&, const Params&) { return {}; }
  static std::vector<std::string> touches(const Member&, const Params&) { return {}; }

  static Result<Saved> observe(Host&, const Member&, const Params&) { return Saved{}; }
  static Result<void> inject(Host& host, const Member&, const Params&, const Saved&,
                             const Tag& tag) {
    return host.holders.start("idle", Value::map(), tag);
  }
  static Result<void> restore(Host& host, const Saved&, const Tag& tag) {
    return host.holders.stop(tag);
  }
  static Result<bool> restored(Host& host, const Saved&, const Tag& tag) {
    GF_TRY_AS(const bool running, host.holders.running(tag));
    return !running;
  }
  static Result<Bite> bite(Host& host, const Member&, const Params&, const Saved&, const Tag& tag) {
    GF_TRY_AS(const bool running, host.holders.running(tag));
    return Bite{running, running ? "the idle holder runs" : "the idle holder is gone", 1,
                running ? 1.0 : 0.0};
  }
};

}  // namespace

GUNFLINT_FAULT(noop, Noop)

}  // namespace gunflint
