#include "engine/heartbeat.hpp"

#include <algorithm>
#include <utility>

namespace gunflint {
namespace {

/// The link looks every 100 ms; who comes back after this long has been stopped himself.
constexpr Duration stood_still = 1s;
constexpr Duration answer_patience = 2s;
constexpr Duration look_again = 100ms;  ///< a coordinator that is well again is felt soon

}  // namespace

Heartbeat::Heartbeat(Duration lease, Duration shortest, Time now)
    : lease_(lease),
      shortest_(std::min(lease, shortest)),
      next_(now + shortest_ / 3),
      heard_(now),
      looked_(now) {}

Heartbeat::Due Heartbeat::at(Time now, Duration pulse) {
  if (now - std::exchange(looked_, now) > stood_still) heard_ = now;
  const bool stuck = pulse > shortest_ / 2;
  if (stuck) heard_ = now;
  if (now - heard_ > lease_ + answer_patience) return Due::Lost;
  if (now < next_) return Due::Nothing;
  next_ = now + (stuck ? look_again : shortest_ / 3);
  return stuck ? Due::Nothing : Due::Beat;
}

}  // namespace gunflint
