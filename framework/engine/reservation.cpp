#include "engine/reservation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "engine/member_set.hpp"
#include "engine/picker.hpp"

namespace gunflint {
namespace {

/// Two agents in two network namespaces each call theirs the host; `machine_wide` tells them apart.
const std::string host_key = "member:host", sharing = "members of the host";

std::vector<std::string> keys_of(const Member& member) {
  std::vector<std::string> keys;
  for (const auto& name : names_of(member)) keys.push_back("member:" + name);
  return keys;
}

bool replace_key(std::string& sentence, const std::string& name, const std::string& word) {
  const std::string key = machine_wide(name);
  const auto at = sentence.find(key);
  if (at == std::string::npos) return false;
  // Not the beginning of a longer id.
  const auto end = at + key.size();
  if (end < sentence.size() && sentence[end] >= '0' && sentence[end] <= '9') return false;
  sentence.replace(at, key.size(), word);
  return true;
}

/// "member:pid:12@34" is nothing that a person has ever seen.
std::string in_words(std::string sentence, const std::vector<Member>& members) {
  if (replace_key(sentence, host_key, "this host")) return sentence;
  for (const auto& member : members)
    for (const auto& key : keys_of(member))
      if (replace_key(sentence, key, member.label.empty() ? member.id : member.label))
        return sentence;
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
  return lock(fmt::format("member {} {}", member.id, member.pid), {}, {member});
}

Result<void> Reservation::share_host() {
  if (shares_host_ || reserved_.contains(host_key)) return {};
  if (auto shared = locks_.share(sharing, host_key); !shared) {
    Error error = std::move(shared).error();
    replace_key(error.message, host_key, "this host as a whole");
    return fail(std::move(error));
  }
  shares_host_ = true;
  return {};
}

Result<void> Reservation::lock(const std::string& holder, const std::vector<std::string>& keys,
                               const std::vector<Member>& members) {
  std::vector<std::string> wanted;
  for (const auto& member : members)
    for (auto& key : keys_of(member))
      if (!reserved_.contains(key)) wanted.push_back(std::move(key));
  const std::size_t of_members = wanted.size();
  wanted.insert(wanted.end(), keys.begin(), keys.end());
  if (wanted.empty()) return {};
  // The host comes first, alone or shared: of two runs that begin at one time one is refused.
  const bool alone = std::find(wanted.begin(), wanted.end(), host_key) != wanted.end();
  const bool shared_it = alone && std::exchange(shares_host_, false);
  if (shared_it) locks_.release(sharing);
  if (!alone && of_members > 0) GF_TRY(share_host());
  if (auto locked = locks_.lock(holder, wanted); !locked) {
    if (shared_it) (void)share_host();  // as before; nobody but the one who refused it has it
    Error error = std::move(locked).error();
    error.message = in_words(std::move(error.message), members);
    return fail(std::move(error));
  }
  for (std::size_t i = 0; i < of_members; ++i) reserved_.insert(wanted[i]);
  return {};
}

}  // namespace gunflint
