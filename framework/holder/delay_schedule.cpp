#include "holder/delay_schedule.hpp"

#include <algorithm>

namespace gunflint {
namespace {
/// Two flows that fall into one slot only keep each other's order.
constexpr std::size_t flow_slots = 1 << 16;
}  // namespace

DelaySchedule::DelaySchedule(Duration delay, Duration jitter, std::uint64_t seed)
    : delay_(delay), jitter_(jitter), in_order_(jitter == Duration::zero()), random_(seed) {}

void DelaySchedule::change(Duration delay, Duration jitter) {
  // A shorter delay lets newer packets pass older ones until those have left.
  if (jitter != Duration::zero() || (delay < delay_ && !empty())) in_order_ = false;
  delay_ = delay;
  jitter_ = jitter;
}

Duration DelaySchedule::draw() {
  if (jitter_ == Duration::zero()) return delay_;
  std::uniform_int_distribution<Duration::rep> offset(-jitter_.count(), jitter_.count());
  return std::max(Duration::zero(), delay_ + Duration(offset(random_)));
}

void DelaySchedule::arrive(Time now, std::uint32_t id, std::uint64_t flow) {
  if (empty() && jitter_ == Duration::zero()) in_order_ = true;
  Time due = now + draw();
  if (jitter_ != Duration::zero()) {
    if (last_due_.empty()) last_due_.resize(flow_slots);
    Time& last = last_due_[flow % flow_slots];
    last = due = std::max(due, last);
  }
  waiting_.push({due, now, id});
}

DelaySchedule::Packet DelaySchedule::take() {
  const Packet first = waiting_.top();
  waiting_.pop();
  return first;
}

}  // namespace gunflint
