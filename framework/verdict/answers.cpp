/// What the run asks the judge while it is under way.

#include <fmt/format.h>

#include <algorithm>

#include "verdict/gate.hpp"
#include "verdict/judge_state.hpp"
#include "verdict/once.hpp"

namespace gunflint {
namespace {

Judge::Recovery told(const RecoveryWatch::Recovery& r) {
  Judge::Recovery out;
  out.state = static_cast<Judge::Recovery::State>(static_cast<int>(r.state));
  out.fault = r.fault;
  out.all_clear = from_seconds(r.all_clear);
  if (r.took) out.took = from_seconds(*r.took);
  out.why = r.why;
  return out;
}

/// "; 0 of 1 members of `web` are ready": a target that lost members all the same.
std::string lost_members(const std::map<std::string, MembersReady>& targets) {
  std::string text;
  for (const auto& [name, members] : targets)
    if (members.now < members.most)
      text += fmt::format("; {} of {} members of `{}` {} ready, and no fault was injected yet",
                          members.now, members.most, name, members.now == 1 ? "is" : "are");
  return text;
}

}  // namespace

Judge::Gate Judge::gate() const {
  for (const auto& alert : state_->alerts)
    if (alert.firing())
      return {GateState::Red, "the alert `" + alert.expectation().name + "` is firing already"};
  Gate gate = gate_of(state_->experiment, state_->lights, state_->closed);
  if (gate.state == GateState::Red) gate.why += lost_members(state_->members_ready);
  if (gate.state == GateState::Green)
    for (const auto& alert : state_->alerts)
      if (!alert.known())
        return {GateState::Unknown,
                "whether the alert `" + alert.expectation().name + "` fires is not known"};
  return gate;
}

std::optional<Judge::Trip> Judge::tripped() const {
  for (const auto& guard : state_->guards)
    if (guard.tripped()) return Trip{guard.guard().name, guard.why()};
  return std::nullopt;
}

Judge::Recovery Judge::recovery() const {
  const auto& all = state_->recoveries.all();
  for (auto i = all.rbegin(); i != all.rend(); ++i)
    if (i->state == RecoveryWatch::State::Waiting) return told(*i);
  return all.empty() ? Recovery{} : told(all.back());
}

std::optional<Judge::Recovery> Judge::recovery_of(const std::string& fault) const {
  const auto* found = state_->recoveries.of(fault);
  return found ? std::optional(told(*found)) : std::nullopt;
}

Judge::Decision Judge::reaction(const std::string& name) const {
  for (const auto& r : state_->reactions) {
    if (r.reaction().name != name) continue;
    if (r.state() == ReactionWatch::State::Met) return Decision::Met;
    const bool open =
        r.state() == ReactionWatch::State::NotBegun || r.state() == ReactionWatch::State::Open;
    return open ? Decision::Open : Decision::Missed;
  }
  return Decision::Open;
}

Judge::Decision Judge::alert(const std::string& name) const {
  for (const auto& a : state_->alerts) {
    if (a.expectation().name != name) continue;
    if (a.state() == AlertWatch::State::Met) return Decision::Met;
    const bool open =
        a.state() == AlertWatch::State::NotBegun || a.state() == AlertWatch::State::Open;
    return open ? Decision::Open : Decision::Missed;
  }
  return Decision::Open;
}

bool Judge::undecided() const {
  if (state_->recoveries.waiting()) return true;
  for (const auto& r : state_->reactions)
    if (r.reaction().within) {
      if (r.state() == ReactionWatch::State::Open) return true;
      if (r.state() == ReactionWatch::State::NotBegun && state_->start_of(r.reaction().start))
        return true;
    }
  for (const auto& a : state_->alerts) {
    const auto& e = a.expectation();
    if (e.must == AlertExpectation::Must::StaySilent || (!e.within && !e.resolve_within)) continue;
    if (a.state() == AlertWatch::State::Open) return true;
    if (a.state() == AlertWatch::State::NotBegun && state_->start_of(e.start)) return true;
  }
  return false;
}

std::optional<bool> Judge::holds(const std::string& probe, const Condition&) const {
  const auto found = state_->waits.find(probe);
  return found == state_->waits.end() ? std::nullopt : found->second.holds_now();
}

std::vector<Judge::Light> Judge::lights() const {
  std::vector<Light> out;
  const auto& e = state_->experiment;
  const int second = state_->closed - 1;
  for (std::size_t i = 0; i < e.steady_state.size(); ++i) {
    const auto& h = e.steady_state[i];
    Light light{h.name, std::string(name_of(state_->looks[i].light)),
                print_look(state_->looks[i].value, h.expect), h.expect.text};
    if (is_once_per_run(h)) {
      const auto span = affected_span(state_->phases, state_->recoveries, state_->closed);
      light.value = judge_once(h, state_->users, span, false).measured;
    }
    const bool excused =
        state_->phases.in_grace(second) || state_->phases.phase_of(second) == Phase::Recovery;
    if (light.state == "red" && excused) light.state = "excused";
    out.push_back(std::move(light));
  }
  return out;
}

}  // namespace gunflint
