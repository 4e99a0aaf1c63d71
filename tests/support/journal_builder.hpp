#pragma once
/// Builds the journal of a run by hand, for tests of whatever reads one: reports, verdict, store.
///
///     auto events = JournalBuilder("checkout-surge")
///                       .traffic("shoppers", 0, 60, {.asked = 200, .median = 8ms})
///                       .at(20).add(FaultStarted{"lose one", 0, {"pid:1@2"}})
///                       .events();
///
/// Events may be added in any order: events() sorts them by time, as they would have been written,
/// and numbers them.

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "gunflint/model/event.hpp"

namespace gunflint::support {

/// One second of traffic, the same for every second of a stretch.
struct Traffic {
  double asked = 100;      ///< arrivals per second; each is a journey of one request per step
  Duration median = 10ms;  ///< of the latency
  double tail = 0.5;       ///< p99 is 50^tail times the median: 0.5 -> 7.1 times
  double failed = 0;       ///< share of the requests
  std::string error = "http_5xx";
  std::uint64_t dropped = 0;  ///< arrivals per second that were never begun
  Duration late = 50us;       ///< our own lateness, of every request
  bool saturated = false;
  std::vector<std::string> steps{"GET /"};
  std::string journey = "buy";
  int workers = 1;  ///< the traffic is split evenly
};

class JournalBuilder {
 public:
  /// `wall0` is the wall time of t = 0.
  explicit JournalBuilder(std::string name, WallTime wall0 = WallTime(1795000000s))
      : wall0_(wall0) {
    start_.run = "20261118-094640-7f3a";
    start_.name = std::move(name);
    start_.file = start_.name + ".yaml";
    start_.version = "0.1.0";
    start_.host = "coordinator";
    start_.seed = 7;
  }
  RunStarted& start() { return start_; }
  /// The text of the file and its encoded form, as RunStarted carries them.
  JournalBuilder& experiment(std::string text, Value encoded) {
    start_.experiment_text = std::move(text);
    start_.experiment = std::move(encoded);
    return *this;
  }

  /// The moment of what is added next, in seconds since t = 0.
  JournalBuilder& at(double seconds) {
    at_ = from_seconds(seconds);
    return *this;
  }
  JournalBuilder& add(Happening what) {
    Event event;
    event.at = at_;
    event.wall = wall0_ + at_;
    event.what = std::move(what);
    events_.push_back(std::move(event));
    return *this;
  }
  JournalBuilder& phase(double at_s, std::string phase) {
    return at(at_s).add(PhaseStarted{std::move(phase)});
  }
  JournalBuilder& stage(double at_s, std::string load, std::string stage) {
    return at(at_s).add(StageStarted{std::move(load), std::move(stage)});
  }
  /// Slices of the seconds [from, to).
  JournalBuilder& traffic(const std::string& load, int from, int to, const Traffic& traffic) {
    for (int second = from; second < to; ++second)
      for (int worker = 0; worker < traffic.workers; ++worker)
        at(second + 1).add(SliceTaken{slice(load, worker, second, traffic)});
    last_second_ = std::max(last_second_, to - 1);
    return *this;
  }
  /// TargetSeen in each of the seconds [from, to).
  JournalBuilder& members(const std::string& target, int from, int to, int ready, int desired,
                          int restarts = 0) {
    for (int second = from; second < to; ++second) {
      TargetSeen seen;
      seen.target = target;
      seen.ready = ready;
      seen.desired = desired;
      seen.restarts = restarts;
      seen.cpu = 0.4;
      seen.memory = 0.3;
      at(second + 0.5).add(std::move(seen));
    }
    return *this;
  }
  JournalBuilder& reading(double at_s, std::string probe, double value) {
    return at(at_s).add(ReadingTaken{std::move(probe), {{"", value}}, "", ""});
  }
  /// One injection that bit, with a bite read in each second, and its verified undo.
  JournalBuilder& injection(const std::string& id, const std::string& fault,
                            const std::string& member, double from, double to,
                            const Bite& bite = {true, "in force", 1, 1}) {
    at(from).add(Injected{id, fault, member, member, bite});
    for (double t = std::floor(from) + 1; t < to; t += 1) at(t).add(BiteRead{id, bite});
    Undone undone;
    undone.injection = id;
    undone.fault = fault;
    undone.member = member;
    undone.verified = true;
    undone.by = "agent";
    return at(to).add(undone);
  }
  JournalBuilder& verdict(double at_s, Verdict verdict) {
    const int exit = exit_code(verdict.outcome);
    at(at_s).add(VerdictReached{std::move(verdict)});
    return at(at_s).add(RunEnded{exit});
  }

  /// The journal: RunStarted, LoadStarted at 0, SecondClosed for every second with traffic.
  std::vector<Event> events() const {
    JournalBuilder all(*this);
    for (int second = 0; second <= last_second_; ++second)
      all.at(second + 1).add(SecondClosed{second});
    if (last_second_ >= 0) {
      all.at(0).add(LoadStarted{});
      std::rotate(all.events_.begin(), all.events_.end() - 1, all.events_.end());
    }
    all.at(-1).add(start_);
    std::rotate(all.events_.begin(), all.events_.end() - 1, all.events_.end());
    std::stable_sort(all.events_.begin(), all.events_.end(),
                     [](const Event& a, const Event& b) { return a.at < b.at; });
    std::uint64_t sequence = 0;
    for (Event& event : all.events_) event.sequence = ++sequence;
    return std::move(all.events_);
  }

 private:
  static Slice slice(const std::string& load, int worker, int second, const Traffic& traffic) {
    const double share = 1.0 / traffic.workers;
    const auto due = static_cast<std::uint64_t>(std::llround(traffic.asked * share));
    const std::uint64_t dropped = std::min(due, traffic.dropped / traffic.workers);
    const std::uint64_t ended = due - dropped;
    const auto failed =
        static_cast<std::uint64_t>(std::llround(static_cast<double>(ended) * traffic.failed));
    Slice slice;
    slice.load = load;
    slice.worker = worker;
    slice.second = second;
    slice.asked = traffic.asked * share;
    slice.sent = ended * traffic.steps.size();
    slice.saturated = traffic.saturated;
    slice.cpu = traffic.saturated ? 0.99 : 0.12;
    slice.late.record(traffic.late, std::max<std::uint64_t>(slice.sent, 1));
    JourneySlice journey;
    journey.journey = traffic.journey;
    journey.due = due;
    journey.dropped = dropped;
    journey.ended = ended;
    journey.completed = ended - failed;
    for (const std::string& name : traffic.steps) {
      StepSlice step;
      step.journey = traffic.journey;
      step.step = name;
      step.ended = step.attempts = ended;
      step.failed = name == traffic.steps.back() ? failed : 0;
      if (step.failed > 0) step.errors[traffic.error] = step.failed;
      for (std::uint64_t i = 0; i < ended; ++i) {
        const double u = (static_cast<double>(i) + 0.5) / static_cast<double>(ended);
        const auto latency = std::chrono::duration_cast<Duration>(
            traffic.median * std::pow(0.5 / (1 - u), traffic.tail));
        step.latency.record(latency);
        step.service.record(latency);
        if (&name == &traffic.steps.front()) journey.duration.record(latency);
      }
      slice.steps.push_back(std::move(step));
    }
    if (ended + dropped > 0) journey.ended_by_due[std::to_string(second)] = ended + dropped;
    if (journey.completed > 0) journey.completed_by_due[std::to_string(second)] = journey.completed;
    slice.journeys.push_back(std::move(journey));
    return slice;
  }

  RunStarted start_;
  WallTime wall0_;
  Duration at_{};
  int last_second_ = -1;
  std::vector<Event> events_;
};

}  // namespace gunflint::support
