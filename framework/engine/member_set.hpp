#pragma once
/// Distinct members, whichever selector has found them: a process that belongs to two targets, or
/// to a unit and to a port, is one.

#include <set>
#include <string>
#include <vector>

#include "gunflint/model/target_spec.hpp"

namespace gunflint {

/// What a member is known by: its id, and for a process "pid:4711@83920", which may be the same.
std::vector<std::string> names_of(const Member& member);

class MemberSet {
 public:
  MemberSet() = default;
  explicit MemberSet(const std::vector<Member>& members) {
    for (const auto& member : members) insert(member);
  }
  void insert(const Member& member);
  bool contains(const Member& member) const;
  int size() const { return size_; }

 private:
  std::set<std::string> names_;
  int size_ = 0;
};

}  // namespace gunflint
