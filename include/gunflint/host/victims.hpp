#pragma once
/// Who is never a victim (rule 10): pid 1, ourselves and what started us, everything called
/// gunflint (but the shop of the demo), sshd, container runtimes and the service manager.

#include <string>
#include <string_view>

#include "gunflint/host/host.hpp"

namespace gunflint {

/// NotPermitted with the reason. Asked by the real ports in front of every write that stops, ends
/// or limits a process or a group, by a rehearsal in their place, and by a fault for a whole family
/// before it begins. Not asked by what only gives back: an undo must reach everybody.
Result<void> refuse_ours(const ProcessInfo& process);

/// Whether writing `text` into a cgroup's `file`, which reads `now`, stops, ends or limits its
/// members more than before. A file that we do not know takes away.
bool takes_away(std::string_view file, std::string_view now, std::string_view text);

/// By its name: made by us, for one injection (`gf-…`) or a guardian (`gunflint-…`).
bool is_own_group(std::string_view path);

}  // namespace gunflint
