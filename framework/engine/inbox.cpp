#include "engine/inbox.hpp"

#include <utility>

#include "host/fd.hpp"

namespace gunflint {

void Inbox::put(Input input, Time at) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, patience_, [&] { return queue_.size() < limit_; })) {
    ++dropped_;
    return;
  }
  queue_.push_back({std::move(input), at});
  lock.unlock();
  changed_.notify_all();
}

std::optional<Arrived> Inbox::take(Time until) {
  std::unique_lock lock(mutex_);
  const auto wait = std::max(Duration(0), until - monotonic_now());
  if (!changed_.wait_for(lock, wait, [&] { return !queue_.empty(); })) return std::nullopt;
  Arrived arrived = std::move(queue_.front());
  queue_.pop_front();
  lock.unlock();
  changed_.notify_all();
  return arrived;
}

std::optional<Trouble> Inbox::overflow() {
  const std::lock_guard lock(mutex_);
  if (dropped_ == 0 || std::exchange(told_, true)) return std::nullopt;
  return Trouble{
      "this run fell so far behind that it dropped results and answers of agents; give the machine "
      "more time, or ask for less load"};
}

}  // namespace gunflint
