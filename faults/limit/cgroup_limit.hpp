#pragma once
/// Limits that control groups set: cpu, memory, pids, cpuset; v1 and v2. A group that holds only
/// the member's family is changed in place. Else the family moves into a group that carries the
/// tag, and later back to where each process was: in v1 a child of its group, so that the limits
/// above still hold; in v2, where groups with processes have no children, a sibling with the same
/// limits. A v2 controller that the parent does not pass on is switched on, and off again by the
/// last of the limits that need it: each has a group `gf-needs-<controller>/<tag>` there meanwhile.

#include <string>
#include <vector>

#include "common/setpoint.hpp"
#include "gunflint/concepts/fault.hpp"

namespace gunflint {

struct FileChange {
  std::string controller, file;
  std::string old, set;  ///< texts as the kernel prints them, without the line's end
  static Fields<FileChange> fields();
};

struct ProcessHome {
  int pid = 0;
  std::uint64_t start_time = 0;
  std::string path;
  static Fields<ProcessHome> fields();
};

/// All limits in one hierarchy: one v1 controller, or everything in v2.
struct GroupLimit {
  std::string controller;  ///< any of this hierarchy
  int version = 1;
  std::string home;    ///< the member's group
  bool moves = false;  ///< the family moves into a group of our own
  std::vector<FileChange> changes;
  std::vector<FileChange> copies;    ///< limits of `home` that a v2 sibling gets, too
  std::vector<std::string> enables;  ///< v2 controllers that the parent passes on for limits alone
  std::vector<ProcessHome> family;   ///< when it moves
  static Fields<GroupLimit> fields();
};

/// One asked limit: controller and value.
struct AskedLimit {
  std::string controller;
  Setpoint value;
};

Result<std::vector<GroupLimit>> observe_groups(Host& host, const Member& member,
                                               const std::vector<AskedLimit>& asked);
Result<void> limit_group(Host& host, const Member& member, const GroupLimit& limit, const Tag& tag);
Result<void> free_group(Host& host, const GroupLimit& limit, const Tag& tag);
Result<bool> group_is_free(Host& host, const GroupLimit& limit, const Tag& tag);
/// Every value reads as set, and the member is inside.
Result<Bite> group_bite(Host& host, const Member& member, const GroupLimit& limit, const Tag& tag);

/// "0-2,5" from "5,0-1,2": as the kernel prints it. BadInput for anything else.
Result<std::string> tidy_cpu_list(const std::string& text);
/// The change of one controller's file that makes the value hold in `group`.
Result<FileChange> change_for(Host& host, const AskedLimit& asked, int version,
                              const std::string& group);

}  // namespace gunflint
