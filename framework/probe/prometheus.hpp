#pragma once
/// Answers of Prometheus' query API.

#include "gunflint/concepts/probe.hpp"

namespace gunflint {

/// Vector or scalar. Values are texts there ("NaN", "+Inf"). An empty vector is Gone: unknown.
Result<Reading> parse_prometheus_answer(int status, const std::string& body);

}  // namespace gunflint
