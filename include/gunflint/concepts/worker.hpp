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

/// The first moment from `earliest` on for a load to begin at, if its pacing is to be exact: 40 us
/// past a whole millisecond of CLOCK_MONOTONIC. Linux since 6.4 (and what has the same mended)
/// ticks at multiples of its period there, and takes the processor for 10 to 40 us then. With
/// CONFIG_HZ of 100, 250 or 1000 and without skew_tick, no arrival of a steady 10,000 a second, or
/// of a rate that divides it, falls in there; elsewhere this does no harm.
constexpr Time between_ticks(Time earliest) {
  using namespace std::chrono_literals;
  const auto past = 40us;
  return Time(std::chrono::ceil<std::chrono::milliseconds>(earliest.time_since_epoch() - past)) +
         past;
}

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
