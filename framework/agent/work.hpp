#pragma once
/// What an operation child does for its agent, and in which words it says so. Every word is a map;
/// {"error":…,"cause":n} says that it failed.

#include <string>

#include "agent/operation.hpp"
#include "agent/parts.hpp"
#include "agent/recovery.hpp"
#include "gunflint/model/message.hpp"

namespace gunflint {

/// Says {"members":[…]}.
void find_work(OperationLink& link, AgentHost& host, const FindMembers& ask);
/// Says encode(MembersSeen) at every interval, for ever.
void watch_work(OperationLink& link, AgentHost& host, const WatchTarget& ask);
/// Says encode(FaultExamined).
void examine_work(OperationLink& link, AgentHost& host, const ExamineFault& ask);
/// Asks {"observed":saved,"nothing":…} and goes on when it is answered; says {"injected":true},
/// then {"bite":…}, read again for up to 2 s until the fault is in force.
void inject_work(OperationLink& link, AgentHost& host, const Inject& ask);
/// Says {"bite":…}.
void bite_work(OperationLink& link, AgentHost& host, const UndoRecord& record);
/// Says {"verified":…,"gone":…,"conflict":…,"why":…}.
void restore_work(OperationLink& link, AgentHost& host, const UndoRecord& record);
/// Says encode(RecoveryReport).
void recover_work(OperationLink& link, AgentHost& host, const std::string& folder,
                  const Recoverer& who);

}  // namespace gunflint
