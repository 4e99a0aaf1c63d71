#pragma once
/// Who is whose child, at one moment.

#include <map>
#include <set>
#include <vector>

#include "gunflint/host/host.hpp"

namespace gunflint {

class ProcessTree {
 public:
  explicit ProcessTree(const std::vector<ProcessInfo>& all);

  /// The process and everything below it.
  std::vector<int> with_descendants(int pid) const;
  bool has_ancestor_in(int pid, const std::set<int>& others) const;

 private:
  std::map<int, int> parent_;
  std::map<int, std::vector<int>> children_;
};

}  // namespace gunflint
