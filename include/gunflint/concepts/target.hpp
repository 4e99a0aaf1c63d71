#pragma once
/// A target kind says how to start an agent in the right place. Finding and watching members
/// happens on the agent's host and is the same for every kind that selects processes.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gunflint/host/host.hpp"
#include "gunflint/model/target_spec.hpp"

namespace gunflint {

/// How to start the agent of one place. Two targets with the same `key` share one agent.
struct AgentRoute {
  std::string key;                ///< "local", "local as root", "api"
  std::vector<std::string> argv;  ///< the process whose stdin and stdout are the pipe
  bool as_root = false;
  static Fields<AgentRoute> fields() {
    return {field("key", &AgentRoute::key, "Shared by targets of one place.").required(),
            field("argv", &AgentRoute::argv, "Command."),
            field("as_root", &AgentRoute::as_root, "Runs as root.")};
  }
};

/// Members that the selector finds right now, sorted by id. Never our own processes.
Result<std::vector<Member>> find_members(Host& host, const TargetSpec& spec);

/// Alive, ready, cpu, memory, queue of the members; keeps the last counters between calls.
/// `desired` is what an orchestrator wants, when there is one.
class MemberWatch {
 public:
  virtual ~MemberWatch() = default;
  virtual Result<std::vector<MemberState>> look(Host& host) = 0;
  virtual std::optional<int> desired() const = 0;
  virtual int restarts() const = 0;  ///< restarts and replacements since the watch began
};
std::unique_ptr<MemberWatch> watch_members(const TargetSpec& spec);

}  // namespace gunflint
