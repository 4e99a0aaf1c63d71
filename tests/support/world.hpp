#pragma once
/// The state of a fake machine as one plain value: compare two pictures to see what a fault left
/// behind.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "gunflint/host/host.hpp"

namespace gunflint {

struct FakeProcess {
  ProcessInfo info;
  std::map<int, SoftLimit> limits;  ///< RLIMIT_ constant -> limits; inherited by children
};

struct FakeHolder {
  std::string kind;
  Value config, stats;
};

struct World {
  std::map<int, FakeProcess> processes;
  std::map<std::string, FileState> files;
  /// hierarchy ("" = v2, else the v1 controller) -> path -> file -> text
  std::map<std::string, std::map<std::string, std::map<std::string, std::string>>> cgroups;
  std::map<std::string, Rule> rules;          ///< by tag
  std::map<std::string, FakeHolder> holders;  ///< by tag
  /// Workers that a reload replaces by new ones: in the picture only their number counts.
  std::set<std::string> interchangeable;
  std::map<std::string, std::string> outside;  ///< whatever scripted services remember

  /// One line per fact, sorted; counters (CPU, resident memory, holder statistics) are left out.
  std::string picture() const;
  /// Names of what can be created: cgroups, rules, holders, files, processes by pid.
  std::vector<std::string> things() const;
};

}  // namespace gunflint
