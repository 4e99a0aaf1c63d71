#pragma once
/// All that happens in a run, as one line of the journal each. Reports, the live view and the
/// verdict read events and nothing else.

#include <string>
#include <variant>
#include <vector>

#include "gunflint/base/fields.hpp"
#include "gunflint/model/slice.hpp"
#include "gunflint/model/target_spec.hpp"
#include "gunflint/model/verdict.hpp"

namespace gunflint {

/// The measured effect of a fault: is the promised state in force right now?
struct Bite {
  bool in_force = false;
  std::string sentence;  ///< "88 % of 2 cores, asked 90 %"
  double asked = 0, got = 0;
  static Fields<Bite> fields();
};

// ---- life of the run ----
struct RunStarted {
  static constexpr std::string_view kind = "run_started";
  std::string run, series, name, file, version, host;
  int trial = 0;
  std::uint64_t seed = 0;
  std::string experiment_text;  ///< the file as written
  Value experiment;             ///< encode(Experiment), every name resolved, secrets redacted
  Value plan;                   ///< encode(Plan)
  static Fields<RunStarted> fields();
};
/// t = 0 of all `at` times. Before it `at` is negative or zero.
struct LoadStarted {
  static constexpr std::string_view kind = "load_started";
  static Fields<LoadStarted> fields();
};
struct StageStarted {
  static constexpr std::string_view kind = "stage_started";
  std::string load, stage;
  static Fields<StageStarted> fields();
};
/// Phase of the experiment (semantics 8): before, fault, recovery, after, drain.
struct PhaseStarted {
  static constexpr std::string_view kind = "phase_started";
  std::string phase;
  static Fields<PhaseStarted> fields();
};
struct GatePassed {
  static constexpr std::string_view kind = "gate_passed";
  static Fields<GatePassed> fields();
};
struct GateFailed {
  static constexpr std::string_view kind = "gate_failed";
  std::string why;
  static Fields<GateFailed> fields();
};
/// No slice or reading of seconds up to and including `second` comes any more; windows move on this
/// event, live and when judged again.
struct SecondClosed {
  static constexpr std::string_view kind = "second_closed";
  int second = 0;
  static Fields<SecondClosed> fields();
};
/// Everything that was due is answered or has failed. Written in every run that ends by itself,
/// also in one without load.
struct Drained {
  static constexpr std::string_view kind = "drained";
  static Fields<Drained> fields();
};

// ---- hosts ----
/// Durable before the agent starts: how `gunflint recover` reaches it again.
struct AgentOpened {
  static constexpr std::string_view kind = "agent_opened";
  std::string agent, host;
  Value how;
  static Fields<AgentOpened> fields();
};
struct AgentClosed {
  static constexpr std::string_view kind = "agent_closed";
  std::string agent;
  bool clean = false;
  static Fields<AgentClosed> fields();
};
struct AgentLost {
  static constexpr std::string_view kind = "agent_lost";
  std::string agent, why;
  static Fields<AgentLost> fields();
};

// ---- measurements ----
struct SliceTaken {
  static constexpr std::string_view kind = "slice";
  Slice slice;
  static Fields<SliceTaken> fields();
};
/// One read of a probe. `series` holds one value per series (label text -> value); `unknown` says
/// why there is none.
struct ReadingTaken {
  static constexpr std::string_view kind = "reading";
  std::string probe;  ///< key: "steady_state/queue drains", "reactions/…", "abort/…"
  std::map<std::string, double> series;  ///< "" is the only value of a single-valued probe
  std::string text;                      ///< body, for text conditions
  std::string unknown;
  static Fields<ReadingTaken> fields();
};
/// A target's members, at least once a second while it is watched.
struct TargetSeen {
  static constexpr std::string_view kind = "target_seen";
  std::string target;
  int ready = 0, desired = 0, restarts = 0;
  std::vector<MemberState> members;  ///< written when the set changed and every 10 s, else empty
  double cpu = 0, memory = 0, queue = 0;  ///< mean over members
  std::string unknown;                    ///< why it could not be seen
  static Fields<TargetSeen> fields();
};

// ---- faults ----
struct FaultStarted {  ///< its start moment has come; members are drawn
  static constexpr std::string_view kind = "fault_started";
  std::string fault;
  int repetition = 0;
  std::vector<std::string> members;  ///< ids
  static Fields<FaultStarted> fields();
};
struct FaultWaiting {  ///< wait_until began
  static constexpr std::string_view kind = "fault_waiting";
  std::string fault, condition;
  static Fields<FaultWaiting> fields();
};
struct FaultSkipped {
  static constexpr std::string_view kind = "fault_skipped";
  std::string fault, why;
  bool counts = true;  ///< false: `optional: true`, does not make the run inconclusive
  static Fields<FaultSkipped> fields();
};
struct Injected {
  static constexpr std::string_view kind = "injected";
  std::string injection, fault, member, label;
  Bite bite;
  static Fields<Injected> fields();
};
struct InjectionFailed {
  static constexpr std::string_view kind = "injection_failed";
  std::string injection, fault, member, why, cause;
  static Fields<InjectionFailed> fields();
};
struct BiteRead {
  static constexpr std::string_view kind = "bite";
  std::string injection;
  Bite bite;
  static Fields<BiteRead> fields();
};
/// No bite, or no word of it, for more than 2 s: verdicts it covers become inconclusive.
struct BiteLost {
  static constexpr std::string_view kind = "bite_lost";
  std::string injection, why;
  static Fields<BiteLost> fields();
};
/// The undo of one injection. `verified`: looked again and found the old state.
struct Undone {
  static constexpr std::string_view kind = "undone";
  std::string injection, fault, member;
  bool verified = false;
  bool gone = false;  ///< the member no longer exists: nothing to undo
  std::string why;    ///< why it could not be verified
  std::string by;     ///< "agent", "guardian", "recovery", "deadline"
  static Fields<Undone> fields();
};
/// The last undo of this fault is verified (an instant fault: its act is done).
struct FaultEnded {
  static constexpr std::string_view kind = "fault_ended";
  std::string fault;
  static Fields<FaultEnded> fields();
};
/// Something was left behind; `command` removes it.
struct LeftBehind {
  static constexpr std::string_view kind = "left_behind";
  std::string injection, fault, member, what, command;
  static Fields<LeftBehind> fields();
};
/// A killed member has no replacement at the end (semantics 35).
struct LeftChanged {
  static constexpr std::string_view kind = "left_changed";
  std::string fault, member, what;
  static Fields<LeftChanged> fields();
};

// ---- decisions on the way; derived, for readers ----
struct HypothesisTurned {  ///< green <-> red <-> unknown
  static constexpr std::string_view kind = "hypothesis_turned";
  std::string hypothesis, state, value;
  int second =
      -1;  ///< of which it speaks; it is known when late answers are in. -1: when it was told
  static Fields<HypothesisTurned> fields();
};
struct RecoveredEvent {
  static constexpr std::string_view kind = "recovered";
  std::string fault;
  double took_s = 0;
  bool ok = true;
  static Fields<RecoveredEvent> fields();
};
struct ReactionDecided {
  static constexpr std::string_view kind = "reaction";
  std::string reaction;
  bool met = false;
  double took_s = 0;
  static Fields<ReactionDecided> fields();
};
struct GuardTripped {
  static constexpr std::string_view kind = "guard_tripped";
  std::string guard, why;
  static Fields<GuardTripped> fields();
};
struct Signalled {
  static constexpr std::string_view kind = "signalled";
  int signal = 0;
  static Fields<Signalled> fields();
};
/// The machine slept or its clock was set: times do not compare any more. The run ends, restored
/// and inconclusive.
struct ClockJumped {
  static constexpr std::string_view kind = "clock_jumped";
  double by_s = 0;
  static Fields<ClockJumped> fields();
};
struct ToolFailed {
  static constexpr std::string_view kind = "tool_failed";
  std::string why;
  static Fields<ToolFailed> fields();
};
struct Note {
  static constexpr std::string_view kind = "note";
  std::string level, text;  ///< "info", "warning"
  static Fields<Note> fields();
};
struct VerdictReached {
  static constexpr std::string_view kind = "verdict";
  Verdict verdict;
  static Fields<VerdictReached> fields();
};
struct RunEnded {
  static constexpr std::string_view kind = "run_ended";
  int exit = 0;
  static Fields<RunEnded> fields();
};

using Happening =
    std::variant<RunStarted, LoadStarted, StageStarted, PhaseStarted, GatePassed, GateFailed,
                 SecondClosed, Drained, AgentOpened, AgentClosed, AgentLost, SliceTaken,
                 ReadingTaken, TargetSeen, FaultStarted, FaultWaiting, FaultSkipped, Injected,
                 InjectionFailed, BiteRead, BiteLost, Undone, FaultEnded, LeftBehind, LeftChanged,
                 HypothesisTurned, RecoveredEvent, ReactionDecided, GuardTripped, Signalled,
                 ClockJumped, ToolFailed, Note, VerdictReached, RunEnded>;

struct Event {
  std::uint64_t sequence = 0;  ///< from 1, without gaps; set by the journal
  Duration at{};  ///< since t = 0 on the coordinator's clock; for measurements: of the measurement
  WallTime wall{};
  Happening what;
};

/// {"n":seq,"at":ns,"wall":"…","kind":"…", fields…}
Value encode(const Event& event);
Result<Event> decode_event(const Value& value);

}  // namespace gunflint
