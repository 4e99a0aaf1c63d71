#include "common/family.hpp"

#include <algorithm>

namespace gunflint {

Result<std::vector<ProcessInfo>> family_of(Host& host, const ProcessId& head) {
  GF_TRY_AS(ProcessInfo self, host.processes.look(head.pid));
  if (self.id != head || self.state == 'Z')
    return fail(Cause::Gone, "process " + std::to_string(head.pid) + " has ended");
  GF_TRY_AS(std::vector<ProcessInfo> family, host.processes.descendants(head.pid));
  std::erase_if(family, [](const ProcessInfo& info) { return info.state == 'Z'; });
  family.insert(family.begin(), std::move(self));
  return family;
}

Result<std::optional<ProcessInfo>> stranger_in(Host& host, const std::vector<ProcessInfo>& family,
                                               const std::string& hierarchy,
                                               const std::string& path) {
  GF_TRY_AS(const std::vector<ProcessInfo> all, host.processes.all());
  for (const ProcessInfo& process : all) {
    const auto found = process.cgroups.find(hierarchy);
    if (found == process.cgroups.end() || process.state == 'Z') continue;
    if (path != "/" && found->second != path && !found->second.starts_with(path + "/")) continue;
    const bool ours = std::ranges::any_of(
        family, [&](const ProcessInfo& member) { return member.id == process.id; });
    if (!ours) return process;
  }
  return std::nullopt;
}

}  // namespace gunflint
