#pragma once
/// Where worker threads, agent links and probes leave what they have for the coordinator. Bounded:
/// whoever is too fast waits.

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

#include "engine/input.hpp"

namespace gunflint {

/// An input and when it arrived, on the coordinator's clock.
struct Arrived {
  Input input;
  Time at{};
};

class Inbox {
 public:
  explicit Inbox(std::size_t limit = 8192) : limit_(limit) {}

  /// Waits at most a second for room; then it is dropped and counted (a coordinator that is stuck
  /// must not hang its workers).
  void put(Input input, Time at);
  /// The next input, or nothing at `until`.
  std::optional<Arrived> take(Time until);
  std::size_t dropped() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Arrived> queue_;
  std::size_t limit_, dropped_ = 0;
};

}  // namespace gunflint
