#pragma once
/// Did the alarm ring? (semantics 40) Readings of "alerts/<name>{labels}": 1 firing, 2 firing but
/// silenced, 0 quiet.

#include <optional>
#include <string>

#include "gunflint/model/event.hpp"
#include "gunflint/model/experiment.hpp"
#include "gunflint/model/verdict.hpp"

namespace gunflint {

class AlertWatch {
 public:
  explicit AlertWatch(const AlertExpectation& expectation) : alert_(expectation) {}

  enum class State { NotBegun, Open, Met, Missed, Unclear };

  void on(double at, const ReadingTaken& reading);
  /// `start`: its start moment; `all_clear`: when no fault was active any more after it.
  void second(int second, std::optional<double> start, std::optional<double> all_clear);
  void never(const std::string& why);

  State state() const { return state_; }
  bool firing() const { return firing_; }
  /// The last question was answered.
  bool known() const { return seen_ && !unknown_since_; }
  const AlertExpectation& expectation() const { return alert_; }
  Finding finding(bool over) const;

 private:
  void must_fire(double now, double start, std::optional<double> all_clear);
  Finding fire_finding(bool over) const;
  Finding silent_finding() const;

  AlertExpectation alert_;
  State state_ = State::NotBegun;
  bool firing_ = false, seen_ = false, silenced_ = false;
  std::optional<double> fired_at_, resolved_at_, started_;
  std::optional<double> rang_at_;  ///< its first firing that its start moment waited for
  std::optional<double> unknown_since_;
  int unknown_readings_ = 0, readings_ = 0;
  std::string why_;
};

}  // namespace gunflint
