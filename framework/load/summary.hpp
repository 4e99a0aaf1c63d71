#pragma once
/// What a whole load came to: the sum of its slices, for people and machines.

#include <string>
#include <vector>

#include "gunflint/base/value.hpp"
#include "gunflint/model/slice.hpp"

namespace gunflint {

class LoadSummary {
 public:
  void add(const Slice& slice);

  // since the start
  double asked = 0;  ///< journeys that the schedule wanted
  std::uint64_t due = 0, dropped = 0, journeys_ended = 0, completed = 0;
  std::uint64_t requests = 0, failed = 0, attempts = 0, sent = 0, reconnects = 0;
  std::map<std::string, std::uint64_t> errors;
  Histogram latency, service, late;
  struct Step {
    std::string journey, step;
    std::uint64_t ended = 0, failed = 0;
    Histogram latency;
  };
  std::vector<Step> steps;
  int seconds = 0;            ///< that had arrivals due
  int saturated_seconds = 0;  ///< of these, with the generator as the limit
  double most_cpu = 0;

  double error_rate() const;
  /// More than 5 % of the seconds had the generator as their limit: no verdict may rest on this.
  bool generator_was_the_limit() const;
  /// One sentence about the generator's own limit.
  std::string generator_sentence() const;

  Value to_value() const;
  /// Rows of a bar chart of the latency, from the due time, "1ms - 2ms  62.1%  ██████".
  std::vector<std::string> distribution(int width = 40) const;
};

/// "p50 1.2ms  p90 …  p99.9 …  max …  mean …"
std::string percentiles(const Histogram& histogram);

}  // namespace gunflint
