#pragma once
/// The shortest and the longest a run can be (semantics 6), from the file alone: every wait in the
/// language has a bound.

#include <map>
#include <string>

#include "engine/schedule.hpp"
#include "gunflint/concepts/fault.hpp"

namespace gunflint {

/// Earliest and latest of everything about one fault.
struct FaultBounds {
  FaultMoments earliest, latest;
};

struct Bounds {
  std::map<std::string, FaultBounds> faults;
  Duration shortest{}, longest{};
  /// Semantics 6: longest + 60 s, or `time_limit` if smaller.
  Duration hard_stop{};
};

/// `instant` says whether a fault of that type ends with its act.
Bounds find_bounds(const Experiment& experiment, const Schedule& schedule,
                   const std::function<bool(const FaultSpec&)>& instant);

}  // namespace gunflint
