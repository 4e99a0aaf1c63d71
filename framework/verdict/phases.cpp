#include "verdict/phases.hpp"

#include <algorithm>
#include <cmath>

namespace gunflint {
namespace {

int first_whole_second_after(double at) { return static_cast<int>(std::ceil(at - 1e-9)); }
int second_of(double at) { return std::max(0, static_cast<int>(std::floor(at))); }

/// Does [from, to) touch the second at all?
bool touches(double from, const std::optional<double>& to, int second) {
  return from < second + 1.0 && (!to || *to > second);
}

}  // namespace

Phases::Phases(const Experiment& experiment) {
  for (const auto& fault : experiment.faults) graces_[fault.name] = seconds(fault.grace);
}

void Phases::begin(Phase phase, int second, double exactly) {
  if (phase == stretches_.back().phase) return;
  // A phase that another one replaces within its first second leaves no trace of its own.
  if (stretches_.back().from >= second && stretches_.size() > 1 && phase != Phase::Drain &&
      stretches_.back().phase != Phase::Fault)
    stretches_.pop_back();
  second = std::max(second, stretches_.back().from);
  stretches_.push_back({second, phase, exactly});
  restarts_.push_back(second);
}

void Phases::on(double at, const Injected& injected) {
  if (phase() == Phase::Drain) return;
  fault_of_[injected.injection] = injected.fault;
  if (!first_injection_) first_injection_ = at;
  began_.try_emplace(injected.fault, at);
  ended_.erase(injected.fault);
  active_.insert(injected.fault);
  begin(Phase::Fault, second_of(at), at);
  if (const auto grace = graces_.find(injected.fault);
      grace != graces_.end() && grace->second > 0) {
    in_grace_.push_back({at, at + grace->second});
    restarts_.push_back(first_whole_second_after(at + grace->second));
  }
  if (!injected.bite.in_force) lose_bite(injected.injection, at);
}

void Phases::lose_bite(const std::string& injection, double at) {
  if (losing_.contains(injection)) return;
  losing_[injection] = lost_.size();
  lost_.push_back({at, std::nullopt});
}

void Phases::regain_bite(const std::string& injection, double at) {
  const auto open = losing_.find(injection);
  if (open == losing_.end()) return;
  lost_[open->second].to = at;
  losing_.erase(open);
}

void Phases::on(double at, const BiteRead& read) {
  if (read.bite.in_force) regain_bite(read.injection, at);
}
void Phases::on(double at, const BiteLost& lost) { lose_bite(lost.injection, at); }
void Phases::on(double at, const Undone& undone) { regain_bite(undone.injection, at); }

void Phases::on(double at, const FaultEnded& ended) {
  if (!active_.erase(ended.fault)) return;
  ended_[ended.fault] = at;
  for (const auto& [injection, fault] : fault_of_)
    if (fault == ended.fault) regain_bite(injection, at);
  if (!active_.empty() || phase() == Phase::Drain) return;
  all_clear_ = at;
  begin(Phase::Recovery, first_whole_second_after(at), at);
}

void Phases::recovered(int second) {
  if (phase() != Phase::Recovery) return;
  begin(Phase::After, second, second);
  // No restart: the window that proved the recovery began at this very second.
  restarts_.pop_back();
}

void Phases::drain(double at) { begin(Phase::Drain, first_whole_second_after(at), at); }

std::vector<int> Phases::take_restarts() { return std::exchange(restarts_, {}); }

Phase Phases::phase_of(int second) const {
  Phase phase = Phase::Before;
  for (const auto& s : stretches_)
    if (s.from <= second) phase = s.phase;
  return phase;
}

std::vector<Stretch> Phases::stretches(int end) const {
  std::vector<Stretch> out;
  for (std::size_t i = 0; i < stretches_.size(); ++i) {
    const bool last = i + 1 == stretches_.size();
    const int to = last ? std::max(end, stretches_[i].from) : stretches_[i + 1].from;
    const double ends = last ? to : stretches_[i + 1].exactly;
    out.push_back({stretches_[i].from, to, stretches_[i].phase, ends - stretches_[i].exactly});
  }
  return out;
}

bool Phases::in_grace(int second) const {
  return std::any_of(in_grace_.begin(), in_grace_.end(),
                     [&](const Spell& s) { return touches(s.from, s.to, second); });
}

int Phases::grace_over() const {
  int over = 0;
  for (const Spell& s : in_grace_) over = std::max(over, first_whole_second_after(*s.to));
  return over;
}

bool Phases::toothless(int second) const {
  return std::any_of(lost_.begin(), lost_.end(),
                     [&](const Spell& s) { return touches(s.from, s.to, second); });
}

std::optional<double> Phases::began(const std::string& fault) const {
  const auto found = began_.find(fault);
  return found == began_.end() ? std::nullopt : std::optional(found->second);
}
std::optional<double> Phases::ended(const std::string& fault) const {
  const auto found = ended_.find(fault);
  return found == ended_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace gunflint
