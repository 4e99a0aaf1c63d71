#include "target/process_tree.hpp"

namespace gunflint {

ProcessTree::ProcessTree(const std::vector<ProcessInfo>& all) {
  for (const auto& p : all) {
    parent_[p.id.pid] = p.parent;
    children_[p.parent].push_back(p.id.pid);
  }
}

std::vector<int> ProcessTree::with_descendants(int pid) const {
  std::vector<int> out{pid};
  std::set<int> seen{pid};
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto children = children_.find(out[i]);
    if (children == children_.end()) continue;
    for (const int child : children->second)
      if (seen.insert(child).second) out.push_back(child);
  }
  return out;
}

bool ProcessTree::has_ancestor_in(int pid, const std::set<int>& others) const {
  std::set<int> seen;
  for (auto at = parent_.find(pid); at != parent_.end() && at->second > 0;
       at = parent_.find(at->second)) {
    if (others.contains(at->second)) return true;
    if (!seen.insert(at->second).second) return false;
  }
  return false;
}

}  // namespace gunflint
