#include "engine/reservation.hpp"

#include <algorithm>
#include <map>

#include "engine/picker.hpp"

namespace gunflint {
namespace {

/// Two agents in two network namespaces each call theirs the host; `member_key` tells them apart.
std::string member_key(const Member& member) { return "member:" + member.id; }

/// "member:pid:12@34" is nothing that a person has ever seen.
std::string in_words(std::string sentence, const std::vector<Member>& members) {
  for (const auto& member : members) {
    const std::string key = machine_wide(member_key(member));
    const auto at = sentence.find(key);
    if (at == std::string::npos) continue;
    // Not the beginning of a longer id.
    const auto end = at + key.size();
    if (end < sentence.size() && sentence[end] >= '0' && sentence[end] <= '9') continue;
    sentence.replace(at, key.size(), member.label.empty() ? member.id : member.label);
    break;
  }
  return sentence;
}

}  // namespace

std::vector<Member> members_in_reach(const Experiment& experiment, const Inventory& inventory) {
  std::map<std::string, Member> reached;
  const auto add = [&](const FaultSpec& fault, const FaultSpec& drawn) {
    const auto found = inventory.members.find(target_of(fault, drawn));
    if (found == inventory.members.end()) return;
    const bool host_wide = fault.scope_host || drawn.scope_host;
    for (const auto& member : found->second)
      if (host_wide || is_named(fault.pick, member)) reached.try_emplace(member.id, member);
    if (host_wide)
      for (const auto& host : host_of(found->second)) reached.try_emplace(host.id, host);
  };
  for (const auto& fault : experiment.faults) {
    if (fault.one_of.empty()) add(fault, fault);
    for (const auto& one : fault.one_of) add(fault, one);
  }
  std::vector<Member> members;
  for (auto& [id, member] : reached) members.push_back(std::move(member));
  return members;
}

Result<void> Reservation::reserve(const std::string& run, const Plan& plan,
                                  const std::vector<Member>& members) {
  std::vector<std::string> keys;
  for (const auto& fault : plan.faults)
    for (const auto& injection : fault.injections)
      for (const auto& key : injection.keys) keys.push_back(key + " (for its whole run)");
  locks_.set_run(run);
  return lock("run", keys, members);
}

Result<void> Reservation::reserve(const Member& member) {
  if (reserved_.contains(member.id)) return {};
  return lock("member " + member.id, {}, {member});
}

Result<void> Reservation::lock(const std::string& holder, const std::vector<std::string>& keys,
                               const std::vector<Member>& members) {
  std::vector<std::string> all;
  for (const auto& member : members) all.push_back(member_key(member));
  all.insert(all.end(), keys.begin(), keys.end());
  if (auto locked = locks_.lock(holder, all); !locked) {
    Error error = std::move(locked).error();
    error.message = in_words(std::move(error.message), members);
    return fail(std::move(error));
  }
  for (const auto& member : members) reserved_.insert(member.id);
  return {};
}

}  // namespace gunflint
