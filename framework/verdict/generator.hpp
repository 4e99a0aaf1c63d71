#pragma once
/// Was the traffic what was asked for? A load generator at its limit measures itself.

#include <map>
#include <string>
#include <vector>

#include "gunflint/model/experiment.hpp"
#include "gunflint/model/slice.hpp"
#include "gunflint/model/verdict.hpp"

namespace gunflint {

class Generator {
 public:
  void on(const Slice& slice);  ///< warm-up does not count
  /// `judged`: the hypotheses; arrivals that were never begun are no harm only where one of them
  /// counts these.
  Finding finding(const LoadSpec& load, const std::vector<Hypothesis>& judged) const;
  /// The share of seconds in which the generator was the limit.
  double saturated_share(const std::string& load) const;

 private:
  struct Sum {
    std::uint64_t due = 0, dropped = 0, sent = 0, ended = 0, failed = 0, attempts = 0;
    double asked = 0;
    int slices = 0, saturated = 0;
    Histogram late;
  };
  std::map<std::string, Sum> loads_;
};

}  // namespace gunflint
