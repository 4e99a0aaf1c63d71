#pragma once
/// The soft limit of open files (RLIMIT_NOFILE) of running processes.

#include <map>
#include <string>
#include <vector>

#include "common/setpoint.hpp"
#include "gunflint/concepts/fault.hpp"

namespace gunflint {

struct ProcessLimit {
  int pid = 0;
  std::uint64_t start_time = 0, soft = 0;
  static Fields<ProcessLimit> fields();
};

struct OpenFiles {
  std::uint64_t set = 0;
  std::vector<ProcessLimit> family;  ///< the member first
  std::uint32_t uid = 0;             ///< of the member
  /// Where it was: orphans of the family are found there. Empty when it had no place of its own.
  std::map<std::string, std::string> cgroups;
  static Fields<OpenFiles> fields();
};

Result<OpenFiles> observe_open_files(Host& host, const Member& member, const Setpoint& value);
Result<void> limit_open_files(Host& host, const Member& member, const OpenFiles& limit);
/// Also in children born meanwhile, which inherited the lowered limit. Who changed its own limit
/// meanwhile keeps it.
Result<void> free_open_files(Host& host, const OpenFiles& limit);
Result<bool> open_files_are_free(Host& host, const OpenFiles& limit);
Result<Bite> open_files_bite(Host& host, const Member& member, const OpenFiles& limit);

}  // namespace gunflint
