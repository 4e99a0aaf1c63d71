#pragma once
/// Writes a run as a story: seconds of traffic, readings and faults, fed to a Judge as the engine
/// would.

#include <string>
#include <vector>

#include "gunflint/model/experiment.hpp"
#include "verdict/judge.hpp"

namespace gunflint::test {

/// `slow` of `count` requests take 1 s, the others 10 ms; `failed` of them fail. One journey each.
struct Traffic {
  std::uint64_t count = 100, slow = 0, failed = 0;
  std::string error = "http_5xx";  ///< why they fail
  bool saturated = false;
  std::uint64_t waiting = 0;  ///< that many have no answer at the end of the second,
  Duration age{};             ///< and have waited so long
  Duration late{};            ///< sent so much after they were due, by our own fault
};

inline const Traffic broken{.count = 100, .failed = 100};

inline Slice slice_of(int second, const Traffic& t) {
  Slice slice;
  slice.load = "shoppers";
  slice.second = second;
  slice.asked = static_cast<double>(t.count);
  slice.sent = t.count;
  slice.saturated = t.saturated;
  StepSlice step;
  step.journey = "buy", step.step = "checkout";
  step.ended = step.attempts = t.count;
  step.failed = t.failed;
  if (t.failed > 0) step.errors[t.error] = t.failed;
  step.latency.record(10ms, t.count - t.slow);
  step.latency.record(1s, t.slow);
  step.waiting.record(t.age, t.waiting);
  slice.late.record(t.late, t.count);
  JourneySlice journey;
  journey.journey = "buy";
  journey.due = journey.ended = t.count;
  journey.completed = t.count - t.failed;
  journey.duration = step.latency;
  if (t.count > 0) {
    journey.ended_by_due[std::to_string(second)] = t.count;
    journey.completed_by_due[std::to_string(second)] = t.count - t.failed;
  }
  slice.steps.push_back(step);
  slice.journeys.push_back(journey);
  return slice;
}

inline Condition condition(const std::string& text) {
  auto parsed = parse_condition(text, {});
  if (!parsed) throw std::runtime_error(parsed.error().message);
  return *parsed;
}

inline Hypothesis hypothesis(const std::string& name, const std::string& expect,
                             std::optional<Duration> window = {}, ProbeSpec of = OfLoad{}) {
  Hypothesis h;
  h.name = name;
  h.of = std::move(of);
  h.expect = condition(expect);
  h.window = window.value_or(std::holds_alternative<OfLoad>(h.of) ? 10s : 0s);
  return h;
}

inline FaultSpec fault(const std::string& name, Duration grace = 0s) {
  FaultSpec f;
  f.name = name;
  f.type = "noop";
  f.grace = grace;
  return f;
}

inline Experiment experiment() {
  Experiment e;
  e.name = "story";
  LoadSpec load;
  load.name = "shoppers";
  Stage stage;
  stage.name = "normal";
  stage.rate = Rate{100};
  stage.length = 300s;
  load.stages.push_back(stage);
  e.loads.push_back(load);
  e.recovery = {30s, 20s};
  return e;
}

/// The story's experiment with one hypothesis.
inline Experiment judging(const std::string& name, const std::string& expect,
                          std::optional<Duration> window = {}, ProbeSpec of = OfLoad{}) {
  Experiment e = experiment();
  e.steady_state.push_back(hypothesis(name, expect, window, std::move(of)));
  return e;
}

class Story {
 public:
  explicit Story(const Experiment& e) : judge(e) { tell(0, LoadStarted{}); }

  void tell(double at, Happening what) {
    Event event;
    event.sequence = events.size() + 1;
    event.at = from_seconds(at);
    event.what = std::move(what);
    judge.on(event);
    events.push_back(event);
  }
  /// `seconds` of the same traffic.
  void traffic(int seconds, Traffic t = {}) {
    for (int i = 0; i < seconds; ++i) {
      tell(now + 1, SliceTaken{slice_of(now, t)});
      close();
    }
  }
  /// Journeys fall due, and nobody is answered.
  void unanswered(int seconds) {
    for (int i = 0; i < seconds; ++i) {
      Slice slice;
      slice.load = "shoppers", slice.second = now;
      JourneySlice j;
      j.journey = "buy", j.due = 100;
      slice.journeys.push_back(j);
      tell(now + 1, SliceTaken{slice});
      close();
    }
  }
  void close() {
    tell(now + 1, SecondClosed{now});
    ++now;
  }
  /// One second with a reading in the middle.
  void reading(const std::string& probe, double value) {
    ReadingTaken r;
    r.probe = probe;
    r.series[""] = value;
    tell(now + 0.5, r);
    close();
  }
  /// The probe answers that it could not read.
  void blind(int seconds, const std::string& probe) {
    for (int i = 0; i < seconds; ++i) {
      ReadingTaken r;
      r.probe = probe, r.unknown = "connection refused";
      tell(now + 0.5, r);
      close();
    }
  }
  void readings(int seconds, const std::string& probe, double value) {
    for (int i = 0; i < seconds; ++i) reading(probe, value);
  }
  void ready(int seconds, int count, int desired = 3, int restarts = 0) {
    for (int i = 0; i < seconds; ++i) {
      TargetSeen seen;
      seen.target = "web", seen.ready = count, seen.desired = desired, seen.restarts = restarts;
      tell(now + 0.5, seen);
      close();
    }
  }
  void inject(const std::string& fault, bool bites = true) {
    Injected i;
    i.injection = "i" + std::to_string(++injections), i.fault = fault, i.member = "pid:1@1";
    i.bite.in_force = bites;
    tell(now, i);
    open.push_back(i);
  }
  void undo(const std::string& fault) {
    for (auto& i : open)
      if (i.fault == fault) {
        Undone u;
        u.injection = i.injection, u.fault = fault, u.verified = true;
        tell(now, u);
      }
    std::erase_if(open, [&](const Injected& i) { return i.fault == fault; });
    tell(now, FaultEnded{fault});
  }
  void drain() {
    tell(now, PhaseStarted{"drain"});
    tell(now, Drained{});
  }
  Verdict verdict() const { return judge.verdict(); }
  Finding finding(const std::string& name, Finding::Kind kind = Finding::Kind::Hypothesis) const {
    for (const auto& f : judge.verdict().findings)
      if (f.name == name && f.kind == kind) return f;
    throw std::runtime_error("no finding " + name);
  }

  Judge judge;
  std::vector<Event> events;
  std::vector<Injected> open;
  int now = 0, injections = 0;
};

}  // namespace gunflint::test
