#pragma once
/// /proc as data. Everything here looks and touches nothing.

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gunflint/host/host.hpp"

namespace gunflint {

/// The fields of /proc/pid/stat that we use.
struct ProcessStat {
  int pid = 0, parent = 0, group = 0, session = 0;
  char state = '?';
  std::string name;
  std::uint64_t user_ticks = 0, system_ticks = 0, start_time = 0, resident_pages = 0;
};
/// The name may contain anything, brackets and spaces too: it ends at the LAST ')'.
Result<ProcessStat> parse_process_stat(std::string_view text);
Result<ProcessStat> read_process_stat(int pid);

Result<ProcessInfo> read_process(int pid);
/// Stats of all processes that could be read, by pid.
std::vector<ProcessStat> read_process_stats();
/// The v1 and v2 paths of /proc/pid/cgroup: controller -> path, "" is v2.
std::map<std::string, std::string> parse_cgroup_list(std::string_view text);

/// Why this process must never be stopped, ended or limited by us, or an empty text. Refused are
/// pid 1, our own ancestors (guardian, coordinator, the shell above), everything called gunflint,
/// sshd, container runtimes and the service manager.
std::string protected_because(const ProcessStat& process);

}  // namespace gunflint
