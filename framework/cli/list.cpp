#include <algorithm>
#include <cstdio>
#include <limits>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/reading.hpp"
#include "gunflint/concepts/fault.hpp"
#include "model/check.hpp"
#include "model/metrics.hpp"

namespace gunflint {
namespace {

struct Row {
  std::string name, text;
  bool later = false;  ///< the language knows it, this version does not run it
};

std::vector<Row> faults() {
  std::vector<Row> rows;
  for (const FaultKind* kind : fault_catalogue())
    rows.push_back({std::string(kind->name), std::string(kind->summary)});
  for (const auto& word : fault_words())
    if (std::none_of(rows.begin(), rows.end(), [&](const Row& r) { return r.name == word.name; }))
      rows.push_back({std::string(word.name), std::string(word.summary) + ".", true});
  return rows;
}
std::vector<Row> targets() {
  std::vector<Row> rows;
  for (const auto& member : shape_of<TargetSpec>().members)
    if (member.name == "local" || member.name == "ssh" || member.name == "container" ||
        member.name == "kubernetes")
      rows.push_back({member.name, member.help, member.name != "local"});
  return rows;
}
/// What a hypothesis, reaction or guard may look at, each with its metrics.
std::vector<Row> probes() {
  std::vector<Row> rows;
  const Shape experiment = shape_of<Experiment>();
  const auto section = std::find_if(experiment.members.begin(), experiment.members.end(),
                                    [](const auto& m) { return m.name == "steady_state"; });
  for (const auto& member : section->shape.of.at(0).members) {
    std::string metrics;
    for (const Metric& m : all_metrics())
      if (m.source == member.name)
        metrics += (metrics.empty() ? " Metrics: " : ", ") + std::string(m.name);
    // The help of some names their metrics already.
    const bool told = member.help.find("metrics") != std::string::npos;
    if (!metrics.empty()) rows.push_back({member.name, member.help + (told ? "" : metrics + ".")});
  }
  return rows;
}
std::vector<Row> metrics() {
  std::vector<Row> rows;
  for (const Metric& m : all_metrics())
    rows.push_back({fmt::format("{} ({})", m.name, m.source), std::string(m.help)});
  return rows;
}

}  // namespace

int list_command(const ListOptions& options) {
  if (options.what == "runs") {
    HistoryOptions all;
    all.out = options.out;
    all.most = std::numeric_limits<int>::max();
    all.json = options.json;
    return history_command(all);
  }
  std::vector<Row> rows;
  if (options.what == "faults")
    rows = faults();
  else if (options.what == "targets")
    rows = targets();
  else if (options.what == "probes")
    rows = probes();
  else
    rows = metrics();
  if (options.json) {
    Value all = Value::list();
    for (const Row& row : rows) {
      Value one = Value::map();
      one.set("name", row.name);
      one.set("summary", row.text);
      one.set("in_this_version", Value(!row.later));
      all.push(std::move(one));
    }
    std::puts(to_json_pretty(all).c_str());
  } else {
    std::size_t width = 0;
    for (const Row& row : rows) width = std::max(width, row.name.size());
    for (const Row& row : rows)
      std::puts(fmt::format("{:<{}}  {}{}", row.name, width, row.text,
                            row.later ? " (not in this version)" : "")
                    .c_str());
  }
  return exit_code(Outcome::Held);
}

}  // namespace gunflint
