#pragma once
/// Values that are read now and then: probes and members. Each reading is judged by itself and
/// counts until the next one, or until it is stale.

#include <deque>
#include <map>
#include <optional>
#include <string>

#include "gunflint/model/condition.hpp"
#include "verdict/light.hpp"

namespace gunflint {

struct Point {
  double at = 0;              ///< seconds since t = 0
  std::optional<bool> holds;  ///< none: unknown
  double value = std::numeric_limits<double>::quiet_NaN();
  std::string which, why;
};

/// Semantics 17: every series must satisfy the condition; the worst is named. NaN is unknown.
Point judge_series(double at, const std::map<std::string, double>& series, const std::string& text,
                   const Condition& condition);

class Points {
 public:
  /// A point older than `stale` seconds says nothing any more.
  explicit Points(double stale) : stale_(stale) {}

  void put(Point point);
  /// Points before `at` no longer count.
  void restart(double at) { from_ = std::max(from_, at); }
  /// The last point before the end of `second`.
  Look look(int second) const;
  const Point* latest() const { return kept_.empty() ? nullptr : &kept_.back(); }

 private:
  double stale_;
  double from_ = -1e9;
  std::deque<Point> kept_;  ///< in order of time, at most 256
};

}  // namespace gunflint
