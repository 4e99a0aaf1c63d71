#include "verdict/window.hpp"

#include <algorithm>

namespace gunflint {

void RollingWindow::drop_front() {
  sum_.subtract(kept_.front().second);
  kept_.pop_front();
}

void RollingWindow::restart(int second) {
  if (kept_.empty() || kept_.back().first < second) {
    restarts_.insert(second);
    return;
  }
  while (kept_.front().first < second) drop_front();
}

void RollingWindow::push(int second, SecondOfLoad sample) {
  int from = second - width_ + 1;
  while (!restarts_.empty() && *restarts_.begin() <= second) {
    from = std::max(from, *restarts_.begin());
    restarts_.erase(restarts_.begin());
  }
  while (!kept_.empty() && kept_.front().first < from) drop_front();
  sum_.add(sample);
  kept_.emplace_back(second, std::move(sample));
}

SecondOfLoad RollingWindow::sum() const {
  SecondOfLoad sum = sum_;
  sum.longest = Duration(0);
  for (const auto& [second, sample] : kept_) sum.longest = std::max(sum.longest, sample.longest);
  if (kept_.empty()) return sum;
  const SecondOfLoad& last = kept_.back().second;
  sum.waiting = last.waiting, sum.oldest = last.oldest, sum.unanswered = last.unanswered;
  return sum;
}

std::uint64_t RollingWindow::due_long_ago() const {
  std::uint64_t due = 0;
  const auto recent = std::max<std::size_t>(1, kept_.size() / 2);
  for (std::size_t i = 0; i + recent < kept_.size(); ++i) due += kept_[i].second.due;
  return due;
}

}  // namespace gunflint
