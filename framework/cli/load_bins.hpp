#pragma once
/// The distribution of latencies as rows that a person reads.

#include <cstdint>
#include <string>
#include <vector>

#include "gunflint/model/histogram.hpp"
#include "report/style.hpp"

namespace gunflint {

/// So many lie in [from, to).
struct LatencyBin {
  Duration from{}, to{};
  std::uint64_t count = 0;
};

/// About ten bins with round edges from the smallest to p99.9, and one for what is beyond.
/// Each bucket of the histogram lies wholly in one, where quantile() says that it is: the counts
/// sum to the histogram's, and a percentile lies in the bin that holds its request.
std::vector<LatencyBin> latency_bins(const Histogram& histogram);

/// "46.8 %", with one digit whatever it is; "<0.1 %" and ">99.9 %" for what is not nothing, or not
/// all.
std::string bin_percent(std::uint64_t part, std::uint64_t whole);

/// The bins as rows, with a bar each and the percentiles that lie in it, as far as there is room.
std::vector<std::string> distribution_rows(const Histogram& histogram, const Style& style);

}  // namespace gunflint
