#include "engine/member_set.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace gunflint {

std::vector<std::string> names_of(const Member& member) {
  std::vector<std::string> names{member.id};
  if (member.pid <= 0) return names;
  auto process = fmt::format("pid:{}@{}", member.pid, member.start_time);
  if (process != member.id) names.push_back(std::move(process));
  return names;
}

void MemberSet::insert(const Member& member) {
  if (!contains(member)) ++size_;
  for (auto& name : names_of(member)) names_.insert(std::move(name));
}

bool MemberSet::contains(const Member& member) const {
  const auto names = names_of(member);
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return names_.contains(name); });
}

}  // namespace gunflint
