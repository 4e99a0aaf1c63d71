#pragma once
/// A rolling window over the seconds of a load. Restarts where it must not look back (phase
/// boundaries, the end of a grace); tells whether it has been full since.

#include <deque>
#include <set>

#include "verdict/load_second.hpp"

namespace gunflint {

class RollingWindow {
 public:
  explicit RollingWindow(int seconds) : width_(seconds) {}

  /// Adds the next second. Seconds come in order and without gaps.
  void push(int second, SecondOfLoad sample);
  /// Forgets everything before `second`, now or when it comes.
  void restart(int second);

  bool full() const { return static_cast<int>(kept_.size()) == width_; }
  int width() const { return width_; }
  /// All seconds in the window; who waits for an answer, of the last one.
  SecondOfLoad sum() const;
  /// Journeys that were due in the older half: those had time to be answered.
  std::uint64_t due_long_ago() const;

 private:
  void drop_front();

  int width_;
  std::deque<std::pair<int, SecondOfLoad>> kept_;
  SecondOfLoad sum_;
  std::set<int> restarts_;  ///< not reached yet
};

}  // namespace gunflint
