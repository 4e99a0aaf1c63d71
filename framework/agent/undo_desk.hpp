#pragma once
/// What a person asks about undo: `status`, `stop` and `recover`, and what the agent's own binary
/// answers to `recover`.

#include <string>
#include <vector>

#include "agent/recovery.hpp"

namespace gunflint {

/// One ledger, looked at without touching it.
struct LedgerStatus {
  std::string path, agent, run, place;
  int owner = 0;  ///< pid of the living agent; 0: it is dead
  std::vector<UndoRecord> open;
  std::vector<KeptConflict> conflicts;  ///< left as somebody else changed it; not told yet
  std::string problem;                  ///< why it, or some of its lines, could not be read
};
/// Ledgers of this user, in the order of their names.
Result<std::vector<LedgerStatus>> look_at_ledgers();

/// Takes back what dead agents of this user left; with `everybody` (root only) those of every user
/// of this machine. Another user's ledgers are read and acted on only by a child that has become
/// that user, so that a planted ledger can do no more than its author could.
Result<RecoveryReport> recover_machine(AgentHost& host, bool everybody, const std::string& by);

/// Asks the living agents (of one run; of all when empty) to take everything back and end, and
/// waits for at most `patience`. Returns those that still live, by their ledgers.
Result<std::vector<LedgerStatus>> stop_agents(const std::string& run, Duration patience);

/// One line per thing done and left, as `recover` prints it.
std::string recovery_text(const RecoveryReport& report);

}  // namespace gunflint
