#pragma once
/// When things of an experiment happen, as far as paper can say: bounds for every moment.

#include <map>
#include <optional>
#include <string>

#include "gunflint/model/experiment.hpp"

namespace gunflint {

/// Bounds of one moment since the load started.
struct Span {
  Duration least{}, most{};
};
/// How long after the end of a fault the system may take to be back: `within`, or the rest of its
/// grace where that is longer (the windows of a grace say nothing).
Duration longest_recovery(const Experiment& experiment, const FaultSpec& fault);

/// A fault's first possible injection and the last possible end.
struct FaultTimes {
  Span start, end;
};

class Timetable {
 public:
  explicit Timetable(const Experiment& experiment);

  /// Names of faults that wait for each other in a circle; empty when none do.
  const std::vector<std::string>& circle() const { return circle_; }
  const FaultTimes& of(const FaultSpec& fault) const;
  /// Start and end of a stage; of the last one the shortest end.
  struct StageTimes {
    Duration start{}, end{};
    bool constant = false;  ///< one rate is asked throughout; never of `users`
    double rate = 0;        ///< journeys per second at its end
  };
  const std::vector<StageTimes>& stages(const std::string& load) const;
  std::optional<StageTimes> stage(const std::string& name) const;  ///< "stage" or "load.stage"
  /// The earliest injection of all; none without faults.
  std::optional<Duration> first_injection() const;
  Duration longest_stages() const;

  /// Bounds of the start moment of a fault, reaction or alert.
  Span start_of(const Start& start);

 private:
  const FaultTimes& times_of(std::size_t index);
  FaultTimes computed(const FaultSpec& fault);
  std::optional<std::size_t> fault_index(const std::string& name) const;

  const Experiment& experiment_;
  std::map<std::string, std::vector<StageTimes>> stages_;
  std::vector<FaultTimes> times_;
  std::vector<int> state_;  ///< 0 not begun, 1 under way, 2 known
  std::vector<std::string> circle_;
};

}  // namespace gunflint
