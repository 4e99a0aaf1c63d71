#include "load/loop_worker.hpp"

#include <sched.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "load/limits.hpp"
#include "load/loop.hpp"
#include "load/merger.hpp"

namespace gunflint {
namespace {

/// Seconds that may wait for a slow receiver before the worker calls itself lost.
constexpr std::size_t most_undelivered = 3600;

/// This worker's part of an end by count, where users take from it.
std::shared_ptr<std::atomic<std::int64_t>> journeys_of(const LoadSpec& load, WorkShare share) {
  if (!load.max_journeys || counts_arrivals(load)) return nullptr;
  const int part = *load.max_journeys / share.n + (share.i < *load.max_journeys % share.n ? 1 : 0);
  return std::make_shared<std::atomic<std::int64_t>>(part);
}

class LoopWorker final : public Worker {
 public:
  LoopWorker(OnSlice on_slice, OnWorkerLost on_lost, int loops, MakeCurlWire curl)
      : on_slice_(std::move(on_slice)),
        on_lost_(std::move(on_lost)),
        wanted_loops_(loops > 0 ? loops : default_loops()),
        curl_(curl) {}

  ~LoopWorker() override {
    loops_.clear();  // joins
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    changed_.notify_all();
    if (speaker_.joinable()) speaker_.join();
  }

  Result<void> prepare(const std::vector<LoadSpec>& loads, std::uint64_t seed,
                       WorkShare share) override {
    if (loads.size() > 256)
      return fail(Cause::Unsupported, "at most 256 loads can run at once; merge some as journeys");
    int fewest = wanted_loops_;
    std::size_t sockets = 0;
    work_ = {};
    work_.curl = curl_;
    for (const auto& load : loads) {
      if (load.transport == TransportKind::Libcurl && curl_ == nullptr)
        return fail(
            Cause::Unsupported,
            fmt::format("load `{}` is to go through libcurl, which this worker does not have; "
                        "start it as `gunflint worker`",
                        load.name));
      GF_TRY_AS(LoadProgram program, compile_load(load));
      GF_TRY_AS(std::shared_ptr<const Addresses> addresses, Addresses::look_up(program));
      GF_TRY(check_local_ports(program, *addresses));
      GF_TRY(check_source_address(program));
      fewest = std::min(fewest, std::max(1, load.http.connections / share.n));
      sockets += static_cast<std::size_t>(load.http.connections / share.n + wanted_loops_);
      work_.programs.push_back(std::move(program));
      work_.addresses.push_back(std::move(addresses));
      work_.journeys_left.push_back(journeys_of(load, share));
    }
    GF_TRY(make_room_for_sockets(sockets));
    GF_TRY(check_memory(work_.programs));
    count_ = fewest;
    cores_.clear();
    if (std::any_of(loads.begin(), loads.end(),
                    [](const auto& load) { return load.pacing == Pacing::Precise; })) {
      GF_TRY_AS(cores_, cores_to_spin_on(count_));
    }
    seed_ = seed;
    share_ = share;
    return {};
  }

  Result<void> begin(Time at) override {
    zero_ = at;
    for (const auto& program : work_.programs) mergers_.emplace_back(program, count_, share_);
    for (int k = 0; k < count_; ++k) {
      // Number m belongs to worker m mod n, and there to loop (m / n) mod loops.
      const WorkShare share{share_.i + k * share_.n, share_.n * count_};
      loops_.push_back(std::make_unique<Loop>(
          work_, share, seed_, at, cores_.empty() ? -1 : cores_[static_cast<std::size_t>(k)],
          [this, k](std::size_t load, Tally tally) { take(k, load, std::move(tally)); },
          [this](std::string why) { lost(std::move(why)); }));
      GF_TRY(loops_.back()->open());
    }
    speaker_ = std::thread([this] { speak(); });
    for (auto& loop : loops_) loop->start();
    return {};
  }

  void stop() override {
    if (std::exchange(stopped_, true)) {
      for (auto& loop : loops_) loop->cut_off();
      return;
    }
    const Time now = zero_ + LoopClock(zero_).now();
    {
      const std::lock_guard lock(mutex_);
      for (auto& merger : mergers_) merger.stopped_at(now - zero_);
    }
    for (auto& loop : loops_) loop->stop(now);
  }

 private:
  void take(int loop, std::size_t load, Tally tally) {
    {
      const std::lock_guard lock(mutex_);
      if (ready_.size() >= most_undelivered * work_.programs.size()) {
        lost_ = "nobody took the results of the last hour; the load has ended";
      } else {
        for (auto& slice : mergers_[load].add(loop, std::move(tally)))
          ready_.push_back(std::move(slice));
      }
    }
    changed_.notify_one();
  }
  void lost(std::string why) {
    {
      const std::lock_guard lock(mutex_);
      lost_ = std::move(why);
    }
    changed_.notify_one();
  }
  void speak() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock,
                    [this] { return closing_ || !ready_.empty() || (!lost_.empty() && !told_); });
      if (closing_) return;
      if (!ready_.empty()) {
        Slice slice = std::move(ready_.front());
        ready_.pop_front();
        lock.unlock();
        on_slice_(std::move(slice));
        lock.lock();
      } else {
        told_ = true;
        const auto why = lost_;
        lock.unlock();
        on_lost_(why);
        lock.lock();
      }
    }
  }

  OnSlice on_slice_;
  OnWorkerLost on_lost_;
  int wanted_loops_, count_ = 1;
  MakeCurlWire curl_;
  std::uint64_t seed_ = 0;
  WorkShare share_;
  Time zero_{};
  Loop::Work work_;
  std::vector<int> cores_;  ///< for a precise pacing, one per loop
  std::mutex mutex_;        ///< guards all below but loops_
  std::condition_variable changed_;
  std::deque<Merger> mergers_;
  std::deque<Slice> ready_;
  std::string lost_;
  bool told_ = false, closing_ = false;
  bool stopped_ = false;  ///< of the caller's thread
  std::thread speaker_;
  std::vector<std::unique_ptr<Loop>> loops_;  ///< last: its threads use the rest
};

}  // namespace

int default_loops() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set) / 2);
}

std::unique_ptr<Worker> loop_worker(OnSlice on_slice, OnWorkerLost on_lost, int loops,
                                    MakeCurlWire curl) {
  return std::make_unique<LoopWorker>(std::move(on_slice), std::move(on_lost), loops, curl);
}

}  // namespace gunflint
