#pragma once
/// What follows from a journal: the one place where events become green, red and unknown. Live, Run
/// feeds it every event it writes and asks it about gate, guards and recovery; afterwards `judge`
/// and `report` feed it the same journal and get the same answers. No clock: windows move on
/// SecondClosed.
///
/// Phases (semantics 8) are derived here from Injected, FaultEnded and the judge's own recoveries;
/// of PhaseStarted only `drain` is read. A fault is active from its first Injected to FaultEnded.
/// A run has ended properly when its journal holds Drained (also without load), GateFailed,
/// GuardTripped, Signalled or ToolFailed.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gunflint/model/event.hpp"
#include "gunflint/model/experiment.hpp"
#include "gunflint/model/verdict.hpp"

namespace gunflint {

/// Names of probes in ReadingTaken: "steady_state/<name>", "reactions/<name>", "abort/<name>",
/// "wait_until/<fault>", "only_if/<fault>".
std::string probe_key(std::string_view list, std::string_view name);
/// "alerts/<name>{label=value,…}": readings are 1 (firing), 2 (firing but silenced) or 0.
std::string probe_key(const AlertExpectation& alert);

class Judge {
 public:
  explicit Judge(const Experiment& experiment);
  ~Judge();
  Judge(Judge&&) noexcept;

  /// Every event of the run, in the journal's order. Decisions (news()) that were written to the
  /// journal may come back through here; they change nothing, except GuardTripped.
  void on(const Event& event);

  /// Semantics 9: what the last `gate` seconds say. Green only when every hypothesis that covers
  /// `before` was green throughout.
  enum class GateState { Waiting, Green, Red, Unknown };
  struct Gate {
    GateState state = GateState::Waiting;
    std::string why;  ///< "`fast` was red: p95 612ms, limit p95 < 400ms"
  };
  Gate gate() const;

  /// Semantics 41.
  struct Trip {
    std::string guard, why;
  };
  std::optional<Trip> tripped() const;

  /// Semantics 37 and 38: the recovery that is under way or was decided last.
  struct Recovery {
    enum class State { None, Waiting, Recovered, Failed, CutShort };
    State state = State::None;
    std::string fault;     ///< whose objective it is
    Duration all_clear{};  ///< when no fault was active any more, since t = 0
    std::optional<Duration> took;
    std::string why;
  };
  Recovery recovery() const;
  std::optional<Recovery> recovery_of(const std::string& fault) const;

  enum class Decision { Open, Met, Missed };
  Decision reaction(const std::string& name) const;
  Decision alert(const std::string& name) const;
  /// A recovery, reaction or alert with a deadline is still open: the run must go on.
  bool undecided() const;

  /// Whether the latest value of a probe satisfies the condition; none: unknown.
  std::optional<bool> holds(const std::string& probe, const Condition& condition) const;

  /// Decisions reached since the last call, as events for readers (HypothesisTurned,
  /// RecoveredEvent, ReactionDecided, GuardTripped).
  std::vector<Happening> news();

  /// The state of every hypothesis at the last closed second, for the live view.
  struct Light {
    std::string name, state, value, limit;  ///< state: green, red, unknown, excused
  };
  std::vector<Light> lights() const;

  /// The verdict over everything so far. Can be asked at any time; final after RunEnded's
  /// predecessors.
  Verdict verdict() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

/// `judge RUN --with x.yaml`: the whole journal at once.
Verdict judge(const Experiment& experiment, const std::vector<Event>& events);

}  // namespace gunflint
