#pragma once
/// The time of a load: since t = 0.

#include "gunflint/base/units.hpp"
#include "host/fd.hpp"

namespace gunflint {

/// CLOCK_MONOTONIC as seen from t = 0.
class LoopClock {
 public:
  explicit LoopClock(Time zero) : zero_(zero) {}
  Duration now() const { return monotonic_now() - zero_; }
  Time zero() const { return zero_; }

 private:
  Time zero_;
};

}  // namespace gunflint
