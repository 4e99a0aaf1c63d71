#pragma once
/// Where the guardian stands while undo records exist: a v2 cgroup of its own, so that whoever
/// kills the agent's cgroup (systemd ending a session, a container that runs out of memory) spares
/// it. Where that is not possible (no v2 hierarchy, no rights) it stays where it is.

#include <string>

#include "gunflint/host/host.hpp"

namespace gunflint {

/// The path of the cgroup for the guardian of this agent: of root below the top, else beside the
/// caller's own. Empty when there is no v2 hierarchy.
std::string guard_cgroup_of(Cgroups& cgroups, const std::string& agent);

/// Makes it and moves the calling process there; leaves nothing when that fails.
bool stand_apart(Cgroups& cgroups, const std::string& path);

/// Moves the guardian back to where its agent is, or to the top when that is gone, and removes the
/// cgroup. Nothing happens when it is not there.
void stand_back(Cgroups& cgroups, int guardian, const std::string& home, const std::string& path);

/// Removes what a killed guardian left. `path` comes from a ledger: nothing but a guardian's
/// cgroup is removed.
void remove_guard_cgroup(Cgroups& cgroups, const std::string& path);

}  // namespace gunflint
