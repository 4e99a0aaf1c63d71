#pragma once
/// When `at: surge, plus: 30s` is (semantics 2), as far as it is known yet.

#include <optional>

#include "gunflint/model/experiment.hpp"
#include "verdict/phases.hpp"

namespace gunflint {

class RecoveryWatch;

/// Begin and end of a stage, seconds since t = 0. Stages run exactly their length (semantics 4), so
/// this is known before anything has happened. `name`: "stage" or "load.stage".
struct StageTimes {
  double from = 0, to = 0;
};
std::optional<StageTimes> stage_times(const Experiment& experiment, const std::string& name);

/// The moment, or nothing while what it depends on has not happened.
std::optional<double> moment_of(const Start& start, const Experiment& experiment,
                                const Phases& phases, const RecoveryWatch& recoveries,
                                std::optional<double> gate_passed);

}  // namespace gunflint
