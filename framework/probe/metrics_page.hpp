#pragma once
/// A /metrics page: the Prometheus text format, and OpenMetrics as far as values go.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gunflint/base/result.hpp"

namespace gunflint {

struct MetricSample {
  std::string name;
  std::map<std::string, std::string> labels;  ///< without the name
  double value = 0;
};

/// At most 200 000 samples; more, or a line that is neither a sample nor a comment, is an error
/// that names the line. Timestamps and exemplars are left out.
Result<std::vector<MetricSample>> parse_metrics_page(std::string_view text);

}  // namespace gunflint
