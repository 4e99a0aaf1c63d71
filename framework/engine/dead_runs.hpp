#pragma once
/// Runs whose coordinator died: their journals say which agents they had opened and not closed, and
/// `gunflint recover` visits each (DESIGN 6, rule 6).

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/run_folder.hpp"
#include "gunflint/base/result.hpp"
#include "gunflint/model/event.hpp"
#include "gunflint/model/message.hpp"

namespace gunflint {

/// Agents that a run's journal opens and does not close clean, in the order of opening.
Result<std::vector<AgentOpened>> unclosed_agents(const std::string& journal);

/// Notes as left behind what a person was told and nobody takes back.
Result<void> note_settled(const std::string& journal, const std::vector<Settled>& settled);

/// To be called when every agent of a dead run is closed clean: notes as undone, by the recovery,
/// what the journal tells no end of. Acts (`kill`) have ended; nobody took them back.
Result<void> confirm_undone(const std::string& journal);

/// What became of one agent of one dead run.
struct Visit {
  std::string run, agent;
  bool closed = false;            ///< nothing of it is left, and its journal says so now
  std::vector<std::string> done;  ///< taken back on the way, of this run or another
  std::vector<std::string> left;  ///< what stays, or why it could not be visited
  static Fields<Visit> fields();
};

struct Visitor {
  std::function<std::vector<std::string>(const std::string& agent)> agent_argv;
  std::function<Result<void>(const std::string& agent)> admit;
  /// The ledgers of all users are looked at as well: runs of others need no visit.
  bool everybody = false;
};

/// Opens the agents of all dead runs below `out` again, in recovery mode. What a journal says is
/// never executed: only agents that this program knows how to start itself are (local, sudo, api),
/// and only on the host they ran on. A visit that leaves nothing is noted in the journal.
Result<std::vector<Visit>> visit_dead_runs(const std::string& out, const Visitor& visitor);

/// One line per visit and thing done or left, as `recover` prints it.
std::string visits_text(const std::vector<Visit>& visits);

}  // namespace gunflint
