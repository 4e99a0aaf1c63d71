#pragma once
/// Whether an agent is told that its coordinator is well, and whether the agent still is. A lease
/// is for the case that nobody judges any more: so it is not the link that keeps it alive, but the
/// loop that judges, whose rounds are counted here.

#include <atomic>

#include "gunflint/base/units.hpp"

namespace gunflint {

/// When the loop that judges came round last. Before its first round nothing is in force, and
/// opening may take its time: until then it counts as well. Any thread may ask.
class JudgePulse {
 public:
  void round(Time now) { last_ = now.time_since_epoch().count(); }
  /// How long ago that was; zero before the first round.
  Duration age(Time now) const {
    const auto last = last_.load();
    return last == 0 ? Duration(0) : now.time_since_epoch() - Duration(last);
  }

 private:
  std::atomic<Duration::rep> last_ = 0;
};

/// The times of one link; no clock inside.
class Heartbeat {
 public:
  /// `shortest`: of the agent's lease and those of its faults.
  Heartbeat(Duration lease, Duration shortest, Time now);

  /// It said something.
  void heard(Time now) { heard_ = now; }

  enum class Due { Nothing, Beat, Lost };
  /// What is due. `pulse`: age of the coordinator's pulse. Lost: it was asked and has said nothing
  /// for a lease and two seconds. Silence that nobody has broken on our side, because no beat was
  /// sent or because this very process stood still, is not held against it.
  Due at(Time now, Duration pulse);
  Duration silence(Time now) const { return now - heard_; }
  Time next() const { return next_; }

 private:
  Duration lease_, shortest_;
  Time next_, heard_, looked_;
};

}  // namespace gunflint
