#include "simulation.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/schedule.hpp"

namespace gunflint::simulation {
namespace {

RunSetup setup(const Experiment& experiment, bool fail_fast, const FaultKind* kind) {
  RunSetup setup;
  setup.id = "sim";
  setup.experiment = experiment;
  setup.seed = experiment.seed;
  setup.hard_stop = experiment.time_limit.value_or(1h);
  setup.fail_fast = fail_fast;
  setup.agents = {"local"};
  setup.agent_of = [](const FaultKind&, const Value&) { return std::string("local"); };
  setup.kind_of = [kind](const std::string& type) { return kind ? kind : find_fault(type); };
  return setup;
}

std::string name_in(const Happening& what) {
  return std::visit(
      []<class T>(const T& e) -> std::string {
        if constexpr (std::is_same_v<T, StageStarted>)
          return e.stage;
        else if constexpr (std::is_same_v<T, PhaseStarted>)
          return e.phase;
        else if constexpr (std::is_same_v<T, Injected>)
          return e.fault + " " + e.label;
        else if constexpr (std::is_same_v<T, Undone>)
          return e.fault;
        else if constexpr (requires { e.fault; })
          return e.fault;
        else if constexpr (requires { e.hypothesis; })
          return e.hypothesis + " " + e.state;
        else if constexpr (requires { e.reaction; })
          return e.reaction;
        else if constexpr (requires { e.guard; })
          return e.guard;
        else if constexpr (requires { e.agent; })
          return e.agent;
        else
          return {};
      },
      what);
}

std::string_view kind_of(const Happening& what) {
  return std::visit([]<class T>(const T&) { return T::kind; }, what);
}

}  // namespace

Simulation::Simulation(Experiment experiment, World world, bool fail_fast,
                       const FaultKind* instead_of_noop)
    : experiment_(std::move(experiment)),
      world_(std::move(world)),
      run_(setup(experiment_, fail_fast, instead_of_noop)) {
  later(0s, [this] { feed(Began{}); });
  for (const auto& target : experiment_.targets)
    later(-900ms, [this, name = target.name] { look(name); });
  for (const auto& load : experiment_.loads)
    later(1s, [this, name = load.name] { send_slice(name, 0); });
  for (const auto& h : experiment_.steady_state)
    if (!std::holds_alternative<OfLoad>(h.of) && !std::holds_alternative<OfTarget>(h.of)) {
      const std::string key = probe_key("steady_state", h.name);
      probes_[key] = true;
      later(0s, [this, key] { read(StartProbe{key, {}, "value", 1s}); });
    }
  now_ = -1s;
}

void Simulation::later(Duration at, std::function<void()> act) {
  due_.push({at, order_++, std::move(act)});
}
void Simulation::at(Duration when, Input input) {
  later(when, [this, input] { feed(input); });
}

void Simulation::run(Duration limit) {
  while (!run_.over()) {
    const auto wake = run_.next_wake();
    ASSERT_TRUE(wake || !due_.empty()) << "the run waits for nothing";
    const Duration next = due_.empty() ? *wake
                          : wake       ? std::min(*wake, due_.top().at)
                                       : due_.top().at;
    ASSERT_LT(next, limit) << "the run does not end";
    if (!due_.empty() && due_.top().at <= next) {
      const auto due = due_.top();
      due_.pop();
      now_ = std::max(now_, due.at);
      due.act();
    } else {
      now_ = std::max(now_, next);
      feed(Tick{});
      // A wake that is not used up would be asked for again and again.
      const auto again = run_.next_wake();
      ASSERT_FALSE(again && *again <= now_ && !run_.over() &&
                   (due_.empty() || due_.top().at > now_))
          << "the run wants to be woken at once, at " << print(now_);
    }
  }
}

void Simulation::feed(const Input& input) {
  if (run_.over()) return;
  for (auto& event : run_.on(now_, input)) {
    event.sequence = events_.size() + 1;
    events_.push_back(std::move(event));
  }
  for (const auto& task : run_.due()) {
    tasks_.emplace_back(now_, task);
    carry_out(task);
  }
}

void Simulation::carry_out(const Task& task) {
  if (const auto* ask = std::get_if<AskAgent>(&task)) {
    carry_out(*ask);
  } else if (std::holds_alternative<StopLoad>(task)) {
    load_stopped_ = true;
    for (const auto& load : experiment_.loads) {
      const int second = static_cast<int>(now_ / 1s);
      later(now_ + 50ms, [this, load, second] {
        for (int s = sent_[load.name]; s < second; ++s) feed(Sliced{slice(load, s, false)});
        feed(Sliced{slice(load, second, true)});
      });
    }
  } else if (const auto* probe = std::get_if<StartProbe>(&task)) {
    probes_[probe->key] = true;
    later(now_ + 10ms, [this, p = *probe] { read(p); });
  } else if (const auto* stop = std::get_if<StopProbe>(&task)) {
    probes_[stop->key] = false;
  } else if (const auto* recover = std::get_if<RecoverAgent>(&task)) {
    if (!world_.recovers) return;
    later(now_ + 200ms, [this, agent = recover->agent] {
      for (auto& [id, force] : in_force_) force = false;
      feed(AgentDone{agent, world_.agents_clean, true, {}});
    });
  } else {
    later(now_ + 50ms, [this] {
      feed(AgentDone{"local", world_.agents_clean, false, {}, world_.agents_end_by});
    });
  }
}

void Simulation::carry_out(const AskAgent& ask) {
  if (const auto* inject = std::get_if<Inject>(&ask.request)) {
    later(now_ + world_.answer, [this, i = *inject] {
      if (const auto why = world_.refuse(i, now_); !why.empty())
        return feed(AgentSaid{"local", Failed{"not permitted", why, i.injection}});
      in_force_[i.injection] = i.lasting > 0s;
      feed(AgentSaid{"local", InjectDone{i.injection, Bite{true, "in force", 1, 1}, ""}});
      if (i.lasting > 0s) later(now_ + 1s, [this, i] { bite(i); });
    });
  } else if (const auto* restore = std::get_if<Restore>(&ask.request)) {
    later(now_ + world_.answer, [this, id = restore->injection] {
      in_force_[id] = false;
      RestoreDone done{id, true, false, "", "agent", "", ""};
      if (!world_.restores(id)) {
        done.verified = false;
        done.why = "somebody else changed it";
        done.left = "a limit";
        done.command = "echo max > pids.max";
      }
      feed(AgentSaid{"local", done});
    });
  }
}

void Simulation::bite(Inject inject) {
  if (!in_force_[inject.injection]) return;
  const Duration takes = world_.bite_takes(now_);
  const BiteSeen seen{inject.injection, Bite{world_.bites(inject, now_), "as asked", 1, 1},
                      world_.bite_unknown(now_)};
  if (takes > 0s)
    later(now_ + takes, [this, seen] { feed(AgentSaid{"local", seen}); });
  else
    feed(AgentSaid{"local", seen});
  later(now_ + std::max(takes, Duration(1s)), [this, inject] { bite(inject); });
}

void Simulation::read(const StartProbe& probe) {
  if (!probes_[probe.key]) return;
  ReadingTaken reading;
  reading.probe = probe.key;
  if (const auto value = world_.probe(probe.key, now_))
    reading.series[""] = *value;
  else
    reading.unknown = "nobody answers";
  feed(ReadingCame{reading, now_});
  later(now_ + 1s, [this, probe] { read(probe); });
}

void Simulation::look(const std::string& target) {
  MembersSeen seen;
  seen.target = target;
  if (now_ >= world_.blind_from) seen.unknown = "nobody answers";
  for (const auto& id : world_.members(target, now_)) {
    MemberState state;
    state.member.target = target;
    state.member.id = state.member.label = id;
    seen.members.push_back(std::move(state));
  }
  feed(TargetLooked{seen, now_});
  later(now_ + 1s, [this, target] { look(target); });
}

Slice Simulation::slice(const LoadSpec& load, int second, bool last) const {
  Slice s;
  s.load = load.name;
  s.second = second;
  s.asked = 100;
  s.last = last;
  StepSlice step;
  step.journey = load.journeys.front().name;
  step.step = std::get<Request>(load.journeys.front().steps.front()).name;
  JourneySlice journey;
  journey.journey = step.journey;
  if (!last) {
    step.ended = step.attempts = s.sent = journey.due = journey.ended = 100;
    step.failed =
        static_cast<std::uint64_t>(std::llround(100 * world_.errors(std::chrono::seconds(second))));
    if (step.failed) step.errors["http_5xx"] = step.failed;
    step.latency.record(20ms, 100);
    step.service.record(20ms, 100);
    journey.completed = 100 - step.failed;
    journey.duration.record(20ms, 100);
    journey.ended_by_due[std::to_string(second)] = 100;
    journey.completed_by_due[std::to_string(second)] = journey.completed;
  }
  s.steps.push_back(std::move(step));
  s.journeys.push_back(std::move(journey));
  return s;
}

void Simulation::send_slice(const std::string& name, int second) {
  if (load_stopped_) return;
  feed(Sliced{slice(*experiment_.load(name), second, false)});
  sent_[name] = second + 1;
  later(std::max(now_, std::chrono::seconds(second + 2) + 5ms + world_.late_slice(second + 1)),
        [this, name, second] { send_slice(name, second + 1); });
}

std::vector<Event> Simulation::of_kind(std::string_view kind) const {
  std::vector<Event> found;
  for (const auto& event : events_)
    if (kind_of(event.what) == kind) found.push_back(event);
  return found;
}

std::vector<std::string> Simulation::story() const {
  std::vector<std::string> lines;
  for (const auto& event : events_) {
    const auto kind = kind_of(event.what);
    if (kind == "slice" || kind == "reading" || kind == "target_seen" || kind == "second_closed" ||
        kind == "bite" || kind == "hypothesis_turned")
      continue;
    const auto name = name_in(event.what);
    lines.push_back(
        fmt::format("{:.1f} {}{}{}", seconds(event.at), kind, name.empty() ? "" : " ", name));
  }
  return lines;
}

std::optional<Duration> Simulation::when(std::string_view kind, std::string_view name) const {
  for (const auto& event : events_)
    if (kind_of(event.what) == kind && (name.empty() || name_in(event.what).starts_with(name)))
      return event.at;
  return std::nullopt;
}

int Simulation::exit() const {
  const auto ended = of_kind("run_ended");
  return ended.empty() ? -1 : std::get<RunEnded>(ended.back().what).exit;
}

LoadSpec steady_load(Duration length, std::string name) {
  LoadSpec load;
  load.name = std::move(name);
  load.base_url = "http://127.0.0.1:1";
  load.timeout = 2s;
  Stage stage;
  stage.name = "normal";
  stage.rate = Rate{100};
  stage.length = length;
  load.stages.push_back(stage);
  Request request;
  request.name = "GET /";
  request.method = "GET";
  request.url = "/";
  load.journeys.push_back({"look", 1, {request}, {}});
  return load;
}

FaultSpec noop(std::string name, Start start, std::optional<Duration> length) {
  FaultSpec fault;
  fault.name = std::move(name);
  fault.type = "noop";
  fault.params = Value::map();
  fault.target = "web";
  fault.start = std::move(start);
  fault.length = length;
  return fault;
}

Start at(Duration time) { return {Start::How::At, time, {}, 0s, {}}; }
Start at(std::string name, Duration plus) { return {Start::How::At, {}, {name}, plus, {}}; }
Start after(std::string name, Duration plus) { return {Start::How::After, {}, {name}, plus, {}}; }
Start during(std::string name) { return {Start::How::While, {}, {name}, 0s, {}}; }
Start after_recovery(std::string name, Duration plus) {
  return {Start::How::AfterRecovery, {}, {name}, plus, {}};
}

Experiment bare() {
  Experiment experiment;
  experiment.name = "simulated";
  experiment.seed = 7;
  TargetSpec web;
  web.name = "web";
  web.kind = "local";
  web.local.process = "web";
  experiment.targets.push_back(web);
  return experiment;
}

Hypothesis errors_below(std::string limit, std::string name) {
  Hypothesis h;
  h.name = std::move(name);
  h.of = OfLoad{};
  h.expect = *parse_condition("error_rate < " + limit, {});
  return h;
}

ProbeSpec of_exec() { return OfExec{{"true"}}; }

std::vector<double> times(const Simulation& simulation, std::string_view kind) {
  std::vector<double> all;
  for (const auto& event : simulation.of_kind(kind)) all.push_back(seconds(event.at));
  return all;
}

Experiment with_load(Duration length) {
  Experiment experiment = bare();
  experiment.loads.push_back(steady_load(length));
  experiment.steady_state.push_back(errors_below("5%"));
  experiment.steady_state[0].window = 1s;
  experiment.gate = 10s;
  experiment.recovery = {10s, 10s};
  return experiment;
}

}  // namespace gunflint::simulation
