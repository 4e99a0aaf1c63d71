#pragma once
/// Did the system spring back? (semantics 37 and 38)

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gunflint/model/experiment.hpp"
#include "gunflint/model/verdict.hpp"
#include "verdict/light.hpp"

namespace gunflint {

/// Finds the start of the first green window from which at least 95 % of the next `stable_for` is
/// green, for one hypothesis. Keeps only the lights since the present candidate.
class GreenSearch {
 public:
  /// `unknown_is_green`: the benefit of the doubt, to tell "did not recover" from "cannot say".
  GreenSearch(int window, int stable_for, bool unknown_is_green);

  /// Lights since the all clear, one per second; `second` counts from 0.
  void push(Colour light);
  /// Second (from 0) at which the found window begins.
  std::optional<int> found() const { return found_; }
  /// The earliest second that can still be the answer.
  int candidate() const { return candidate_; }

 private:
  bool good(Colour light) const;
  bool candidate_is_dead() const;

  int window_, stable_;
  bool generous_;
  int candidate_ = 0;
  std::vector<Colour> lights_;  ///< from the candidate on
  std::optional<int> found_;
};

class RecoveryWatch {
 public:
  enum class State { None, Waiting, Recovered, Failed, CutShort };
  struct Recovery {
    State state = State::None;
    std::string fault;
    RecoverySpec spec;
    double all_clear = 0;
    /// Seconds from the all clear to the end of a grace, when windows begin anew: nothing is shown
    /// before.
    double grace_left = 0;
    /// Something was red after `within`, while a grace went on: the grace is no reason to wait
    /// then.
    bool red_late = false;
    std::optional<double> took;
    bool doubtful = false;  ///< missed only because values were unknown
    std::string joined;     ///< CutShort: judged together with this later fault
    std::string why;
  };

  explicit RecoveryWatch(const Experiment& experiment);

  /// No fault is active any more; these were since the last all clear. `grace_over`: when the last
  /// grace is.
  void all_clear(double at, const std::vector<std::string>& faults, int grace_over = 0);
  /// A fault begins: what has not recovered yet is judged together with it.
  void cut_short(const std::string& by);
  /// Lights of all hypotheses (index as in `steady_state`) at the end of a second.
  void second(int second, const std::vector<Colour>& lights);
  /// The run is over: what is still waiting is decided by what is known.
  void finish();

  /// Second at which the present recovery ended (all its faults recovered); none while it has not.
  std::optional<int> ended() const { return ended_; }
  bool waiting() const;
  const std::vector<Recovery>& all() const { return recoveries_; }
  const Recovery* of(const std::string& fault) const;
  std::optional<double> recovered_at(const std::string& fault) const;
  /// Seconds [from, to) in which the last recovery was being proved.
  bool proving(int second) const;

  /// Hypotheses that say whether the system has recovered.
  static bool counts(const Hypothesis& hypothesis);

 private:
  struct Search {
    std::size_t hypothesis;
    GreenSearch strict, generous;
  };
  struct Attempt {
    std::size_t recovery;  ///< index into recoveries_
    std::vector<Search> searches;
  };
  void decide(Attempt& attempt, int second);

  const Experiment& experiment_;
  std::vector<Recovery> recoveries_;
  std::vector<Attempt> attempts_;  ///< of the present round
  int round_start_ = 0;
  std::optional<int> ended_;
  std::vector<std::pair<int, int>> proofs_;
};

}  // namespace gunflint
