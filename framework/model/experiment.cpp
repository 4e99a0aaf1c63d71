#include "gunflint/model/experiment.hpp"

#include <fmt/format.h>

#include "model/codecs.hpp"

namespace gunflint {

Fields<Endpoint> Endpoint::fields() {
  return {field("url", &Endpoint::url, "Its address.").required(),
          field("token", &Endpoint::token, "A bearer token: `${secret:name}`."),
          field("ca", &Endpoint::ca, "A file of certificates to trust.")};
}
Fields<Sources> Sources::fields() {
  using T = Sources;
  return {field("prometheus", &T::prometheus, "A Prometheus server."),
          field("alertmanager", &T::alertmanager, "An Alertmanager."),
          field("grafana", &T::grafana, "A Grafana server."),
          field("scrape", &T::scrape, "Pages of metrics, by name."),
          field("receivers", &T::receivers, "Webhook receivers of our own, by name.")};
}
Fields<Tier> Tier::fields() {
  using T = Tier;
  return {
      field("tier", &T::tier, "What the layer is called.").required(),
      field("target", &T::target, "The target that is this layer."),
      field("adapter", &T::adapter, "How its counters are read: haproxy, nginx, postgres, …"),
      field("url", &T::url, "Where its counters are."),
      field("limit", &T::limit, "The limit that may bind, for example `{ setting: workers }`.")};
}
Fields<BlastRadius> BlastRadius::fields() {
  using T = BlastRadius;
  return {
      field("max_members", &T::max_members, "Most members under fault at one time.").at_least(1),
      field("max_share", &T::max_share, "Largest share of a target under fault at one time.")
          .between(Share{0.0001}, 100_pct),
      field("keep_ready", &T::keep_ready, "At least this many members stay ready.").at_least(0)};
}

namespace {

/// `capacity:` and `matrix:` are checked now and used by later versions.
struct Capacity {
  std::string vary;
  std::vector<Rate> between;
  Duration trial = 2min;
  static Fields<Capacity> fields() {
    using T = Capacity;
    return {field("vary", &T::vary, "The variable or stage whose rate is varied.").required(),
            field("between", &T::between, "The smallest and the largest rate.")
                .required()
                .check([](const std::vector<Rate>& b) {
                  return b.size() == 2 && b[0] < b[1]
                             ? std::string()
                             : std::string(
                                   "`between` takes two rates, the smaller one first; write "
                                   "`between: [100/s, 800/s]`");
                }),
            field("trial", &T::trial, "Length of one trial.")};
  }
};

/// `matrix: { a: [1, 2], include: [{ name: … }] }`
struct Matrix {
  Value all;
};

}  // namespace

template <>
struct Codec<Matrix> {
  static bool read(const Value& v, Matrix& out, Reader& r) {
    if (!detail::expect_map(v, r)) return false;
    bool ok = true;
    for (const auto& entry : v.entries()) {
      auto scope = r.in(entry.key);
      if (!entry.value.is_list() || entry.value.items().empty())
        ok = detail::wrong_kind(r, entry.value, "a list of values");
      else if (entry.key == "include")
        for (const Value& item : entry.value.items()) ok &= detail::expect_map(item, r);
    }
    out.all = resolve_plain(v);
    return ok;
  }
  static Value write(const Matrix& m) { return m.all; }
  static Shape shape() {
    return {.kind = Shape::Kind::Map,
            .of = {{.kind = Shape::Kind::List, .of = {{.kind = Shape::Kind::Any}}}}};
  }
};

namespace {

struct WrittenExperiment {
  int version = 1;
  std::string kind = "experiment";
  std::string name, description, owner;
  std::vector<std::string> tags;
  std::optional<Duration> time_limit;
  std::uint64_t seed = 0;
  wire::OneOrMany<std::string> use;
  std::map<std::string, std::string> vars;
  Sources sources;
  wire::Named<TargetSpec> targets;
  std::vector<Tier> system;
  wire::Named<LoadSpec> load;
  std::vector<Hypothesis> steady_state;
  std::vector<FaultSpec> faults;
  RecoverySpec recovery;
  std::vector<Reaction> reactions;
  std::vector<AlertExpectation> alerts;
  std::vector<Guard> abort;
  BlastRadius blast_radius;
  Duration gate = 30s;
  std::optional<Matrix> matrix;
  std::optional<Capacity> capacity;
  int extend = 0;
  static Fields<WrittenExperiment> fields() {
    using T = WrittenExperiment;
    return {
        field("version", &T::version, "Version of this language.").required().between(1, 1),
        field("kind", &T::kind, "What the file is.").check([](const std::string& kind) {
          return kind == "experiment"
                     ? std::string()
                     : std::string("only `experiment` is read here; leave `kind` out");
        }),
        field("name", &T::name, "Its name, for reports and `history`.").required(),
        field("description", &T::description, "What it proves, in a sentence."),
        field("owner", &T::owner, "Who to ask."),
        field("tags", &T::tags, "Words to find it by."),
        field("time_limit", &T::time_limit, "The run never lasts longer."),
        field("seed", &T::seed, "Of all that is drawn; absent: drawn at the start and recorded."),
        field("use", &T::use,
              "Files to take vars, sources, targets, load, abort or blast_radius from."),
        field("vars", &T::vars, "Values for `${name}`."),
        field("sources", &T::sources, "Services that answer questions."),
        field("targets", &T::targets, "What may be touched, by name."),
        field("system", &T::system, "The tiers, from the door inward."),
        field("load", &T::load, "The traffic, by name."),
        field("steady_state", &T::steady_state, "What must hold all the time."),
        field("faults", &T::faults, "What is done to the targets."),
        field("recovery", &T::recovery, "How fast all must be green again."),
        field("reactions", &T::reactions, "What the system must do about it."),
        field("alerts", &T::alerts, "Alerts that must fire, or must not."),
        field("abort", &T::abort, "When to stop and undo."),
        field("blast_radius", &T::blast_radius, "How much may be touched at one time."),
        field("gate", &T::gate, "How long all must be green before the first fault."),
        field("matrix", &T::matrix, "Values to run every combination of."),
        field("capacity", &T::capacity,
              "For a later version, which varies it; `run` does not read it."),
        field("extend", &T::extend, "How often an inconclusive phase is lengthened.")
            .between(0, 10)};
  }
};

}  // namespace

bool Codec<Experiment>::read(const Value& v, Experiment& out, Reader& r) {
  WrittenExperiment w;
  const bool ok = decode(v, w, r);
  out.version = w.version;
  out.name = w.name;
  out.description = w.description;
  out.owner = w.owner;
  out.tags = w.tags;
  out.time_limit = w.time_limit;
  out.seed = w.seed;
  out.vars = w.vars;
  out.sources = w.sources;
  out.sources.receivers = resolve_plain(w.sources.receivers);
  out.targets = std::move(w.targets.all);
  out.system = w.system;
  for (auto& tier : out.system) tier.limit = resolve_plain(tier.limit);
  out.loads = std::move(w.load.all);
  out.steady_state = std::move(w.steady_state);
  out.faults = std::move(w.faults);
  out.recovery = w.recovery;
  out.reactions = std::move(w.reactions);
  out.alerts = std::move(w.alerts);
  out.abort = std::move(w.abort);
  out.blast_radius = w.blast_radius;
  out.gate = w.gate;
  if (w.matrix) out.matrix = w.matrix->all;
  if (w.capacity) out.capacity = encode(*w.capacity);
  out.extend = w.extend;
  return ok;
}

Value Codec<Experiment>::write(const Experiment& e) {
  WrittenExperiment w;
  w.version = e.version;
  w.name = e.name;
  w.description = e.description;
  w.owner = e.owner;
  w.tags = e.tags;
  w.time_limit = e.time_limit;
  w.seed = e.seed;
  w.vars = e.vars;
  w.sources = e.sources;
  w.targets.all = e.targets;
  w.system = e.system;
  w.load.all = e.loads;
  w.steady_state = e.steady_state;
  w.faults = e.faults;
  w.recovery = e.recovery;
  w.reactions = e.reactions;
  w.alerts = e.alerts;
  w.abort = e.abort;
  w.blast_radius = e.blast_radius;
  w.gate = e.gate;
  w.extend = e.extend;
  Value v = encode(w);
  if (!e.matrix.is_null()) v.set("matrix", e.matrix);
  if (!e.capacity.is_null()) v.set("capacity", e.capacity);
  return v;
}

Shape Codec<Experiment>::shape() { return shape_of<WrittenExperiment>(); }

namespace {
template <class T>
const T* by_name(const std::vector<T>& all, std::string_view name) {
  for (const T& one : all)
    if (one.name == name) return &one;
  return nullptr;
}
}  // namespace

const TargetSpec* Experiment::target(std::string_view wanted) const {
  return by_name(targets, wanted);
}
const LoadSpec* Experiment::load(std::string_view wanted) const { return by_name(loads, wanted); }
const FaultSpec* Experiment::fault(std::string_view wanted) const {
  return by_name(faults, wanted);
}

}  // namespace gunflint
