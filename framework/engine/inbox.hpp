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
  explicit Inbox(std::size_t limit = 8192, Duration patience = 1s)
      : limit_(limit), patience_(patience) {}

  /// Waits at most `patience` for room; then it is dropped and counted (a coordinator that is stuck
  /// must not hang its workers).
  void put(Input input, Time at);
  /// The next input, or nothing at `until`.
  std::optional<Arrived> take(Time until);
  /// Once, when something was dropped: what was lost may have been an error or an undo, so the run
  /// says nothing any more.
  std::optional<Trouble> overflow();

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Arrived> queue_;
  std::size_t limit_, dropped_ = 0;
  Duration patience_;
  bool told_ = false;
};

}  // namespace gunflint
