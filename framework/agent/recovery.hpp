#pragma once
/// Taking back what a dead agent left in force, from its ledger alone.

#include <string>
#include <vector>

#include "agent/ledger.hpp"
#include "agent/parts.hpp"

namespace gunflint {

/// How one record ended.
struct TakenBack {
  bool verified = false;  ///< looked again and found the old state
  bool gone = false;      ///< what was changed is no more: nothing to take back
  bool conflict = false;  ///< somebody else changed it meanwhile: it stays as it is
  std::string why;        ///< when not verified
};
/// Restores and looks again. Right for a record whose fault never acted, too.
TakenBack take_back(Host& host, const UndoRecord& record);

struct LeftOver {
  std::string run, injection, fault, member, what;
  bool settled =
      false;  ///< somebody else changed it, and a person hears of it now: nobody tries again
  static Fields<LeftOver> fields();
};
struct RecoveryReport {
  std::vector<std::string> done;  ///< one sentence each
  std::vector<LeftOver> left;     ///< still in force, or changed by somebody else
  int alive = 0;                  ///< ledgers whose agent lives
  bool clean() const { return left.empty(); }
  static Fields<RecoveryReport> fields();
};

/// Who takes back.
struct Recoverer {
  std::string by;      ///< written into the ledger: "guardian", "recovery"
  bool tells = false;  ///< a person reads the report: conflicts are closed with it
  /// Ends agents that live and cannot take back what they have in force (fence.hpp).
  bool fences = false;
  std::string lost;  ///< id of an agent that its coordinator has given up: ended in any case
};
/// Newest record first; each end is made durable; a ledger that is done goes away. A conflict is
/// not tried again and stays in the ledger until it was told; so does a ledger with unread lines.
RecoveryReport recover_ledger(AgentHost& host, Ledger& ledger, const Recoverer& who);
/// Every ledger in the folder whose lock can be got, by a fence if `who` may, and whose place this
/// program can serve. `but` is never touched (this process's own).
Result<RecoveryReport> recover_folder(AgentHost& host, const std::string& folder,
                                      const Recoverer& who, const std::string& but = {});

}  // namespace gunflint
