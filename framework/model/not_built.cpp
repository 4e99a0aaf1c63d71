// Features of the language that this version reads, checks, and refuses to run.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "gunflint/model/reader.hpp"
#include "model/check.hpp"

namespace gunflint {
namespace {

constexpr std::array features{
    LaterFeature{"targets `ssh`, `container`, `kubernetes`",
                 "run gunflint on the host itself, with `local`"},
    LaterFeature{"`control` of a hypothesis", "a second hypothesis on the other target"},
    LaterFeature{"`delivered_to` of an alert", "`must: fire`, which Alertmanager itself is asked"},
    LaterFeature{"`sources.receivers`, `sources.grafana`", "`sources.prometheus`"},
    LaterFeature{"`matrix`, `extend`", "several files, or `--set` in a loop"},
    LaterFeature{"`kind: game_day`", "the experiments one by one"},
};

class Refusals {
 public:
  /// `row`: a word of the row of `features` that says what to use meanwhile; none: a fault.
  void add(const Mark& mark, std::string path, std::string what, std::string_view row = {}) {
    Problem p;
    p.where = mark;
    p.code = "E190";
    p.path = std::move(path);
    p.sentence = fmt::format("{}: not in this version", what);
    p.suggestion = "meanwhile: " + std::string(meanwhile(row));
    problems.push_back(std::move(p));
  }
  std::vector<Problem> problems;

 private:
  static std::string_view meanwhile(std::string_view row) {
    for (const LaterFeature& feature : features)
      if (!row.empty() && feature.what.find(row) != feature.what.npos) return feature.meanwhile;
    return "`exec` with commands of your own";
  }
};

bool is_built(const std::string& type, const std::vector<KnownFault>& built) {
  return std::any_of(built.begin(), built.end(), [&](const auto& f) { return f.name == type; });
}

}  // namespace

std::vector<Problem> not_in_this_version(const Experiment& e,
                                         const std::vector<KnownFault>& built) {
  Refusals out;
  for (const TargetSpec& target : e.targets)
    if (target.kind != "local")
      out.add(target.mark, "targets." + target.name,
              fmt::format("targets of kind `{}`", target.kind), "targets");
  for (std::size_t i = 0; i < e.faults.size(); ++i) {
    const FaultSpec& f = e.faults[i];
    const std::string path = fmt::format("faults[{}].type", i);
    if (!f.type.empty() && !is_built(f.type, built))
      out.add(f.mark, path, fmt::format("the fault `{}`", f.type));
    for (const FaultSpec& one : f.one_of)
      if (!is_built(one.type, built))
        out.add(one.mark, path, fmt::format("the fault `{}`", one.type));
  }
  for (std::size_t i = 0; i < e.steady_state.size(); ++i)
    if (!e.steady_state[i].control.empty())
      out.add(e.steady_state[i].mark, fmt::format("steady_state[{}].control", i), "`control`",
              "`control`");
  for (std::size_t i = 0; i < e.alerts.size(); ++i)
    if (!e.alerts[i].delivered_to.empty())
      out.add(e.alerts[i].mark, fmt::format("alerts[{}].delivered_to", i), "`delivered_to`",
              "`delivered_to`");
  if (!e.sources.receivers.is_null())
    out.add({}, "sources.receivers", "`sources.receivers`", "receivers");
  if (e.sources.grafana) out.add({}, "sources.grafana", "`sources.grafana`", "grafana");
  if (!e.matrix.is_null()) out.add({}, "matrix", "`matrix`", "`matrix`");
  if (e.extend > 0) out.add({}, "extend", "`extend`", "`extend`");
  return std::move(out.problems);
}

std::span<const LaterFeature> later_features() { return features; }

}  // namespace gunflint
