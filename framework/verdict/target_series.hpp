#pragma once
/// A target over time (semantics 28 to 30): ready, desired, restarts, changes, reversals, cpu,
/// memory, queue.

#include <optional>
#include <string>

#include "gunflint/model/event.hpp"
#include "gunflint/model/probe_spec.hpp"

namespace gunflint {

class TargetSeries {
 public:
  explicit TargetSeries(Across across) : across_(across) {}

  void on(const TargetSeen& seen);
  /// restarts, changes and reversals count from here.
  void start_clock();

  /// The latest value of a metric; none when the target could not be seen or the name is unknown.
  std::optional<double> value(const std::string& metric) const;
  const std::string& unknown() const { return unknown_; }

 private:
  Across across_;
  std::string unknown_ = "the target has not been seen yet";
  int ready_ = 0, desired_ = 0;
  int restarts_ = 0, restarts_before_ = 0;
  int changes_ = 0, reversals_ = 0;
  int direction_ = 0;  ///< of the last change of `ready`: +1, -1, 0: none yet
  bool seen_ = false;
  double cpu_ = 0, memory_ = 0, queue_ = 0;
};

}  // namespace gunflint
