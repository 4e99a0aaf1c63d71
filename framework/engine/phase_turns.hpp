#pragma once
/// The phase of the experiment (semantics 8): before, fault, recovery, after, drain.

#include <string>

#include "engine/run_sink.hpp"

namespace gunflint {

class PhaseTurns {
 public:
  explicit PhaseTurns(RunSink& sink) : sink_(sink) {}
  void begin(Duration now) { turn(now, "before"); }
  /// `active`: faults between their first verified injection and their last verified undo.
  void faults_active(Duration now, int active) {
    if (active > 0) turn(now, "fault");
    if (active == 0 && phase_ == "fault") turn(now, "recovery");
  }
  void recovered(Duration now) {
    if (phase_ == "recovery") turn(now, "after");
  }
  void drain(Duration now) { turn(now, "drain"); }
  const std::string& phase() const { return phase_; }

 private:
  void turn(Duration now, const std::string& phase) {
    if (phase == phase_ || phase_ == "drain") return;
    phase_ = phase;
    sink_.happen(now, PhaseStarted{phase});
  }
  RunSink& sink_;
  std::string phase_;
};

}  // namespace gunflint
