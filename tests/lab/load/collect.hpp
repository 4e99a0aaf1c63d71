#pragma once
/// Runs a worker against a server and adds up what it says.

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include <time.h>

#include "gunflint/concepts/worker.hpp"
#include "load/loop_worker.hpp"

namespace gunflint::test {

inline Time now() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return Time(std::chrono::seconds(t.tv_sec) + Duration(t.tv_nsec));
}

/// All slices of all loads, and their sums.
class Collector {
 public:
  OnSlice on_slice() {
    return [this](Slice slice) {
      const std::lock_guard lock(mutex_);
      if (slice.last) ++ended_;
      slices.push_back(std::move(slice));
      changed_.notify_all();
    };
  }
  OnWorkerLost on_lost() {
    return [this](std::string why) {
      const std::lock_guard lock(mutex_);
      lost = std::move(why);
      changed_.notify_all();
    };
  }
  /// Until `loads` loads have said their last, or the worker is lost; false after `limit`.
  bool wait(int loads = 1, Duration limit = 30s) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [&] { return ended_ >= loads || !lost.empty(); });
  }

  std::uint64_t due() const {
    return sum([](const auto& j) { return j.due; });
  }
  std::uint64_t dropped() const {
    return sum([](const auto& j) { return j.dropped; });
  }
  std::uint64_t ended() const {
    return sum([](const auto& j) { return j.ended; });
  }
  std::uint64_t completed() const {
    return sum([](const auto& j) { return j.completed; });
  }
  std::uint64_t requests() const {
    return steps([](const auto& s) { return s.ended; });
  }
  std::uint64_t failed() const {
    return steps([](const auto& s) { return s.failed; });
  }
  std::uint64_t attempts() const {
    return steps([](const auto& s) { return s.attempts; });
  }
  std::map<std::string, std::uint64_t> errors() const {
    std::map<std::string, std::uint64_t> all;
    for (const auto& slice : slices)
      for (const auto& step : slice.steps)
        for (const auto& [name, n] : step.errors) all[name] += n;
    return all;
  }
  Histogram latency(const std::string& step = {}) const {
    Histogram all;
    for (const auto& slice : slices)
      for (const auto& s : slice.steps)
        if (step.empty() || s.step == step) all.merge(s.latency);
    return all;
  }
  Histogram late() const {
    Histogram all;
    for (const auto& slice : slices) all.merge(slice.late);
    return all;
  }

  std::vector<Slice> slices;
  std::string lost;

 private:
  template <class F>
  std::uint64_t sum(F f) const {
    std::uint64_t n = 0;
    for (const auto& slice : slices)
      for (const auto& journey : slice.journeys) n += f(journey);
    return n;
  }
  template <class F>
  std::uint64_t steps(F f) const {
    std::uint64_t n = 0;
    for (const auto& slice : slices)
      for (const auto& step : slice.steps) n += f(step);
    return n;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  int ended_ = 0;
};

inline Request request(std::string method, std::string url) {
  Request r;
  r.method = std::move(method);
  r.url = std::move(url);
  return r;
}
/// `rate` for `length`, then nothing more: the arrivals are known exactly.
inline LoadSpec load(const std::string& url, double rate, Duration length,
                     std::vector<Step> steps = {}) {
  LoadSpec spec;
  spec.name = "users";
  spec.base_url = url;
  Stage first, silence;
  first.rate = Rate{rate};
  first.length = length;
  silence.rate = Rate{0};
  silence.length = 1s;
  spec.stages = {first, silence};
  if (steps.empty()) steps = {request("GET", "/")};
  Journey journey;
  journey.name = "look";
  journey.steps = std::move(steps);
  spec.journeys = {journey};
  return spec;
}

/// Runs the load for its length, then drains. Every number is final afterwards. Returns t = 0.
inline Time run(Collector& to, const std::vector<LoadSpec>& loads, Duration length, int loops = 1,
                WorkShare share = {}) {
  auto worker = loop_worker(to.on_slice(), to.on_lost(), loops, curl_wire);
  const auto prepared = worker->prepare(loads, 7, share);
  if (!prepared) throw std::runtime_error(prepared.error().message);
  const Time begin = now() + 5ms;
  const auto begun = worker->begin(begin);
  if (!begun) throw std::runtime_error(begun.error().message);
  std::this_thread::sleep_for(begin + length - now());
  worker->stop();
  if (!to.wait(static_cast<int>(loads.size()))) throw std::runtime_error("the load does not end");
  return begin;
}

}  // namespace gunflint::test
