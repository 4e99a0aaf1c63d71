// The distribution adds up, and shows nothing where nothing was.
#include "cli/load_bins.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

namespace gunflint {
namespace {

std::uint64_t sum(const std::vector<LatencyBin>& bins) {
  return std::accumulate(bins.begin(), bins.end(), std::uint64_t{0},
                         [](std::uint64_t all, const LatencyBin& one) { return all + one.count; });
}
const LatencyBin& bin_at(const std::vector<LatencyBin>& bins, Duration value) {
  for (const auto& bin : bins)
    if (value >= bin.from && value < bin.to) return bin;
  ADD_FAILURE() << human(value) << " is in no bin";
  return bins.back();
}

TEST(LatencyBins, ABucketAcrossAnEdgeIsWhollyOnOneSide) {
  Histogram h;
  h.record(1ms, 1000);
  h.record(500'100us, 501);  // its bucket is 499.1 ms to 501.2 ms
  const auto bins = latency_bins(h);
  EXPECT_EQ(sum(bins), 1501u);
  EXPECT_EQ(bin_at(bins, 500'100us).count, 501u);
  EXPECT_EQ(bin_at(bins, 499'900us).count, 0u);
  EXPECT_EQ(bin_at(bins, 1ms).count, 1000u);
}

TEST(LatencyBins, HoldEveryRequestOnceWhateverTheShape) {
  std::mt19937_64 draw(7);
  for (const double spread : {0.001, 0.05, 0.3, 0.7, 1.5, 2.0})
    for (const Duration middle : {Duration(40us), Duration(7ms), Duration(900ms)}) {
      std::lognormal_distribution<double> latency(0, spread);
      Histogram h;
      for (int n = 0; n < 20'000; ++n) h.record(from_seconds(seconds(middle) * latency(draw)));
      const auto bins = latency_bins(h);
      EXPECT_EQ(sum(bins), h.count());
      EXPECT_LE(bins.size(), 16u) << spread << " around " << human(middle);
      EXPECT_GE(bins.size(), spread < 0.3 ? 1u : 7u) << spread << " around " << human(middle);
      for (std::size_t i = 1; i < bins.size(); ++i) {
        EXPECT_EQ(bins[i - 1].to, bins[i].from);
        EXPECT_NE(human(bins[i].from), human(bins[i].to)) << "edges are told apart";
        EXPECT_EQ(parse_duration(human(bins[i].from)).value_or(0s), bins[i].from)
            << "an edge is what is printed";
      }
      EXPECT_GT(bins.front().count, 0u);
      EXPECT_GT(bins.back().count, 0u);
      // A percentile is in the bin that holds its request.
      std::uint64_t seen = 0;
      const Duration median = h.quantile(0.5);
      for (const auto& bin : bins) {
        if (median >= bin.from && median < bin.to) {
          EXPECT_LE(seen, h.count() / 2);
          EXPECT_GE(seen + bin.count, h.count() / 2);
        }
        seen += bin.count;
      }
    }
}

TEST(LatencyBins, OneValueIsOneBinAndAFarOneIsOneMore) {
  Histogram h;
  EXPECT_TRUE(latency_bins(h).empty());
  h.record(900us, 5000);
  ASSERT_EQ(latency_bins(h).size(), 1u);
  EXPECT_EQ(latency_bins(h)[0].from, 800us) << "no wider than need be";
  h.record(3s, 1);
  const auto bins = latency_bins(h);
  ASSERT_EQ(bins.size(), 2u) << "what is beyond p99.9 is one bin";
  EXPECT_EQ(bins[1].count, 1u);
  EXPECT_EQ(bins[1].to, 4s);
  h.record(0s, 1);
  EXPECT_EQ(latency_bins(h).front().from, 0s);
  EXPECT_EQ(sum(latency_bins(h)), 5002u);
}

TEST(LatencyBins, PercentagesHaveOneDigit) {
  EXPECT_EQ(bin_percent(704, 1504), "46.8 %");
  EXPECT_EQ(bin_percent(1, 2), "50.0 %");
  EXPECT_EQ(bin_percent(0, 2), "0.0 %");
  EXPECT_EQ(bin_percent(2, 2), "100.0 %");
  EXPECT_EQ(bin_percent(1, 100'000), "<0.1 %");
  EXPECT_EQ(bin_percent(99'999, 100'000), ">99.9 %");
}

}  // namespace
}  // namespace gunflint
