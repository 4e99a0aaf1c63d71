#pragma once
// What a test may see and touch: namespaces of its own, and over every folder that programs share
// (run, tmp, undo records) an empty one of its own.

#include <string>
#include <vector>

#include "groups.hpp"

namespace capsule {

/// Namespaces, as root: mounts, network, processes (from the next child on), IPC, cgroups. Gives an
/// errno; 0: it was done. For `furnish`, a sentence; empty: it was done.
int enter_namespaces();

/// In the first process of the namespaces: /proc, /sys and cgroups as they are here, empty folders,
/// loopback up. `trees` stay visible wherever they are.
std::string furnish(const Groups& groups, const std::vector<std::string>& trees);

/// Mounts, named network namespaces, and files where programs put what they will not need long.
std::vector<std::string> picture();

/// What the test left: processes, cgroups, and what is in the picture that was not in it before.
std::vector<std::string> left(const Groups& groups, const std::vector<std::string>& before);

}  // namespace capsule
