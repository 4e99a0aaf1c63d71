#pragma once
/// One thread that drives traffic: edge-triggered epoll, and a timer at absolute times (an
/// epoll_wait time-out would be up to 1 ms late).

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "host/fd.hpp"
#include "load/curl_wire.hpp"
#include "load/traffic.hpp"

namespace gunflint {

/// How long before an arrival, which is `left` away, a precise pacing reads no answer any more: one
/// takes some microseconds, and 15 where the caches are cold. However dense arrivals are, half of
/// the time is for answers.
constexpr Duration blind_before(Duration left) {
  using namespace std::chrono_literals;
  return std::min<Duration>(15us, left / 2);
}

class Loop {
 public:
  /// Called on the loop's thread: traffic `load` of this loop ended a second.
  using OnSecond = std::function<void(std::size_t load, Tally)>;
  /// The loop stopped because a load's on_overload is abort, because epoll failed, or because its
  /// sums do not add up.
  using OnGivenUp = std::function<void(std::string why)>;

  /// What all loops of a worker share: the loads, and where their servers are.
  struct Work {
    std::vector<LoadProgram> programs;
    std::vector<std::shared_ptr<const Addresses>> addresses;  ///< per load
    MakeCurlWire curl = nullptr;
    /// Per load: what its end by count leaves; not there where it has none.
    std::vector<std::shared_ptr<std::atomic<std::int64_t>>> journeys_left;
  };

  /// `core`: the loop's own, on which it may spin for a precise pacing; -1: none.
  Loop(const Work& work, WorkShare share, std::uint64_t seed, Time zero, int core,
       OnSecond on_second, OnGivenUp on_given_up);
  ~Loop();  ///< ends at once, without draining

  Result<void> open();
  void start();
  /// From any thread: no arrival due after `at`; drain, report, end.
  void stop(Time at);
  /// From any thread: whoever is under way has failed; report, end.
  void cut_off();

 private:
  void run();
  bool step();
  bool wait_for_events(Duration wake);
  bool look_for_events(int timeout);
  bool spin_until(Duration due);
  Duration next_arrival() const;
  void arm(Duration wake);
  void wake() const;

  const Work& work_;
  WorkShare share_;
  std::uint64_t seed_;
  LoopClock clock_;
  int core_;
  OnSecond on_second_;
  OnGivenUp on_given_up_;
  Fd poll_, timer_, bell_;
  std::vector<std::unique_ptr<Traffic>> traffic_;
  Duration armed_ = Duration::max();  ///< when the timer goes off; never: it is not set
  std::atomic<std::int64_t> stop_at_{INT64_MAX};
  std::atomic<bool> quit_{false}, cut_{false};
  std::thread thread_;
};

}  // namespace gunflint
