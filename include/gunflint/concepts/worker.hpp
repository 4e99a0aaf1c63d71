#pragma once
/// A worker sends a share of the load: prepare(share i of n) -> ready -> begin(at) -> slices ->
/// stop. One local worker is the same path as fifty remote ones.

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "gunflint/base/units.hpp"
#include "gunflint/model/load_spec.hpp"
#include "gunflint/model/slice.hpp"

namespace gunflint {

/// Of every n arrivals, those with number k mod n == i.
struct WorkShare {
  int i = 0, n = 1;
};

class Worker {
 public:
  virtual ~Worker() = default;
  /// Opens nothing towards the target yet; checks descriptors, ports and addresses, with a
  /// sentence.
  virtual Result<void> prepare(const std::vector<LoadSpec>& loads, std::uint64_t seed,
                               WorkShare share) = 0;
  /// Arrival number 0 is due at `at` (CLOCK_MONOTONIC of this machine).
  virtual Result<void> begin(Time at) = 0;
  /// No arrival after now; waits for answers at most each load's timeout; then the last slice. Said
  /// again: whoever is still under way has failed, and the last slice comes at once.
  virtual void stop() = 0;
};

/// Called from the worker's own thread, in order, once per load and second (also when all is zero),
/// and once more per load with `last` set.
using OnSlice = std::function<void(Slice)>;
/// The worker ended without being asked to; every journey that was due is then failed.
using OnWorkerLost = std::function<void(std::string why)>;
/// What it says, first of all, when the load's own `on_overload: abort` ended it: that is a guard
/// of the user's and no failure of the tool.
inline constexpr std::string_view overload_abort = "`on_overload: abort`: ";
inline bool is_overload_abort(std::string_view why) { return why.starts_with(overload_abort); }

}  // namespace gunflint
