#include "engine/seconds.hpp"

#include <limits>

namespace gunflint {
namespace {
constexpr Duration settle = 300ms, patience = 2s;
}

void Seconds::took(const Slice& slice) {
  int& last = last_.try_emplace({slice.load, slice.worker}, -1).first->second;
  if (last == std::numeric_limits<int>::max()) return;
  last = std::max(last, slice.second);
  if (slice.last) {
    last = std::numeric_limits<int>::max();
    ++ended_;
  }
}

bool Seconds::complete(int second) const {
  if (static_cast<int>(last_.size()) < sources_) return false;
  for (const auto& [source, last] : last_)
    if (last < second) return false;
  return true;
}

std::optional<int> Seconds::close(Duration now) {
  const Duration end = std::chrono::seconds(next_ + 1);
  if (now < end + settle) return std::nullopt;
  if (!complete(next_) && now < end + patience) return std::nullopt;
  return next_++;
}

std::optional<int> Seconds::close_rest(Duration now) {
  if (now < std::chrono::seconds(next_ + 1)) return std::nullopt;
  return next_++;
}

Duration Seconds::next_wake() const {
  const Duration end = std::chrono::seconds(next_ + 1);
  return end + (complete(next_) ? settle : patience);
}

}  // namespace gunflint
