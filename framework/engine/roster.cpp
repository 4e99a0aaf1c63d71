#include "engine/roster.hpp"

#include <algorithm>

namespace gunflint {
namespace {

int count_ready(const std::vector<MemberState>& members) {
  return static_cast<int>(std::count_if(members.begin(), members.end(),
                                        [](const auto& m) { return m.alive && m.ready; }));
}

bool same_set(const std::vector<MemberState>& a, const std::vector<MemberState>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.member == y.member && x.alive == y.alive && x.ready == y.ready;
  });
}

double mean(const std::vector<MemberState>& members, double MemberState::*value) {
  double sum = 0;
  for (const auto& m : members) sum += m.*value;
  return members.empty() ? 0 : sum / static_cast<double>(members.size());
}

}  // namespace

Roster::Roster(const Experiment& experiment) {
  for (const auto& target : experiment.targets) targets_[target.name];
  const auto look = [&](const ProbeSpec& of) {
    const auto* target = std::get_if<OfTarget>(&of);
    if (target && target->across != Across::Mean) targets_[target->target].always_write = true;
  };
  for (const auto& h : experiment.steady_state) {
    look(h.of);
    if (!h.control.empty()) targets_[h.control].always_write = true;
  }
  for (const auto& r : experiment.reactions) look(r.of);
  for (const auto& g : experiment.abort) look(g.of);
}

TargetSeen Roster::saw(const MembersSeen& seen, Duration at) {
  Known& known = targets_[seen.target];
  TargetSeen event;
  event.target = seen.target;
  event.unknown = seen.unknown;
  if (!seen.unknown.empty()) return event;
  const bool changed = !known.written || !same_set(known.members, seen.members);
  known.members = seen.members;
  known.seen = at;
  known.wanted = seen.desired;
  // A target that could not be seen at the gate: its first look after it is before any fault on it.
  if (gate_passed_ && !known.at_gate) known.at_gate = count_ready(known.members);
  event.ready = count_ready(seen.members);
  event.desired = desired(seen.target);
  event.restarts = seen.restarts;
  event.cpu = mean(seen.members, &MemberState::cpu);
  event.memory = mean(seen.members, &MemberState::memory);
  event.queue = mean(seen.members, &MemberState::queue);
  if (changed || known.always_write || at - *known.written >= 10s) {
    event.members = seen.members;
    known.written = at;
  }
  return event;
}

void Roster::gate_passed() {
  gate_passed_ = true;
  for (auto& [name, known] : targets_)
    if (known.seen) known.at_gate = count_ready(known.members);
}

bool Roster::seen_lately(const std::string& target, Duration now) const {
  const auto it = targets_.find(target);
  return it != targets_.end() && it->second.seen && now - *it->second.seen <= 5s;
}

bool Roster::seen_since(const std::string& target, Duration since) const {
  const auto it = targets_.find(target);
  return it != targets_.end() && it->second.seen && *it->second.seen >= since;
}

std::vector<MemberState> Roster::members(const std::string& target, Duration now) const {
  if (!seen_lately(target, now)) return {};
  return targets_.at(target).members;
}

std::vector<Member> Roster::ready(const std::string& target, Duration now) const {
  std::vector<Member> ready;
  for (auto& state : members(target, now))
    if (state.alive && state.ready) ready.push_back(std::move(state.member));
  return ready;
}

std::optional<Duration> Roster::looked_at(const std::string& target) const {
  const auto it = targets_.find(target);
  return it == targets_.end() ? std::nullopt : it->second.seen;
}

int Roster::desired(const std::string& target) const {
  const auto it = targets_.find(target);
  if (it == targets_.end()) return 0;
  if (it->second.wanted) return *it->second.wanted;
  return it->second.at_gate.value_or(count_ready(it->second.members));
}

}  // namespace gunflint
