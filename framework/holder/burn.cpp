// burn: keeps processors busy for a share of the time, and says how busy they were. Every thread
// works in short periods: it computes until its own CPU clock has used its share of the period,
// then sleeps until the period ends.
#include <algorithm>
#include <ctime>
#include <fstream>
#include <thread>

#include <unistd.h>

#include "gunflint/base/fields.hpp"
#include "holder/holder.hpp"
#include "host/fd.hpp"
#include "host/process_table.hpp"
#include "host/real_host.hpp"

namespace gunflint {
namespace {

constexpr Duration period = 20ms;
constexpr Duration publish_every = 100ms;
constexpr Duration window = 1s;  ///< over which the achieved share is measured

/// The cgroup to burn in, so that a limit of the target is shared with it.
struct Place {
  std::string controller, path;
  static Fields<Place> fields() {
    return {field("controller", &Place::controller, "Controller, empty for v2."),
            field("path", &Place::path, "Its path.").required()};
  }
};
struct Config {
  int threads = 1;
  double share = 1;
  std::vector<Place> inside;
  static Fields<Config> fields() {
    return {field("threads", &Config::threads, "Busy threads.").between(1, 4096),
            field("share", &Config::share, "Of each thread's time, 0..1.").between(0.0, 1.0),
            field("inside", &Config::inside, "Cgroups to be in.")};
  }
};

Duration thread_cpu() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}
Duration process_cpu() {
  timespec t{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

/// How long this process's threads were ready to run but had no processor.
Duration waited_for_processor() {
  Duration total{};
  const auto files = make_real_files();
  const auto threads = files->list("/proc/self/task");
  if (!threads) return total;
  for (const auto& thread : *threads) {
    std::ifstream in("/proc/self/task/" + thread + "/schedstat");
    std::int64_t ran = 0, waited = 0;
    if (in >> ran >> waited) total += Duration(waited);
  }
  return total;
}

void burn_thread(const std::stop_token& stop, double share) {
  const auto quantum = std::chrono::duration_cast<Duration>(period * share);
  Duration owed{};  // what earlier periods did not get or took too much, at most one period's
  Time end = monotonic_now();
  volatile std::uint64_t work = 0;
  while (!stop.stop_requested()) {
    end += period;
    const Time now = monotonic_now();
    if (end < now) end = now + period;  // it did not run for a while: that time is gone
    const Duration target = std::clamp<Duration>(quantum + owed, 0ns, period);
    const Duration start = thread_cpu();
    Duration used{};
    while (used < target && monotonic_now() < end) {
      for (int i = 0; i < 2000; ++i) work = work * 2862933555777941757ULL + 3037000493ULL;
      used = thread_cpu() - start;
    }
    owed = std::clamp<Duration>(quantum + owed - used, -period, period - quantum);
    const Duration left = end - monotonic_now();
    if (left > Duration::zero()) std::this_thread::sleep_for(left);
  }
}

struct Sample {
  Time at{};
  Duration cpu{}, waited{};
};

Value numbers(const Sample& from, const Sample& to, int threads) {
  const double time = seconds(to.at - from.at) * threads;
  Value stats = Value::map();
  stats.set("share", Value(time > 0 ? seconds(to.cpu - from.cpu) / time : 0.0));
  stats.set("waited", Value(time > 0 ? seconds(to.waited - from.waited) / time : 0.0));
  stats.set("window_s", Value(seconds(to.at - from.at)));
  stats.set("threads", Value(threads));
  return stats;
}

Result<void> burn(const Value& document, Pulse& pulse, int stop_fd) {
  GF_TRY_AS(const Config config, decode<Config>(document));
  const auto cgroups = make_real_cgroups();
  GF_TRY_AS(const ProcessStat self, read_process_stat(::getpid()));
  for (const auto& place : config.inside)
    GF_TRY(cgroups->move({self.pid, self.start_time}, place.controller, place.path));
  std::vector<std::jthread> threads;
  for (int i = 0; i < config.threads; ++i)
    threads.emplace_back(
        [share = config.share](const std::stop_token& stop) { burn_thread(stop, share); });
  const auto sample = [] { return Sample{monotonic_now(), process_cpu(), waited_for_processor()}; };
  std::vector<Sample> history{sample()};
  pulse.ready();
  while (!stopped(stop_fd, publish_every / 2)) {
    pulse.beat();
    const Sample now = sample();
    if (now.at - history.back().at < publish_every) continue;
    history.push_back(now);
    while (history.size() > 2 && now.at - history[1].at >= window) history.erase(history.begin());
    pulse.publish(numbers(history.front(), now, config.threads));
  }
  return {};
}

}  // namespace

GUNFLINT_HOLDER(burn, burn)

}  // namespace gunflint
