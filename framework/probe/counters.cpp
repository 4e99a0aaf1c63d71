// The arithmetic of rate(), increase() and histogram_quantile(), as Prometheus defines it.
#include <algorithm>
#include <cmath>
#include <limits>

#include "probe/metrics_query.hpp"

namespace gunflint {

std::optional<double> counter_increase(const std::deque<CounterPoint>& points, double now,
                                       double range) {
  std::size_t first = 0;
  while (first < points.size() && points[first].at < now - range) ++first;
  if (points.size() - first < 2) return std::nullopt;
  const auto& from = points[first];
  const auto& to = points.back();
  double grown = to.value - from.value;
  for (std::size_t i = first + 1; i < points.size(); ++i)
    if (points[i].value < points[i - 1].value) grown += points[i - 1].value;
  const double sampled = to.at - from.at;
  if (sampled <= 0) return std::nullopt;
  const double step = sampled / static_cast<double>(points.size() - first - 1);
  double before = from.at - (now - range);
  const double after = now - to.at;
  // A counter does not go below zero: do not extrapolate beyond where it would have been zero.
  if (grown > 0 && from.value >= 0) before = std::min(before, sampled * (from.value / grown));
  // Up to about one step from the edge the series is taken to have been there all the time.
  const double near = step * 1.1;
  const double covered =
      sampled + (before < near ? before : step / 2) + (after < near ? after : step / 2);
  return grown * covered / sampled;
}

double bucket_quantile(double q, std::vector<std::pair<double, double>> buckets) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (std::isnan(q)) return nan;
  if (q < 0) return -infinity;
  if (q > 1) return infinity;
  std::sort(buckets.begin(), buckets.end());
  if (buckets.size() < 2 || !std::isinf(buckets.back().first)) return nan;
  double highest = 0;
  for (auto& [bound, count] : buckets) count = highest = std::max(highest, count);
  const double total = buckets.back().second;
  if (total == 0 || std::isnan(total)) return nan;
  const double rank = q * total;
  std::size_t b = 0;
  while (b + 1 < buckets.size() && buckets[b].second < rank) ++b;
  if (b + 1 == buckets.size()) return buckets[buckets.size() - 2].first;
  if (b == 0 && buckets[0].first <= 0) return buckets[0].first;
  const double low = b == 0 ? 0 : buckets[b - 1].first;
  const double below = b == 0 ? 0 : buckets[b - 1].second;
  const double inside = buckets[b].second - below;
  if (inside <= 0) return low;
  return low + (buckets[b].first - low) * ((rank - below) / inside);
}

}  // namespace gunflint
