#pragma once
/// The guardian is the parent of the agent: the same binary, one thread, its own session, the
/// reaper of all that the agent leaves. When the agent dies or falls silent it first makes sure
/// that it is dead (fencing), then takes back what the ledger holds, again and again until clean.

#include <string>

#include "agent/parts.hpp"
#include "host/fd.hpp"

namespace gunflint {

/// How often the agent says that it lives.
constexpr Duration guardian_beat = 100ms;
/// A stopped agent (state T) is fenced after this silence, one that may only be slow after the
/// other.
constexpr Duration stopped_silence = 500ms;
constexpr Duration longest_silence = 10s;

struct GuardianSeat {
  int agent_pid = 0;
  Fd agent;       ///< pidfd
  Fd from_agent;  ///< beats and words of one byte: b beat, u an undo record exists, q clean end
  Fd signals;     ///< signalfd of SIGTERM and SIGHUP: passed on to the agent
  std::string ledger;  ///< its path, whether or not it exists
  std::string home;    ///< v2 cgroup that it was started in
  std::string cgroup;  ///< of its own, while undo records exist; empty: none is possible
};
/// Until the agent has ended and its ledger is clean (or an hour has passed: `gunflint recover` is
/// then the way). Returns the exit code of the whole: 0 clean, 5 something is left.
int run_guardian(AgentHost& host, GuardianSeat seat);

}  // namespace gunflint
