#pragma once
/// From lights to a finding (semantics 9, 14, 15): which seconds of a hypothesis are judged, how
/// many of them were red, and what is said about it. Pure.

#include <array>
#include <vector>

#include "gunflint/model/experiment.hpp"
#include "gunflint/model/verdict.hpp"
#include "verdict/light.hpp"
#include "verdict/phases.hpp"
#include "verdict/recovery_watch.hpp"

namespace gunflint {

/// What a second means for the verdict.
enum class Meaning : std::uint8_t { Apart, Excused, Unknown, Green, Red };

struct LightTally {
  int judged = 0;  ///< green + red + unknown
  int red = 0, unknown = 0, excused = 0;
  std::array<int, 5> judged_in{};  ///< by Phase
  std::vector<Meaning> meaning;    ///< of each second
};

/// The run as far as judging needs it.
struct Course {
  const Experiment& experiment;
  const Phases& phases;
  const RecoveryWatch& recoveries;
  int seconds = 0;  ///< closed seconds
};

bool names(const Hypothesis& hypothesis, Phase phase);
LightTally tally(const Hypothesis& hypothesis, const LightHistory& lights, const Course& course);
Finding judge_windows(const Hypothesis& hypothesis, const LightHistory& lights,
                      const Course& course);
/// The first second after a proved recovery in which the hypothesis was red and not excused.
std::optional<int> first_red_after_recovery(const LightTally& tally, const Course& course);

}  // namespace gunflint
