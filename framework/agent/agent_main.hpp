#pragma once
/// The main function of every program that contains an agent.

#include <string>
#include <vector>

#include "agent/parts.hpp"

namespace gunflint {

/// Speaks the protocol of message.hpp on standard input and output until the end. The calling
/// process becomes the guardian, the agent is its child. Returns the exit code: 0 nothing is left
/// open, 5 something is, 6 it could not start.
int agent_main(const AgentParts& parts);

}  // namespace gunflint
