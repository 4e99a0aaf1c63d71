#pragma once
/// Ends an agent that cannot take back what it has in force, so that somebody else may. That is the
/// guardian's work; this is for when the guardian is stopped or hangs too.

#include <optional>
#include <string>

#include "gunflint/base/result.hpp"
#include "gunflint/base/units.hpp"

namespace gunflint {

struct LedgerContent;

/// An agent that is stopped for this long has no guardian that works: that one fences it sooner.
constexpr Duration helpless_after = 1500ms;
/// Who has something in force this long after its deadline does not get it back; nothing is lost
/// when somebody else tries in its place, for undo may be begun anew at any point.
constexpr Duration overdue_after = 10s;

/// Why the living owner of this ledger cannot be waited for; nullopt when it can: it runs and what
/// it has in force is within its time, or it is not the agent but somebody who takes back. Sleeps
/// for helpless_after when it is stopped.
std::optional<std::string> helpless(const std::string& path, const LedgerContent& content);

/// SIGKILL by pidfd: the guardian, then the agent, then whatever of it still acts; holders are
/// left to who takes back. Returns when the agent has ended and its lock is free. Gone when the
/// owner of the lock is not the agent that the ledger names. Else the sentence says what to kill.
Result<void> fence(const std::string& path, const LedgerContent& content);

}  // namespace gunflint
