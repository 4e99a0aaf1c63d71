#pragma once
/// What a run meant for the people behind the requests, and whether its numbers can be trusted.

#include <map>
#include <string>
#include <vector>

#include "report/run_view.hpp"

namespace gunflint {

struct Impact {
  double users_due = 0, users_affected = 0;  ///< from the verdict (semantics 24)
  std::uint64_t journeys = 0, completed = 0, dropped = 0, requests = 0, failed = 0;
  std::map<std::string, std::uint64_t> errors;  ///< class -> requests, all loads
  Duration length{};                            ///< from load start to the last event
  Duration red{};  ///< time in which at least one hypothesis was red outside `before`
  std::optional<Duration> first_red;  ///< from the first injection to the first red
  std::optional<Duration>
      back_to_green;  ///< from the end of the last fault to the last return to green
  /// The second with the smallest share of completed journeys, if any was below 100 %.
  std::optional<int> worst_second;
  double worst_share = 1;
};
Impact impact_of(const RunView& view);

/// One sentence about the measurement itself. Good: looked, and all is well.
struct TrustNote {
  Tone tone = Tone::Good;
  std::string text;
};
/// Generator, drops, blind probes, bites, clocks, completeness of the journal. Worst first.
std::vector<TrustNote> trust_of(const RunView& view);

/// "3 injections, all undone and looked again" and whether that is good.
TrustNote undo_summary(const RunView& view);

/// The findings, worst first, otherwise in the order of the verdict. Empty without a verdict.
std::vector<Finding> worst_first(const RunView& view);
/// Its name. A fault and the recovery from it have one name: "recovery of lose one".
std::string title_of(const Finding& finding);
/// "02:03-02:19: p95 412ms; 63 slow of 512; starts 3s after `lose one`"
std::string sentence_of(const Evidence& evidence);

/// The outcome; without a verdict (the journal was cut off) ToolError.
Outcome outcome_of(const RunView& view);
/// The verdict's sentence, or what a journal without one means.
std::string cause_of(const RunView& view);
/// The command that runs the same again.
std::string run_again(const RunView& view);
/// What to type next, most useful first. `runs`: the folder in which the run lies, when it is not
/// the usual one.
std::vector<std::string> next_steps(const RunView& view, const std::string& runs = {});

}  // namespace gunflint
