#pragma once
/// A process with all that it has started, and whether a cgroup is theirs alone.

#include <optional>
#include <string>
#include <vector>

#include "gunflint/host/host.hpp"

namespace gunflint {

/// The process, then its descendants, parents before children. Zombies have nothing left that could
/// be frozen or limited: they are left out, and one at the head is Gone.
Result<std::vector<ProcessInfo>> family_of(Host& host, const ProcessId& head);

/// Somebody who is in the cgroup or below it and not of the family; nobody: it is the family's own.
/// `hierarchy`: "" for v2, else the v1 controller.
Result<std::optional<ProcessInfo>> stranger_in(Host& host, const std::vector<ProcessInfo>& family,
                                               const std::string& hierarchy,
                                               const std::string& path);

}  // namespace gunflint
