#include "agent/guard_cgroup.hpp"

#include <unistd.h>

#include "host/process_table.hpp"

namespace gunflint {
namespace {

constexpr std::string_view prefix = "gunflint-guard-";

std::optional<ProcessId> process(int pid) {
  const auto stat = read_process_stat(pid);
  if (!stat) return std::nullopt;
  return ProcessId{pid, stat->start_time};
}

}  // namespace

std::string guard_cgroup_of(Cgroups& cgroups, const std::string& agent) {
  const auto self = process(::getpid());
  const auto own = self ? cgroups.path_of(*self, "") : fail(Cause::Gone, "");
  if (!own) return {};
  const std::string folder = ::geteuid() == 0 ? "" : own->substr(0, own->rfind('/'));
  return folder + "/" + std::string(prefix) + agent;
}

bool stand_apart(Cgroups& cgroups, const std::string& path) {
  const auto self = process(::getpid());
  if (path.empty() || !self || !cgroups.create("", path)) return false;
  if (cgroups.move(*self, "", path)) return true;
  (void)cgroups.remove("", path);
  return false;
}

void stand_back(Cgroups& cgroups, int guardian, const std::string& home, const std::string& path) {
  const auto there = path.empty() ? false : cgroups.exists("", path).value_or(false);
  const auto self = process(guardian);
  if (!there) return;
  if (self && !cgroups.move(*self, "", home)) (void)cgroups.move(*self, "", "/");
  (void)cgroups.remove("", path);
}

void remove_guard_cgroup(Cgroups& cgroups, const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == path.npos || !std::string_view(path).substr(slash + 1).starts_with(prefix)) return;
  if (cgroups.exists("", path).value_or(false)) (void)cgroups.remove("", path);
}

}  // namespace gunflint
