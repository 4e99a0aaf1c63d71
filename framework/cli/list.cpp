#include <cstdio>
#include <limits>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "gunflint/concepts/fault.hpp"
#include "model/metrics.hpp"

namespace gunflint {
namespace {

struct Row {
  std::string name, text;
};

std::vector<Row> faults() {
  std::vector<Row> rows;
  for (const FaultKind* kind : fault_catalogue())
    rows.push_back({std::string(kind->name), std::string(kind->summary)});
  return rows;
}
std::vector<Row> targets() {
  std::vector<Row> rows;
  for (const auto& member : shape_of<TargetSpec>().members)
    if (member.name == "local" || member.name == "ssh" || member.name == "container" ||
        member.name == "kubernetes")
      rows.push_back({member.name, member.help});
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
  else
    rows = metrics();
  if (options.json) {
    Value all = Value::list();
    for (const Row& row : rows) {
      Value one = Value::map();
      one.set("name", row.name);
      one.set("summary", row.text);
      all.push(std::move(one));
    }
    std::puts(to_json_pretty(all).c_str());
  } else {
    for (const Row& row : rows) std::puts(fmt::format("{:<24} {}", row.name, row.text).c_str());
  }
  return exit_code(Outcome::Held);
}

}  // namespace gunflint
