#pragma once
/// Values that are read now and then: probes and members. Each reading is judged by itself and
/// counts until the next one, or until it is stale; or a rolling window of them is (semantics 11).

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
  std::map<std::string, double> series;  ///< what was read; for the mean of a window
};

/// Semantics 17: every series must satisfy the condition; the worst is named. NaN is unknown.
Point judge_series(double at, const std::map<std::string, double>& series, const std::string& text,
                   const Condition& condition);

class Points {
 public:
  /// A point older than `stale` seconds says nothing any more. `width` seconds of readings are
  /// judged together: the mean of each series, or with `==`, `!=`, `contains` and `a == b` every
  /// single reading. 0: the latest one alone.
  Points(double stale, double width, Condition condition)
      : stale_(stale), width_(width), condition_(std::move(condition)) {}

  void put(Point point);
  /// Points before `at` no longer count.
  void restart(double at) { from_ = std::max(from_, at); }
  Look look(int second) const;
  const Point* latest() const { return kept_.empty() ? nullptr : &kept_.back(); }

 private:
  Look newest(double now) const;
  Look window(double now, Look newest) const;
  double stale_, width_;
  Condition condition_;
  double from_ = -1e9;
  std::deque<Point> kept_;  ///< in order of time: the window's, at least 256 and at most 65536
};

}  // namespace gunflint
