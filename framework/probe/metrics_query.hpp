#pragma once
/// The small query language over a /metrics page, a subset of PromQL with the same meaning:
///
///     name{label="x", other=~"a.*"}            rate(name[30s])   increase(name[1m])
///     sum by (code) (rate(requests_total[30s]))   avg max min count likewise
///     histogram_quantile(0.95, sum by (le) (rate(request_seconds_bucket[1m])))

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gunflint/base/units.hpp"
#include "gunflint/concepts/probe.hpp"
#include "probe/metrics_page.hpp"

namespace gunflint {

using Labels = std::map<std::string, std::string>;

struct VectorSample {
  Labels labels;  ///< with __name__ where there is one
  double value = 0;
};
using Vector = std::vector<VectorSample>;

class MetricsQuery {
 public:
  /// BadInput with a sentence that shows the place and what is understood.
  static Result<MetricsQuery> parse(std::string_view text);
  MetricsQuery(MetricsQuery&&) noexcept;
  MetricsQuery& operator=(MetricsQuery&&) noexcept;
  ~MetricsQuery();

  /// Remembers what the query needs of a page (for rate and increase), and drops what is older than
  /// its ranges. `at` in seconds, rising.
  void feed(double at, const std::vector<MetricSample>& page);
  /// At the time of the last page.
  Vector evaluate() const;

  struct Node;

 private:
  explicit MetricsQuery(std::unique_ptr<Node> root);
  std::unique_ptr<Node> root_;
};

/// One point of a counter.
struct CounterPoint {
  double at = 0, value = 0;
};
/// Prometheus' rate() and increase() over (now - range, now]: resets are added up, the ends are
/// extrapolated (promql/functions.go, extrapolatedRate). None with fewer than two points.
std::optional<double> counter_increase(const std::deque<CounterPoint>& points, double now,
                                       double range);

/// Prometheus' histogram_quantile of one histogram: (upper bound, cumulative count), any order.
double bucket_quantile(double q, std::vector<std::pair<double, double>> buckets);

}  // namespace gunflint
