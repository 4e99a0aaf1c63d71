#pragma once
/// Hypotheses that are judged once per phase by a bootstrap (`window: phase`), among them all that
/// compare with the baseline (semantics 10 and 13).

#include <array>
#include <deque>
#include <optional>

#include "gunflint/model/experiment.hpp"
#include "gunflint/model/verdict.hpp"
#include "verdict/blocks.hpp"
#include "verdict/phases.hpp"

namespace gunflint {

/// Gathers the baseline: the longest stretch of one constant rate before the first injection, or a
/// named stage; without its first 10 s, and without the warm-up. Closed loops and logs that say
/// when have no constant rate.
class Baseline {
 public:
  /// Null: an experiment without traffic; then all of `before`.
  explicit Baseline(const LoadSpec* load);

  /// Every second; those after the first injection do not count.
  void push(int second, const Block& block, bool before_first_injection);
  const Blocks& blocks() const;
  /// The asked rate of it; none for experiments without load.
  std::optional<double> rate() const;

 private:
  struct Stretch {
    int from = 0, to = 0;
    std::optional<double> rate;
    Blocks blocks;
  };
  std::vector<Stretch> stretches_;  ///< of the schedule, known before the run
};

class PhaseWatch {
 public:
  PhaseWatch(const Experiment& experiment, const Hypothesis& hypothesis);

  /// Every closed second. `asked`: the rate asked of the hypothesis' load in it. `data`: whether
  /// there was what should have been measured or read.
  void second(int second, const Block& block, const Phases& phases, std::optional<double> asked,
              bool data = true);
  /// The recovery ended at this second: later ones belong to `after`.
  void recovered(int second);
  Finding finding(const Phases& phases, std::uint64_t seed, bool over) const;

 private:
  struct Part {
    Held held = Held::Inconclusive;
    std::string measured, sentence;
    Evidence evidence;
  };
  /// What a second is worth to its phase.
  struct Worth {
    std::optional<Block> block;  ///< none: unknown
    bool data = true;            ///< unknown because there was no data
  };
  void put(Phase phase, const Worth& worth);
  std::optional<Part> unknown_phase(Phase phase) const;
  Part judge_phase(Phase phase, std::uint64_t seed) const;
  std::string baseline_trouble(std::uint64_t seed) const;
  std::string not_gated() const;

  const Hypothesis hypothesis_;
  const bool gated_;  ///< there is something that a gate decides about
  Baseline baseline_;
  std::array<Blocks, 5> phases_;
  std::array<int, 5> unlike_{};                ///< seconds with another rate than the baseline's
  std::array<int, 5> unknown_{}, no_data_{};   ///< seconds without a verdict; of these without data
  std::deque<std::pair<int, Worth>> pending_;  ///< of a recovery that may turn out to be `after`
  std::size_t most_pending_;
};

}  // namespace gunflint
