#include "verdict/judge.hpp"

#include <algorithm>
#include <cmath>

#include "verdict/judge_state.hpp"
#include "verdict/moments.hpp"
#include "verdict/once.hpp"
#include "verdict/words.hpp"

namespace gunflint {
namespace {

/// A damaged journal must not make us count to two thousand million.
constexpr int most_seconds = 10'000'000;

Sli::Setup setup_of(const Hypothesis& h) {
  Sli::Setup setup;
  setup.key = probe_key("steady_state", h.name);
  setup.of = h.of;
  setup.expect = h.expect;
  const bool of_load = std::holds_alternative<OfLoad>(h.of);
  if (of_load && !h.window_is_phase) setup.window = h.window;
  if (!of_load && !h.window_is_phase) setup.readings = h.window;
  setup.every = h.every;
  setup.binomial = true;
  setup.no_data_is_red = h.no_data == NoData::Fail;
  return setup;
}

}  // namespace

std::string probe_key(std::string_view list, std::string_view name) {
  return std::string(list) + "/" + std::string(name);
}

std::string probe_key(const AlertExpectation& alert) {
  std::string labels;
  for (const auto& [name, value] : alert.labels)
    labels += (labels.empty() ? "" : ",") + name + "=" + value;
  return probe_key("alerts", alert.name + "{" + labels + "}");
}

Judge::State::State(const Experiment& e)
    : experiment(e),
      phases(experiment),
      recoveries(experiment),
      injections(experiment),
      sources(experiment) {
  for (const auto& h : experiment.steady_state) hypotheses.emplace_back(setup_of(h));
  lights.resize(hypotheses.size());
  for (std::size_t i = 0; i < hypotheses.size(); ++i)
    if (const auto& h = experiment.steady_state[i]; h.window_is_phase || h.expect.of_baseline)
      by_phase.emplace(i, PhaseWatch(experiment, h));
  looks.resize(hypotheses.size());
  told_lights.resize(hypotheses.size());
  for (const auto& r : experiment.reactions) reactions.emplace_back(r);
  for (const auto& g : experiment.abort) guards.emplace_back(g);
  for (const auto& a : experiment.alerts) alerts.emplace_back(a);
  for (const auto& fault : experiment.faults) {
    auto wait = [&](const char* list, const std::optional<When>& when) {
      if (!when) return;
      const auto key = probe_key(list, fault.name);
      waits.emplace(key, Sli({.key = key, .of = when->of, .expect = when->expect}));
    };
    wait("wait_until", fault.wait_until);
    wait("only_if", fault.only_if);
  }
}

template <class F>
void Judge::State::each_sli(F f) {
  for (auto& h : hypotheses) f(h);
  for (auto& r : reactions) f(r.sli());
  for (auto& g : guards) f(g.sli());
  for (auto& [key, w] : waits) f(w);
}

void Judge::State::on(const Event& event) {
  const double at = seconds(event.at);
  last_event = std::max(last_event, at);
  injections.on(at, event.what);
  on(at, event.what);
}

void Judge::State::on(double at, const Happening& what) {
  if (const auto* slice = std::get_if<SliceTaken>(&what)) {
    users.on(slice->slice);
    sources.on(slice->slice);
    if (!slice->slice.last || !slice->slice.steps.empty() || !slice->slice.journeys.empty())
      generator.on(slice->slice);
    if (slice->slice.second >= closed && slice->slice.second < most_seconds)
      open_seconds[slice->slice.second].push_back(slice->slice);
  } else if (const auto* reading = std::get_if<ReadingTaken>(&what)) {
    each_sli([&](Sli& sli) { sli.on(at, *reading); });
    for (auto& alert : alerts) alert.on(at, *reading);
  } else if (const auto* seen = std::get_if<TargetSeen>(&what)) {
    each_sli([&](Sli& sli) { sli.on(at, *seen); });
    if (seen->unknown.empty()) {
      MembersReady& members = members_ready[seen->target];
      members.now = seen->ready;
      members.most = std::max(members.most, seen->ready);
    }
  } else if (const auto* second = std::get_if<SecondClosed>(&what)) {
    const int end = std::min(second->second, most_seconds);
    while (closed <= end) close(closed);
  } else if (const auto* injected = std::get_if<Injected>(&what)) {
    if (!phases.any_active()) {
      recoveries.cut_short(injected->fault);
      active_this_round.clear();
    }
    active_this_round.insert(injected->fault);
    phases.on(at, *injected);
  } else if (const auto* read = std::get_if<BiteRead>(&what)) {
    phases.on(at, *read);
  } else if (const auto* lost = std::get_if<BiteLost>(&what)) {
    phases.on(at, *lost);
  } else if (const auto* undone = std::get_if<Undone>(&what)) {
    phases.on(at, *undone);
  } else if (const auto* ended = std::get_if<FaultEnded>(&what)) {
    const bool active = phases.any_active();
    phases.on(at, *ended);
    if (active && !phases.any_active())
      recoveries.all_clear(at, {active_this_round.begin(), active_this_round.end()},
                           phases.grace_over());
  } else if (const auto* phase = std::get_if<PhaseStarted>(&what)) {
    if (phase->phase == "drain") phases.drain(at);
  } else if (std::holds_alternative<GatePassed>(what)) {
    gate_passed = at;
  } else if (const auto* failed = std::get_if<GateFailed>(&what)) {
    gate_failed = failed->why.empty() ? "the gate was not green" : failed->why;
  } else if (const auto* trip = std::get_if<GuardTripped>(&what)) {
    tripped.push_back(*trip);
  } else if (const auto* signalled = std::get_if<Signalled>(&what)) {
    signal = signalled->signal;
  } else if (const auto* tool = std::get_if<ToolFailed>(&what)) {
    tool_failed = tool->why.empty() ? "the tool failed" : tool->why;
  } else if (const auto* jump = std::get_if<ClockJumped>(&what)) {
    clock_jumped = "the machine slept or its clock jumped by " + print_number(jump->by_s) + " s";
  } else if (std::holds_alternative<Drained>(what)) {
    drained = true;
  }
  for (const int second : phases.take_restarts())
    for (auto& h : hypotheses) h.restart(second);
  tell_recoveries();
}

void Judge::State::close(int second) {
  const auto found = open_seconds.find(second);
  static const std::vector<Slice> nothing;
  const auto& slices = found == open_seconds.end() ? nothing : found->second;
  const auto missing = sources.missing(second, slices);
  each_sli([&](Sli& sli) { sli.on_second(second, slices, missing); });
  watch(second);
  open_seconds.erase(open_seconds.begin(), open_seconds.upper_bound(second));
  closed = second + 1;
}

void Judge::State::watch(int second) {
  std::vector<Colour> now(hypotheses.size());
  for (std::size_t i = 0; i < hypotheses.size(); ++i) {
    if (is_once_per_run(experiment.steady_state[i])) continue;
    if (const auto phase = by_phase.find(i); phase != by_phase.end()) {
      watch_phase(i, phase->second, second);
      continue;
    }
    looks[i] = hypotheses[i].look(second);
    lights[i].put(second, looks[i]);
    now[i] = looks[i].light;
    turn(i, looks[i], second);
  }
  if (phases.phase() == Phase::Recovery) {
    recoveries.second(second, now);
    if (const auto ended = recoveries.ended()) {
      phases.recovered(*ended);
      for (auto& [i, watch] : by_phase) watch.recovered(*ended);
    }
  } else if (phases.phase() == Phase::After) {
    recoveries.second(second, now);
  }
  for (auto& guard : guards) guard.second(second);
  for (auto& reaction : reactions) {
    if (const auto why = never(reaction.reaction().start)) reaction.never(*why);
    reaction.second(second, start_of(reaction.reaction().start));
  }
  for (auto& alert : alerts) {
    if (const auto why = never(alert.expectation().start)) alert.never(*why);
    auto clear = phases.any_active() ? std::nullopt : phases.all_clear();
    alert.second(second, start_of(alert.expectation().start), clear);
  }
}

void Judge::State::watch_phase(std::size_t i, PhaseWatch& watch, int second) {
  Sli& sli = hypotheses[i];
  looks[i] = sli.look(second);
  if (sli.warming_up()) {
    looks[i].light = Colour::Unknown;
    return;
  }
  Block block;
  block.seconds = 1;
  std::optional<double> asked;
  if (sli.of_load()) {
    block.load = sli.last_second();
    asked = block.load.asked;
  } else if (const auto value = sli.value_of_second(second)) {
    block.sum = *value;
    block.readings = 1;
  }
  const auto found = open_seconds.find(second);
  if (!asked && found != open_seconds.end() && !experiment.loads.empty())
    asked = look_at(found->second, OfLoad{experiment.loads.front().name, "", ""}).asked;
  const bool data = sli.of_load() ? block.load.missing == 0 : block.readings > 0;
  // Before the first answer of a probe there is nothing to miss yet.
  if (data || looks[i].light != Colour::Filling) watch.second(second, block, phases, asked, data);
  // The rolling value is shown; whether it is good is only known at the end of the phase.
  looks[i].light = Colour::Unknown;
}

std::optional<double> Judge::State::start_of(const std::optional<Start>& start) const {
  if (!start) return 0;
  return moment_of(*start, experiment, phases, recoveries, gate_passed);
}

std::optional<std::string> Judge::State::never(const std::optional<Start>& start) const {
  if (!start) return std::nullopt;
  for (const auto& name : start->names) {
    if (const auto why = injections.why_never(name)) return why;
    const auto* recovery = recoveries.of(name);
    if (start->how == Start::How::AfterRecovery && recovery &&
        recovery->state == RecoveryWatch::State::Failed)
      return "`" + name + "` did not recover";
  }
  return std::nullopt;
}

void Judge::State::turn(std::size_t i, const Look& look, int second) {
  if (look.light == Colour::Idle) return;
  const std::string state(name_of(look.light));
  // A window that begins anew is no longer red, and not yet anything else.
  if (look.light == Colour::Filling && told_lights[i] != name_of(Colour::Red)) return;
  if (told_lights[i] == state) return;
  told_lights[i] = state;
  const auto& h = experiment.steady_state[i];
  std::string value = print_look(look.value, h.expect);
  if (look.light == Colour::Filling)
    value = "its window begins anew";
  else if (!look.why.empty())
    value = std::isnan(look.value) ? look.why : value + ": " + look.why;
  news.push_back(HypothesisTurned{h.name, state, value, second});
}

void Judge::State::tell_recoveries() {
  for (const auto& r : recoveries.all()) {
    const bool decided =
        r.state == RecoveryWatch::State::Recovered || r.state == RecoveryWatch::State::Failed;
    const std::string key = r.fault + "@" + std::to_string(r.all_clear);
    if (!decided || !told_recoveries.insert(key).second) continue;
    news.push_back(
        RecoveredEvent{r.fault, r.took.value_or(0), r.state == RecoveryWatch::State::Recovered});
  }
  for (const auto& r : reactions) {
    const bool decided =
        r.state() == ReactionWatch::State::Met || r.state() == ReactionWatch::State::Missed;
    if (!decided || !told_reactions.insert(r.reaction().name).second) continue;
    news.push_back(ReactionDecided{r.reaction().name, r.state() == ReactionWatch::State::Met,
                                   r.took().value_or(0)});
  }
  for (const auto& g : guards)
    if (g.tripped() && told_guards.insert(g.guard().name).second)
      news.push_back(GuardTripped{g.guard().name, g.why()});
}

Judge::Judge(const Experiment& experiment) : state_(std::make_unique<State>(experiment)) {}
Judge::~Judge() = default;
Judge::Judge(Judge&&) noexcept = default;

void Judge::on(const Event& event) { state_->on(event); }
std::vector<Happening> Judge::news() { return std::exchange(state_->news, {}); }

}  // namespace gunflint
