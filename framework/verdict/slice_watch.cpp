#include "verdict/slice_watch.hpp"

#include <algorithm>

namespace gunflint {

SliceWatch::SliceWatch(const Experiment& experiment) {
  for (const auto& load : experiment.loads) last_[{load.name, 0}] = open;
}

void SliceWatch::on(const Slice& slice) {
  int& last = last_.try_emplace({slice.load, slice.worker}, open).first->second;
  if (slice.last) last = slice.second;
}

std::set<std::string> SliceWatch::missing(int second, const std::vector<Slice>& slices) const {
  std::set<std::string> out;
  for (const auto& [source, last] : last_) {
    if (second >= last) continue;
    const bool sent = std::any_of(slices.begin(), slices.end(), [&](const Slice& s) {
      return s.load == source.first && s.worker == source.second && s.second == second;
    });
    if (!sent) out.insert(source.first);
  }
  return out;
}

}  // namespace gunflint
