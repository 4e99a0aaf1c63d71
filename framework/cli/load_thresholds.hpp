#pragma once
/// `--expect`: what a load must have been like, judged once, over the whole of it or one stage.

#include <string>
#include <vector>

#include "cli/load_stage_sums.hpp"
#include "gunflint/model/condition.hpp"
#include "gunflint/model/load_spec.hpp"
#include "gunflint/model/verdict.hpp"
#include "load/summary.hpp"

namespace gunflint {

/// Whom a threshold is about. An empty name means all.
struct LoadSubject {
  std::string load, journey, step;
  int stage = 0;  ///< of the load, from 1; 0: the whole of it
};
struct Threshold {
  std::string text;  ///< as written
  LoadSubject of;
  Condition condition;
};

/// Each is `[SUBJECT] CONDITION`; the subject is the name of a step, a journey, a stage, a load,
/// "journey / step", or "stage 2". Without one it is all requests of all loads. BadInput says what
/// is not known, ambiguous, or compared with something else.
Result<std::vector<Threshold>> read_thresholds(const std::vector<std::string>& texts,
                                               const std::vector<LoadSpec>& loads);

/// What a metric came to; nothing when nothing was measured. `length`: seconds of traffic, warm-up
/// left out. Names, units and meanings are those of the language (gunflint list metrics).
std::optional<double> value_of(const LoadSummary& summary, double length, const LoadSubject& of,
                               const Condition& condition);

/// The value of a threshold that nothing was measured for.
inline constexpr const char* nothing_measured = "nothing measured";

struct JudgedThreshold {
  std::string text, value;
  Outcome outcome = Outcome::Held;
  std::string why;  ///< of an inconclusive one
};
/// Nothing measured, or a generator that was the limit, is inconclusive: never held.
std::vector<JudgedThreshold> judge(const std::vector<Threshold>& thresholds,
                                   const LoadSummary& summary, double length,
                                   const std::vector<StageSum>& stages = {});
Outcome worst_of(const std::vector<JudgedThreshold>& judged);

}  // namespace gunflint
