#pragma once
/// What Run is told, and what it asks for. Crew turns one into the other.

#include <string>
#include <variant>
#include <vector>

#include "gunflint/model/message.hpp"
#include "gunflint/model/probe_spec.hpp"

namespace gunflint {

// ---- inputs ----
struct Tick {};  ///< only time has passed
/// t = 0 has come: the first arrival is due now.
struct Began {};
struct Sliced {
  Slice slice;
};
/// A probe was read at `at`.
struct ReadingCame {
  ReadingTaken reading;
  Duration at{};
};
struct TargetLooked {
  MembersSeen seen;
  Duration at{};
};
/// An agent said something about an injection: InjectDone, BiteSeen, RestoreDone or Failed.
struct AgentSaid {
  std::string agent;
  Answer answer;
};
/// The link broke without a word; a recovery agent is needed.
struct AgentGone {
  std::string agent, why;
};
/// An agent has ended its work: after Bye, or after recovery. `clean`: its ledger is empty.
struct AgentDone {
  std::string agent;
  bool clean = false, recovered = false;
  std::vector<std::string> left;
  std::string
      why;  ///< "signal": it was already ending when it was asked to, told so by somebody else
};
struct WorkerGone {
  std::string why;
  bool as_asked = false;  ///< `on_overload: abort`: the user's own guard
};
struct SignalCame {
  int number = 0;
};
/// The machine slept or its clock was set (DESIGN rule 13).
struct ClockJump {
  Duration by{};
};
/// The tool itself failed: the run ends, undone.
struct Trouble {
  std::string why;
};
/// The plan cannot be carried out: the run ends with this outcome, nothing was touched.
struct Refused {
  Outcome outcome = Outcome::Invalid;
  std::string why;
};
/// Something for the journal that Run need not decide on.
struct Record {
  Happening what;
  Duration at{};
};

using Input = std::variant<Tick, Began, Sliced, ReadingCame, TargetLooked, AgentSaid, AgentGone,
                           AgentDone, WorkerGone, SignalCame, ClockJump, Trouble, Refused, Record>;

// ---- tasks ----
struct AskAgent {
  std::string agent;
  AgentRequest request;  ///< Inject or Restore
};
struct StopLoad {};
/// Reads a probe every `every` until StopProbe.
struct StartProbe {
  std::string key;
  ProbeSpec of;
  std::string metric;
  Duration every = 1s;
};
struct StopProbe {
  std::string key;
};
/// Opens a new agent in recovery mode where `agent` was; answered by AgentDone.
struct RecoverAgent {
  std::string agent;
};
/// Bye to every agent; each answers with AgentDone.
struct CloseAgents {};

using Task = std::variant<AskAgent, StopLoad, StartProbe, StopProbe, RecoverAgent, CloseAgents>;

}  // namespace gunflint
