#include "load/closed_loop.hpp"

#include <algorithm>

namespace gunflint {

ClosedLoop::ClosedLoop(const std::vector<Stage>& stages, WorkShare share) : share_(share) {
  Duration at{};
  int before = 0;
  for (const auto& stage : stages) {
    const int users = stage.users.value_or(0);
    if (users != before) steps_.push_back({at, users});
    before = users;
    at += stage.length;
  }
}

int ClosedLoop::wanted_of_all(Duration t) const {
  int users = 0;
  for (const auto& step : steps_)
    if (step.from <= t) users = step.users;
  return users;
}

std::uint32_t ClosedLoop::wanted(Duration t) const {
  if (steps_.empty()) return 0;
  const int all = wanted_of_all(t);
  return static_cast<std::uint32_t>(all / share_.n + (share_.i < all % share_.n ? 1 : 0));
}

Duration ClosedLoop::next_change(Duration t) const {
  for (const auto& step : steps_)
    if (step.from > t) return step.from;
  return Duration::max();
}

std::uint32_t ClosedLoop::add() {
  const auto free = std::find(there_.begin(), there_.end(), false);
  const auto position = static_cast<std::uint32_t>(free - there_.begin());
  if (free == there_.end())
    there_.push_back(true);
  else
    *free = true;
  ++present_;
  return position * static_cast<std::uint32_t>(share_.n) + static_cast<std::uint32_t>(share_.i);
}

void ClosedLoop::leave(std::uint32_t member) {
  there_[position_of(member)] = false;
  --present_;
}

}  // namespace gunflint
