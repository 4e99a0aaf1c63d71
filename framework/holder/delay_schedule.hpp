#pragma once
/// When each packet is let go. No clock and no socket inside: the time is given, so that it can be
/// tested in no time.

#include <cstdint>
#include <queue>
#include <random>
#include <vector>

#include "gunflint/base/units.hpp"

namespace gunflint {

/// Packets of one flow keep their order: a packet is never due before the one in front of it. With
/// jitter this means that a dense flow leaves later than the mean of the uniform draw (a real queue
/// does the same); request and answer traffic is not affected.
class DelaySchedule {
 public:
  struct Packet {
    Time due, arrived;
    std::uint32_t id = 0;
  };

  DelaySchedule(Duration delay, Duration jitter, std::uint64_t seed);
  /// For packets that arrive from now on.
  void change(Duration delay, Duration jitter);

  /// `flow`: a hash of the connection; only used with jitter.
  void arrive(Time now, std::uint32_t id, std::uint64_t flow);
  bool empty() const { return waiting_.empty(); }
  std::size_t size() const { return waiting_.size(); }
  /// Precondition: not empty.
  Time next_due() const { return waiting_.top().due; }
  Packet take();
  /// True while packets leave in the order of their arrival, whatever is waiting.
  bool in_order() const { return in_order_; }

 private:
  struct Later {
    bool operator()(const Packet& a, const Packet& b) const {
      return a.due != b.due ? a.due > b.due : a.id > b.id;
    }
  };
  Duration draw();

  Duration delay_, jitter_;
  bool in_order_;
  std::mt19937_64 random_;
  std::priority_queue<Packet, std::vector<Packet>, Later> waiting_;
  std::vector<Time> last_due_;  ///< by flow hash
};

}  // namespace gunflint
