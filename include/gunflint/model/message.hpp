#pragma once
/// What coordinator and agent say to each other: one JSON document per frame over a pipe. A frame
/// is four bytes of length (big endian, at most 4 MiB) and the document. `id` pairs an answer with
/// its request; 0 is for what an agent says unasked.

#include <string>
#include <variant>
#include <vector>

#include "gunflint/base/fields.hpp"
#include "gunflint/model/event.hpp"
#include "gunflint/model/fault_spec.hpp"
#include "gunflint/model/target_spec.hpp"

namespace gunflint {

constexpr int protocol_version = 1;

// ---- coordinator to agent ----
struct Hello {
  static constexpr std::string_view kind = "hello";
  int protocol = protocol_version;
  std::string version, run;
  Duration lease = 3s;  ///< without a beat for this long, what says `restore` is taken back
  /// Takes back what is open, then says so. Without `instead_of`, Welcome.left also names the
  /// agents of this run that are alive: `run` is dead, and they act on without it.
  bool recover_only = false;
  /// Id of a lost agent. While its ledger is still there, Welcome.left says so: it is stopped, or
  /// its guardian is at work.
  std::string instead_of;
  static Fields<Hello> fields();
};
struct FindMembers {
  static constexpr std::string_view kind = "find";
  TargetSpec target;
  static Fields<FindMembers> fields();
};
struct WatchTarget {
  static constexpr std::string_view kind = "watch";
  TargetSpec target;
  Duration every = 1s;
  static Fields<WatchTarget> fields();
};
/// Dry run on a recording host.
struct ExamineFault {
  static constexpr std::string_view kind = "examine";
  std::string fault;
  Value params;
  Member member;
  static Fields<ExamineFault> fields();
};
struct Inject {
  static constexpr std::string_view kind = "inject";
  std::string injection, fault, tag;
  Value params;
  Member member;
  Duration lasting{};  ///< deadline from now, on the agent's own clock; 0 for instant faults
  OnDisconnect on_disconnect = OnDisconnect::Restore;
  Duration lease{};  ///< its own; 0: the agent's (Hello)
  static Fields<Inject> fields();
};
struct Restore {
  static constexpr std::string_view kind = "restore";
  std::string injection;
  static Fields<Restore> fields();
};
struct Beat {
  static constexpr std::string_view kind = "beat";
  static Fields<Beat> fields();
};
struct Bye {
  static constexpr std::string_view kind = "bye";
  static Fields<Bye> fields();
};

using AgentRequest =
    std::variant<Hello, FindMembers, WatchTarget, ExamineFault, Inject, Restore, Beat, Bye>;

// ---- agent to coordinator ----
/// What a person was told of the run that said Hello, and nobody takes back: somebody else had
/// changed it. Its record is closed.
struct Settled {
  std::string injection, fault, member, what;
  static Fields<Settled> fields();
};
struct Welcome {
  static constexpr std::string_view kind = "welcome";
  int protocol = protocol_version;
  std::string version, agent;     ///< agent: id of its ledger
  Value facts;                    ///< encode(Facts)
  int recovered = 0;              ///< records of dead agents that it took back on opening
  std::vector<std::string> done;  ///< these records: "pause on nginx[12] of run 2026…"
  std::vector<std::string> left;  ///< what it could not take back
  std::vector<Settled> settled;   ///< to a Hello that is `recover_only`
  static Fields<Welcome> fields();
};
struct MembersFound {
  static constexpr std::string_view kind = "found";
  std::string target;
  std::vector<Member> members;
  static Fields<MembersFound> fields();
};
struct MembersSeen {
  static constexpr std::string_view kind = "seen";
  std::string target;
  std::vector<MemberState> members;
  std::optional<int> desired;
  int restarts = 0;
  std::string unknown;
  static Fields<MembersSeen> fields();
};
struct FaultExamined {
  static constexpr std::string_view kind = "examined";
  std::vector<Value> needs;  ///< encode(Need)
  std::vector<std::string> keys;
  std::vector<std::string> actions;  ///< what inject would do, one line each, with exact commands
  std::vector<std::string> undo;     ///< what restore would do
  std::string nothing_to_do;         ///< the present value is the asked one
  static Fields<FaultExamined> fields();
};
struct InjectDone {
  static constexpr std::string_view kind = "inject_done";
  std::string injection;
  Bite bite;
  std::string nothing_to_do;
  static Fields<InjectDone> fields();
};
struct BiteSeen {
  static constexpr std::string_view kind = "bite";
  std::string injection;
  Bite bite;
  std::string unknown;
  static Fields<BiteSeen> fields();
};
struct RestoreDone {  ///< also unasked: deadline, member gone
  static constexpr std::string_view kind = "restore_done";
  std::string injection;
  bool verified = false, gone = false;
  std::string why, by;
  std::string left, command;  ///< when something stays behind
  static Fields<RestoreDone> fields();
};
struct BeatBack {
  static constexpr std::string_view kind = "beat_back";
  std::int64_t monotonic_ns = 0, wall_ns = 0;
  static Fields<BeatBack> fields();
};
/// The agent has taken everything back and ends. Unasked: `why` says what made it.
struct Closed {
  static constexpr std::string_view kind = "closed";
  bool clean = false;
  std::vector<std::string> left;
  std::string why;  ///< "" (asked), "signal" (`gunflint stop`), "guardian" (it is gone), "silence"
  static Fields<Closed> fields();
};
struct Failed {
  static constexpr std::string_view kind = "failed";
  std::string cause, message, injection;
  static Fields<Failed> fields();
};

using Answer = std::variant<Welcome, MembersFound, MembersSeen, FaultExamined, InjectDone, BiteSeen,
                            RestoreDone, BeatBack, Closed, Failed>;

}  // namespace gunflint
