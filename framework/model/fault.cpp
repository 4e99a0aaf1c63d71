#include <algorithm>

#include <fmt/format.h>

#include "gunflint/model/fault_spec.hpp"
#include "model/codecs.hpp"

namespace gunflint {

Fields<Repeat> Repeat::fields() {
  return {
      field("every", &Repeat::every, "From start to start.").required(),
      field("jitter", &Repeat::jitter, "Each start is earlier or later by up to this much."),
      field("times", &Repeat::times, "How often; default: until the end of `while`.").at_least(1)};
}

Fields<RecoverySpec> RecoverySpec::fields() {
  return {field("within", &RecoverySpec::within,
                "All must be green again at most this long after the last undo."),
          field("stable_for", &RecoverySpec::stable_for, "And 95 % of this time must stay green.")};
}

namespace {

struct PickWritten {
  std::optional<int> count;
  std::optional<Share> share;
  std::string where;
  PickOrder order = PickOrder::Random;
  static Fields<PickWritten> fields() {
    using T = PickWritten;
    return {field("count", &T::count, "How many members.").at_least(1),
            field("share", &T::share, "Which share of the ready members; rounds down, at least 1.")
                .between(Share{0.0001}, 100_pct),
            field("where", &T::where, "Only members whose label or address contains this text."),
            field("order", &T::order, "Drawn by the seed, or the oldest or youngest first.")};
  }
};

struct WhenWritten {
  std::optional<Condition> expect;
  Duration timeout = 60s;
  When::OnTimeout on_timeout = When::OnTimeout::Fail;
  static Fields<WhenWritten> fields() {
    using T = WhenWritten;
    return {field("expect", &T::expect, "The condition.").required(),
            field("timeout", &T::timeout, "How long to wait for it."),
            field("on_timeout", &T::on_timeout, "What happens when it did not come true.")};
  }
};

enum class Scope { Members, Host };

/// The part of a fault that every type has; all other keys belong to the type.
struct WrittenFault {
  std::string name, type, target;
  Pick pick;
  std::optional<Duration> length;
  Duration grace{};
  std::optional<Repeat> repeat;
  std::optional<std::vector<Value>> one_of;
  std::optional<When> wait_until, only_if;
  bool optional = false, irreversible = false;
  NewMembers new_members = NewMembers::Ignore;
  std::optional<int> min_members;
  std::optional<Scope> scope;
  OnDisconnect on_disconnect = OnDisconnect::Restore;
  std::optional<Duration> lease;
  std::optional<RecoverySpec> recovery;
  Mark at;
  static Fields<WrittenFault> fields();
};

}  // namespace

template <>
struct Names<Scope> {
  static constexpr std::array table{std::pair{Scope::Members, "members"},
                                    std::pair{Scope::Host, "host"}};
};

Fields<WrittenFault> WrittenFault::fields() {
  using T = WrittenFault;
  return {
      field("name", &T::name, "Its name, for reports and for `at`, `after`; default: the type."),
      field("type", &T::type, "The fault: `gunflint list faults`."),
      field("target", &T::target, "Which target it is done to."),
      field("pick", &T::pick, "Which members: `{ count: 1 }` (default), a share, or `all`."),
      field("for", &T::length, "How long it lasts."),
      field("grace", &T::grace, "Red is excused for this long from each injection."),
      field("repeat", &T::repeat, "Do it again and again."),
      field("one_of", &T::one_of, "One of these faults is drawn each time."),
      field("wait_until", &T::wait_until, "Wait for this condition before injecting."),
      field("only_if", &T::only_if, "Skip the fault unless this holds at its start."),
      field("optional", &T::optional, "Skipped is not inconclusive."),
      field("new_members", &T::new_members, "What happens to members that appear meanwhile."),
      field("min_members", &T::min_members, "Enough when this many could be injected; default all.")
          .at_least(1),
      field(
          "scope", &T::scope,
          "`host`: done to the members' whole host, whoever else is on it; default: to them only."),
      field("on_disconnect", &T::on_disconnect,
            "When contact is lost: take it back, or run on to its end."),
      field("lease", &T::lease, "How long it lives without contact; default 3s, by ssh 15s.")
          .at_least(500ms),
      field("irreversible", &T::irreversible, "Yes, I know that this one cannot be undone."),
      field("recovery", &T::recovery, "Its own recovery objective."),
      field("_at", &T::at, "Place in the file.").internal()};
}

bool Codec<Pick>::read(const Value& v, Pick& out, Reader& r) {
  if (v.is_text() && v.text() == "all") {
    out.all = true;
    return true;
  }
  if (!v.is_map()) {
    std::string fix = "write `all`, `{ count: 2 }` or `{ share: 50% }`";
    if (v.is_text() && parse_share(v.text()))
      fix = fmt::format("write `{{ share: {} }}`", v.text());
    if (v.is_text() && !v.text().empty() &&
        v.text().find_first_not_of("0123456789") == std::string::npos)
      fix = fmt::format("write `{{ count: {} }}`", v.text());
    return detail::wrong_kind(r, v, "`all` or a map", fix);
  }
  PickWritten w;
  if (!decode(v, w, r) || !wire::exactly_one(v, {"count", "share"}, 0, r)) return false;
  out = Pick{false, w.count, w.share, w.where, w.order};
  return true;
}
Value Codec<Pick>::write(const Pick& p) {
  if (p.all) return Value("all");
  return encode(PickWritten{p.count, p.share, p.where, p.order});
}
Shape Codec<Pick>::shape() {
  return {.kind = Shape::Kind::OneOf,
          .title = "a pick",
          .of = {{.kind = Shape::Kind::Enum, .names = {"all"}}, shape_of<PickWritten>()}};
}

bool Codec<When>::read(const Value& v, When& out, Reader& r) {
  if (!detail::expect_map(v, r)) return false;
  const auto parts = wire::split(v, wire::source_keys());
  WhenWritten w;
  bool ok = Codec<WhenWritten>::declared().read(parts.others, w, r, wire::source_keys());
  ok &= wire::read_source(parts.named, out.of, r);
  if (w.expect) out.expect = *w.expect;
  out.timeout = w.timeout;
  out.on_timeout = w.on_timeout;
  return ok;
}
Value Codec<When>::write(const When& w) {
  Value v = wire::write_source(w.of);
  wire::append(v, encode(WhenWritten{w.expect, w.timeout, w.on_timeout}));
  return v;
}
Shape Codec<When>::shape() {
  Shape shape = wire::source_shape();
  wire::append(shape, shape_of<WhenWritten>());
  return shape;
}

namespace {

/// One alternative of `one_of`: a type and its own fields.
bool read_alternative(const Value& v, FaultSpec& out, Reader& r) {
  if (!detail::expect_map(v, r)) return false;
  const auto parts = wire::split(v, {"name", "type"});
  out.params = parts.others;
  out.mark = v.mark;
  bool ok = true;
  for (const auto& entry : parts.others.entries())
    if (const auto& common = wire::common_fault_keys();
        std::find(common.begin(), common.end(), entry.key) != common.end()) {
      auto scope = r.in(entry.key);
      r.problem(
          entry.mark, "E120",
          fmt::format("`{}` belongs to the whole fault, not to one of its alternatives", entry.key),
          fmt::format("move `{}` beside `one_of`", entry.key));
      ok = false;
    }
  const Value* type = v.find("type");
  if (!type) return detail::missing(r, v, "type");
  if (!detail::read_text(*type, out.type, r)) return false;
  out.name = out.type;
  if (const Value* name = v.find("name")) ok &= detail::read_text(*name, out.name, r);
  return ok;
}

bool read_alternatives(const std::vector<Value>& all, FaultSpec& out, Reader& r) {
  auto scope = r.in("one_of");
  bool ok = true;
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto inner = r.in(i);
    ok &= read_alternative(all[i], out.one_of.emplace_back(), r);
  }
  return ok;
}

}  // namespace

const std::vector<std::string>& wire::common_fault_keys() {
  static const std::vector<std::string> keys = [] {
    std::vector<std::string> all = Codec<WrittenFault>::declared().names();
    all.insert(all.end(), start_keys().begin(), start_keys().end());
    return all;
  }();
  return keys;
}

bool Codec<FaultSpec>::read(const Value& v, FaultSpec& out, Reader& r) {
  if (!detail::expect_map(v, r)) return false;
  auto mine = Codec<WrittenFault>::declared().names();
  mine.push_back("_at");
  const auto common = wire::split(v, mine);
  const auto start = wire::split(common.others, wire::start_keys());
  WrittenFault w;
  bool ok = decode(common.named, w, r);
  ok &= wire::read_start(start.named, out.start, r);
  ok &= wire::exactly_one(v, {"type", "one_of"}, 1, r);
  // Without a type nobody else can say what these keys are.
  if (!v.find("type") && !v.find("one_of"))
    ok &= detail::check_keys(start.others, wire::common_fault_keys(), r);
  out.params = start.others;
  out.name = w.name.empty() ? w.type : w.name;
  out.type = w.type;
  out.target = w.target;
  out.pick = w.pick;
  out.length = w.length;
  out.grace = w.grace;
  out.repeat = w.repeat;
  if (w.one_of) ok &= read_alternatives(*w.one_of, out, r);
  out.wait_until = w.wait_until;
  out.only_if = w.only_if;
  out.optional = w.optional;
  out.new_members = w.new_members;
  out.min_members = w.min_members;
  out.scope_host = w.scope == Scope::Host;
  out.on_disconnect = w.on_disconnect;
  out.lease = w.lease;
  out.irreversible = w.irreversible;
  out.recovery = w.recovery;
  out.mark = wire::mark_of(v, w.at);
  return ok;
}

Value Codec<FaultSpec>::write(const FaultSpec& f) {
  WrittenFault w{f.name, f.type, f.target, f.pick, f.length, f.grace, f.repeat};
  if (!f.one_of.empty()) {
    w.one_of.emplace();
    for (const FaultSpec& alternative : f.one_of) {
      Value v = Value::map();
      v.set("name", alternative.name);
      v.set("type", alternative.type);
      if (alternative.params.is_map()) wire::append(v, resolve_plain(alternative.params));
      w.one_of->push_back(std::move(v));
    }
  }
  w.wait_until = f.wait_until;
  w.only_if = f.only_if;
  w.optional = f.optional;
  w.irreversible = f.irreversible;
  w.new_members = f.new_members;
  w.min_members = f.min_members;
  if (f.scope_host) w.scope = Scope::Host;
  w.on_disconnect = f.on_disconnect;
  w.lease = f.lease;
  w.recovery = f.recovery;
  w.at = f.mark;
  Value v = encode(w);
  if (f.params.is_map()) wire::append(v, resolve_plain(f.params));
  wire::append(v, wire::write_start(f.start));
  return v;
}

Shape Codec<FaultSpec>::shape() {
  Shape shape = shape_of<WrittenFault>();
  wire::append(shape, wire::start_shape());
  shape.open = true;  // the type's own fields
  return shape;
}

}  // namespace gunflint
