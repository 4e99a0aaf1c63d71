#pragma once
/// What this machine calls itself, for journals: which host a run or an agent was on.

#include <unistd.h>

#include <string>

namespace gunflint {

inline std::string host_name() {
  char name[256] = "?";
  ::gethostname(name, sizeof name - 1);
  return name;
}

}  // namespace gunflint
