#include "verdict/target_series.hpp"

#include <algorithm>

namespace gunflint {
namespace {

double across_members(const std::vector<MemberState>& members, double MemberState::*part,
                      Across across) {
  double sum = 0, least = members.front().*part, most = least;
  for (const auto& m : members) {
    sum += m.*part;
    least = std::min(least, m.*part);
    most = std::max(most, m.*part);
  }
  switch (across) {
    case Across::Max:
      return most;
    case Across::Min:
      return least;
    case Across::Sum:
      return sum;
    case Across::Mean:
      break;
  }
  return sum / static_cast<double>(members.size());
}

}  // namespace

void TargetSeries::on(const TargetSeen& seen) {
  unknown_ = seen.unknown;
  if (!unknown_.empty()) return;
  if (seen_ && seen.ready != ready_) {
    const int direction = seen.ready > ready_ ? 1 : -1;
    ++changes_;
    if (direction_ != 0 && direction != direction_) ++reversals_;
    direction_ = direction;
  }
  if (!seen_) restarts_before_ = seen.restarts;
  seen_ = true;
  ready_ = seen.ready, desired_ = seen.desired, restarts_ = seen.restarts;
  if (across_ == Across::Mean) {
    cpu_ = seen.cpu, memory_ = seen.memory, queue_ = seen.queue;
  } else if (!seen.members.empty()) {
    cpu_ = across_members(seen.members, &MemberState::cpu, across_);
    memory_ = across_members(seen.members, &MemberState::memory, across_);
    queue_ = across_members(seen.members, &MemberState::queue, across_);
  }
}

void TargetSeries::start_clock() {
  restarts_before_ = restarts_;
  changes_ = reversals_ = direction_ = 0;
}

std::optional<double> TargetSeries::value(const std::string& metric) const {
  if (!unknown_.empty()) return std::nullopt;
  if (metric == "ready") return ready_;
  if (metric == "desired") return desired_;
  if (metric == "restarts") return restarts_ - restarts_before_;
  if (metric == "changes") return changes_;
  if (metric == "reversals") return reversals_;
  if (metric == "cpu") return cpu_;
  if (metric == "memory") return memory_;
  if (metric == "queue") return queue_;
  return std::nullopt;
}

}  // namespace gunflint
