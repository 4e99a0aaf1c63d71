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
  static Fields<LeftOver> fields();
};
struct RecoveryReport {
  std::vector<std::string> done;  ///< one sentence each
  std::vector<LeftOver> left;     ///< still in force, or changed by somebody else
  int alive = 0;                  ///< ledgers whose agent lives
  bool clean() const { return left.empty(); }
  static Fields<RecoveryReport> fields();
};

/// Newest record first; each end is made durable; an empty ledger goes away. A conflict is closed
/// in the ledger and reported once. `by` is written into the ledger: "guardian", "recovery".
RecoveryReport recover_ledger(AgentHost& host, Ledger& ledger, const std::string& by);
/// Every ledger in the folder whose lock can be got and whose place this program can serve. `but`
/// is never touched (this process's own).
Result<RecoveryReport> recover_folder(AgentHost& host, const std::string& folder,
                                      const std::string& by, const std::string& but = {});

}  // namespace gunflint
