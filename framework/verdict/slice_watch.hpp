#pragma once
/// Which loads owe their results of a second. A worker speaks every second, also when nothing was
/// due, until its last slice: silence says that the worker, or this process, was stopped.

#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gunflint/model/experiment.hpp"
#include "gunflint/model/slice.hpp"

namespace gunflint {

class SliceWatch {
 public:
  explicit SliceWatch(const Experiment& experiment);

  void on(const Slice& slice);
  /// Loads of which at least one worker sent nothing for a second that is closed now.
  std::set<std::string> missing(int second, const std::vector<Slice>& slices) const;

 private:
  static constexpr int open = std::numeric_limits<int>::max();
  std::map<std::pair<std::string, int>, int> last_;  ///< (load, worker) -> its last second, if sent
};

}  // namespace gunflint
