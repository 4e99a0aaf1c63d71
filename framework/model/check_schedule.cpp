// What needs the whole, correct experiment: times, and what a careful reader would ask about.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "model/check.hpp"
#include "model/gating.hpp"
#include "model/timetable.hpp"

namespace gunflint {
namespace {

constexpr Duration settle = 10s;
constexpr Duration least_baseline = 60s;

/// Semantics 10: the longest stretch of constant rate that ends before the first fault.
Duration longest_constant(const std::vector<Timetable::StageTimes>& stages, Duration warm_up,
                          Duration first_fault) {
  Duration longest{}, begun{};
  double rate = -1;
  for (const auto& stage : stages) {
    if (!stage.constant) {
      rate = -1;
      continue;
    }
    if (stage.rate != rate) begun = std::max(stage.start, warm_up);
    rate = stage.rate;
    const Duration end = std::min(stage.end, first_fault);
    if (end > begun) longest = std::max(longest, end - begun);
  }
  return longest;
}

void check_baseline(const Checked& c, Timetable& schedule, Reader& reader) {
  const Experiment& e = c.experiment;
  const Duration first = schedule.first_injection().value_or(schedule.longest_stages());
  auto scope = reader.in("steady_state");
  for (std::size_t i = 0; i < e.steady_state.size(); ++i) {
    const Hypothesis& h = e.steady_state[i];
    if (!h.expect.of_baseline) continue;
    auto inner = reader.in(i);
    Duration longest{};
    for (const LoadSpec& load : e.loads) {
      const auto* of = std::get_if<OfLoad>(&h.of);
      if (of && !of->load.empty() && of->load != load.name) continue;
      if (!load.baseline.empty()) {
        if (const auto stage = schedule.stage(load.name + "." + load.baseline))
          longest = std::max(longest, stage->end - std::max(stage->start, load.warm_up));
      } else {
        longest =
            std::max(longest, longest_constant(schedule.stages(load.name), load.warm_up, first));
      }
    }
    if (longest < least_baseline + settle)
      reader.warning(h.expect.mark, "W210",
                     fmt::format("the longest constant stretch before the first fault is {}; the "
                                 "baseline needs {}",
                                 print(longest), print(least_baseline + settle)),
                     "this will be inconclusive: make a stage longer, or the fault later");
  }
}

void check_length(const Checked& c, Reader& reader) {
  const Experiment& e = c.experiment;
  if (!e.time_limit) return;
  const Length length = length_of(e);
  if (length.longest <= *e.time_limit) return;
  auto scope = reader.in("time_limit");
  reader.problem(
      mark_at(c.document, "time_limit"), "E128",
      fmt::format("the run may last {}, longer than `time_limit` {}", print(length.longest),
                  print(*e.time_limit)),
      fmt::format("write `time_limit: {}`, or shorten stages and waits", print(length.longest)));
}

/// Semantics 9: the gate is so long a stretch of green, in windows that were full.
void check_gate(const Checked& c, Timetable& schedule, Reader& reader) {
  const Experiment& e = c.experiment;
  const auto window = gate_window(e);
  if (!window) return;
  const bool warms = std::any_of(e.loads.begin(), e.loads.end(),
                                 [](const LoadSpec& load) { return load.warm_up > 0s; });
  const FaultSpec* first = nullptr;
  // A fault without a start moment waits for the gate.
  for (const FaultSpec& fault : e.faults)
    if (fault.start.how != Start::How::Gate &&
        (!first || schedule.of(fault).start.least < schedule.of(*first).start.least))
      first = &fault;
  if (!first) return;
  const Duration at = schedule.of(*first).start.least, room = at - *window;
  if (at >= e.gate + *window) return;
  auto scope = reader.in("faults");
  auto inner = reader.in(static_cast<std::size_t>(first - e.faults.data()));
  reader.problem(
      first->start.mark, "E144",
      fmt::format("the first injection at {} comes before the gate can be known: {} of green after "
                  "a {}first window of {}",
                  print(at), print(e.gate), warms ? "warm-up and a " : "", print(*window)),
      room > 0s ? fmt::format("let it begin at {} or later, or say `gate: {}`",
                              print(e.gate + *window), print(room))
                : fmt::format("let it begin at {} or later", print(e.gate + *window)));
}

void check_care(const Checked& c, Reader& reader) {
  const Experiment& e = c.experiment;
  if (e.steady_state.empty() && e.reactions.empty() && e.alerts.empty())
    reader.warning(c.document.mark, "W211", "nothing is judged: the file has no `steady_state`",
                   "say what must hold while this happens");
  if (e.abort.empty() && !e.faults.empty())
    for (const TargetSpec& target : e.targets)
      if (target.kind != "local") {
        auto scope = reader.in("targets");
        auto inner = reader.in(target.name);
        reader.warning(
            target.mark, "W241",
            fmt::format("`{}` is not local, and nothing stops the run when it harms", target.name),
            "add `abort` with a condition");
        return;
      }
}

/// Semantics 4: the last stage goes on until everything is decided. Who writes a time beyond it may
/// have counted wrong.
void check_late(const Checked& c, const Timetable& schedule, Reader& reader) {
  const Duration end = schedule.longest_stages();
  if (end <= 0s) return;
  auto scope = reader.in("faults");
  for (std::size_t i = 0; i < c.experiment.faults.size(); ++i) {
    const Start& start = c.experiment.faults[i].start;
    if (!start.time || *start.time + start.plus < end) continue;
    auto inner = reader.in(i);
    reader.warning(
        start.mark, "W212",
        fmt::format("`{}` begins at {}, and the stages of the load are over at {}",
                    c.experiment.faults[i].name, print(*start.time + start.plus), print(end)),
        "the last stage goes on until then: make it longer if that is meant");
  }
}

}  // namespace

void check_schedule(const Checked& c, Reader& reader) {
  Timetable schedule(c.experiment);
  if (const auto& circle = schedule.circle(); !circle.empty()) {
    auto scope = reader.in("faults");
    const FaultSpec* first = c.experiment.fault(circle.front());
    reader.problem(first->start.mark, "E127",
                   fmt::format("these faults wait for each other: {}", fmt::join(circle, ", ")),
                   "start one of them at a stage or a time");
    return;
  }
  check_length(c, reader);
  check_baseline(c, schedule, reader);
  check_gate(c, schedule, reader);
  check_late(c, schedule, reader);
  check_care(c, reader);
}

void check_rest(const Checked& c, Reader& reader) {
  const Experiment& e = c.experiment;
  if (const Value* system = c.document.find("system"); system && system->is_list()) {
    auto scope = reader.in("system");
    for (std::size_t i = 0; i < e.system.size() && i < system->items().size(); ++i) {
      auto inner = reader.in(i);
      const Value* target = system->items()[i].find("target");
      if (target && !NamesInFile::has(c.names.targets, e.system[i].target))
        report_unknown(reader, target->mark, "E114", "target", e.system[i].target,
                       words_of(c.names.targets));
    }
  }
  std::vector<std::string> variables;
  for (const auto& [name, value] : e.vars) variables.push_back(name);
  if (const Value* matrix = c.document.find("matrix"); matrix && matrix->is_map()) {
    auto scope = reader.in("matrix");
    for (const auto& entry : matrix->entries())
      if (entry.key != "include" && !e.vars.count(entry.key))
        report_unknown(reader, entry.mark, "E130", "variable", entry.key, variables);
  }
  if (const Value* capacity = c.document.find("capacity"); capacity && capacity->find("vary")) {
    auto scope = reader.in("capacity");
    const Value& vary = *capacity->find("vary");
    for (const auto& load : c.names.loads)
      for (const auto& stage : load.stages) variables.push_back(stage.name);
    if (vary.is_text() &&
        std::find(variables.begin(), variables.end(), vary.text()) == variables.end())
      report_unknown(reader, vary.mark, "E117", "variable or stage", vary.text(), variables);
  }
}

}  // namespace gunflint
