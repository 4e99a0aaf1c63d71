#include "verdict/points.hpp"

#include <algorithm>
#include <cmath>

namespace gunflint {
namespace {

constexpr std::size_t most_kept = 65536;

/// How far beyond the limit, so that the worst of several series can be named.
double distance(double value, const Condition& condition) {
  double limit = condition.limit.value;
  if (condition.comparison == Comparison::Between && value > limit) limit = condition.upper.value;
  return std::abs(value - limit);
}

}  // namespace

Point judge_series(double at, const std::map<std::string, double>& series, const std::string& text,
                   const Condition& condition) {
  Point point;
  point.at = at;
  point.series = series;
  if (!condition.needle.empty() || condition.comparison == Comparison::Contains) {
    point.holds = condition.holds(text);
    return point;
  }
  double worst = -1;
  for (const auto& [name, value] : series) {
    if (std::isnan(value)) {
      if (!point.holds || *point.holds) {
        point.holds.reset();
        point.which = name;
        point.why = "the value is not a number";
      }
      continue;
    }
    const bool holds = condition.holds(value);
    // Red is worse than unknown, and unknown is worse than green.
    if (holds && (!point.why.empty() || (point.holds && !*point.holds))) continue;
    const double beyond = holds ? -distance(value, condition) : distance(value, condition);
    const bool first = !point.holds || (*point.holds && !holds);
    if (first || beyond > worst) {
      point.holds = holds;
      point.value = value;
      point.which = name;
      point.why.clear();
      worst = beyond;
    }
  }
  if (series.empty()) point.why = "the answer holds no value";
  return point;
}

void Points::put(Point point) {
  const auto place = std::upper_bound(kept_.begin(), kept_.end(), point.at,
                                      [](double at, const Point& p) { return at < p.at; });
  kept_.insert(place, std::move(point));
  const double needed = kept_.back().at - width_ - stale_;
  while (kept_.size() > most_kept || (kept_.size() > 256 && kept_.front().at < needed))
    kept_.pop_front();
}

Look Points::look(int second) const {
  const double now = second + 1.0;
  const Look look = newest(now);
  return width_ > 0 ? window(now, look) : look;
}

/// The window is full from `width` after the restart on. What it lacks (semantics 15: up to a tenth
/// is forgiven here, as in a window of traffic) makes it unknown.
Look Points::window(double now, Look newest) const {
  if (newest.light == Colour::Filling || newest.light == Colour::Unknown) return newest;
  if (now - std::max(from_, 0.0) < width_) return {};
  std::map<std::string, std::pair<double, int>> sums;
  int all = 0, unknown = 0;
  const Point* red = nullptr;
  const Point* blind = nullptr;
  for (const Point& point : kept_) {
    if (point.at < std::max(from_, now - width_) || point.at >= now) continue;
    ++all;
    if (!point.holds) ++unknown, blind = &point;
    if (point.holds && !*point.holds) red = &point;
    if (point.holds)
      for (const auto& [name, value] : point.series)
        if (!std::isnan(value)) sums[name].first += value, ++sums[name].second;
  }
  if (unknown * 10 > all) {
    newest.light = Colour::Unknown;
    newest.why = blind->why;
    return newest;
  }
  using C = Comparison;
  const bool each = !condition_.other_metric.empty() || !condition_.needle.empty() ||
                    condition_.comparison == C::Equal || condition_.comparison == C::NotEqual ||
                    condition_.comparison == C::Contains;
  std::map<std::string, double> means;
  for (const auto& [name, sum] : sums) means[name] = sum.first / sum.second;
  const Point judged = each && red ? *red
                       : each      ? Point{}
                                   : judge_series(now, means, "", condition_);
  if (!judged.holds) return newest;
  newest.light = *judged.holds ? Colour::Green : Colour::Red;
  newest.value = judged.value;
  newest.which = judged.which;
  return newest;
}

/// The last point before the end of the second.
Look Points::newest(double now) const {
  Look look;
  const Point* found = nullptr;
  for (auto i = kept_.rbegin(); i != kept_.rend() && !found; ++i)
    if (i->at < now) found = &*i;
  if (!found || found->at < from_) {
    // Nothing yet since the restart: the first answer may still be on its way.
    if (now - std::max(from_, 0.0) > stale_) {
      look.light = Colour::Unknown;
      look.why = found ? "no new value arrived" : "no value ever arrived";
    }
    return look;
  }
  look.at = found->at;
  look.value = found->value;
  look.which = found->which;
  look.why = found->why;
  if (now - found->at > stale_) {
    look.light = Colour::Unknown;
    look.why = "the last value is " + std::to_string(static_cast<int>(now - found->at)) + "s old";
  } else if (!found->holds) {
    look.light = Colour::Unknown;
  } else {
    look.light = *found->holds ? Colour::Green : Colour::Red;
  }
  return look;
}

}  // namespace gunflint
