#include "model/gating.hpp"

#include <algorithm>

namespace gunflint {

bool is_once_per_run(const Hypothesis& hypothesis) {
  return std::holds_alternative<OfLoad>(hypothesis.of) &&
         (hypothesis.expect.metric == "users_affected" || hypothesis.expect.metric == "dropped");
}

bool guards_the_gate(const Hypothesis& h) {
  const bool before = std::any_of(h.during.begin(), h.during.end(), [](During during) {
    return during == During::All || during == During::Before;
  });
  return before && !h.window_is_phase && !h.expect.of_baseline && !is_once_per_run(h);
}

namespace {

/// Until when nothing of it is judged.
Duration warm_up_of(const Experiment& experiment, const ProbeSpec& spec) {
  const auto* of = std::get_if<OfLoad>(&spec);
  Duration longest{};
  for (const LoadSpec& load : experiment.loads)
    if (of && (of->load.empty() || of->load == load.name))
      longest = std::max(longest, load.warm_up);
  return longest;
}

}  // namespace

std::optional<Duration> gate_window(const Experiment& experiment) {
  std::optional<Duration> longest;
  // Whether an alert fires is asked every 5 s, and must be known once.
  if (!experiment.alerts.empty()) longest = 5s;
  for (const auto& h : experiment.steady_state)
    if (guards_the_gate(h))
      longest = std::max(longest.value_or(0s), warm_up_of(experiment, h.of) + h.window);
  return longest;
}

}  // namespace gunflint
