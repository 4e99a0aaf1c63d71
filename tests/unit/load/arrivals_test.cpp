#include "load/arrivals.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace gunflint {
namespace {

Stage steady(double rate, Duration length) {
  Stage s;
  s.rate = Rate{rate};
  s.length = length;
  return s;
}
Stage ramp(double to, Duration length) {
  Stage s;
  s.ramp_to = Rate{to};
  s.length = length;
  return s;
}
/// Everything due before `end`.
std::vector<Arrival> all_until(Arrivals arrivals, Duration end) {
  std::vector<Arrival> found;
  while (auto a = arrivals.next()) {
    if (a->due >= end) break;
    found.push_back(*a);
  }
  return found;
}
std::vector<Arrival> all_until(const std::vector<Stage>& stages, ArrivalKind kind, Duration end,
                               std::uint64_t seed = 7, WorkShare share = {},
                               std::vector<double> weights = {1}) {
  return all_until(Arrivals(stages, kind, weights, seed, share), end);
}

TEST(Arrivals, UniformIsExactlySpacedFromZero) {
  const auto found = all_until({steady(500, 10s)}, ArrivalKind::Uniform, 10s);
  ASSERT_EQ(found.size(), 5000u);
  for (std::size_t k = 0; k < found.size(); ++k) {
    EXPECT_EQ(found[k].due, Duration(2'000'000 * static_cast<std::int64_t>(k)));
    EXPECT_EQ(found[k].number, k);
  }
}

TEST(Arrivals, AnHourDoesNotDrift) {
  const auto at = Pace({steady(3000, 1s)}).reaches(3000.0 * 3600);
  EXPECT_EQ(*at, 3600s);
}

TEST(Arrivals, ARampHasTheExactIntegral) {
  // From 0 to 100/s in 10 s: 500 arrivals, the k-th at sqrt(k / 5).
  const auto found = all_until({ramp(100, 10s), steady(100, 5s)}, ArrivalKind::Uniform, 15s);
  ASSERT_EQ(found.size(), 1000u);
  for (std::size_t k = 0; k < 500; ++k)
    EXPECT_NEAR(seconds(found[k].due), std::sqrt(static_cast<double>(k) / 5), 2e-9);
  EXPECT_EQ(found[500].due, 10s);
  EXPECT_EQ(found[501].due, 10s + 10ms);
}

TEST(Arrivals, ARampStartsAtThePreviousFinalRateAndMayFall) {
  const Pace pace({steady(50, 10s), ramp(200, 30s), ramp(20, 10s)});
  EXPECT_DOUBLE_EQ(pace.rate_at(5s), 50);
  EXPECT_DOUBLE_EQ(pace.rate_at(25s), 125);
  EXPECT_DOUBLE_EQ(pace.rate_at(45s), 110);
  EXPECT_DOUBLE_EQ(pace.expected_until(10s), 500);
  EXPECT_DOUBLE_EQ(pace.expected_until(40s), 500 + 3750);
  EXPECT_DOUBLE_EQ(pace.expected_until(50s), 500 + 3750 + 1100);
  for (double count = 0; count < 5300; count += 13.7)
    EXPECT_NEAR(pace.expected_until(*pace.reaches(count)), count, 1e-5);
}

TEST(Semantics4, TheLastStagesRateIsHeld) {
  const Pace pace({steady(50, 10s), ramp(200, 30s)});
  EXPECT_EQ(pace.length(), 40s);
  EXPECT_DOUBLE_EQ(pace.rate_at(1000s), 200);
  EXPECT_DOUBLE_EQ(pace.expected_until(50s) - pace.expected_until(40s), 2000);
  const auto found = all_until({steady(10, 1s)}, ArrivalKind::Uniform, 100s);
  EXPECT_EQ(found.size(), 1000u);
}

TEST(Arrivals, AFinalRateOfZeroEndsTheSequence) {
  Arrivals arrivals({steady(10, 1s), steady(0, 1s)}, ArrivalKind::Uniform, {1}, 1, {});
  int count = 0;
  while (arrivals.next()) ++count;
  EXPECT_EQ(count, 10);
}

TEST(Arrivals, AStageOfZeroIsAPause) {
  const auto found =
      all_until({steady(10, 1s), steady(0, 5s), steady(10, 1s)}, ArrivalKind::Uniform, 7s);
  ASSERT_EQ(found.size(), 20u);
  EXPECT_EQ(found[9].due, 900ms);
  EXPECT_EQ(found[10].due, 6s);
}

TEST(Arrivals, SharesTogetherAreTheWhole) {
  const std::vector<Stage> stages{steady(100, 3s), ramp(400, 5s), steady(30, 2s)};
  for (const auto kind : {ArrivalKind::Uniform, ArrivalKind::Poisson}) {
    const auto whole = all_until(stages, kind, 10s, 42, {0, 1}, {2, 8, 1});
    for (const int n : {2, 3, 7}) {
      std::vector<Arrival> sum;
      for (int i = 0; i < n; ++i) {
        const auto share = all_until(stages, kind, 10s, 42, {i, n}, {2, 8, 1});
        EXPECT_TRUE(std::is_sorted(share.begin(), share.end(),
                                   [](auto& a, auto& b) { return a.due < b.due; }));
        sum.insert(sum.end(), share.begin(), share.end());
      }
      std::sort(sum.begin(), sum.end(), [](auto& a, auto& b) { return a.number < b.number; });
      EXPECT_EQ(sum, whole);
    }
  }
}

TEST(Arrivals, PoissonHasTheRightMeanAndVariance) {
  // Counts per second are Poisson(200): over 1000 s the mean is 200 +- 1.8 (4 sigma) and the
  // dispersion index 1 +- 0.18.
  const auto found = all_until({steady(200, 1000s)}, ArrivalKind::Poisson, 1000s);
  std::vector<double> per_second(1000);
  for (const auto& a : found) ++per_second[static_cast<std::size_t>(a.due / 1s)];
  double mean = 0, variance = 0;
  for (const double n : per_second) mean += n / 1000;
  for (const double n : per_second) variance += (n - mean) * (n - mean) / 999;
  EXPECT_NEAR(mean, 200, 1.8);
  EXPECT_NEAR(variance / mean, 1, 0.18);
}

TEST(Arrivals, TheSeedDecidesAndIsRepeatable) {
  const std::vector<Stage> stages{steady(50, 10s)};
  EXPECT_EQ(all_until(stages, ArrivalKind::Poisson, 10s, 7),
            all_until(stages, ArrivalKind::Poisson, 10s, 7));
  EXPECT_NE(all_until(stages, ArrivalKind::Poisson, 10s, 7),
            all_until(stages, ArrivalKind::Poisson, 10s, 8));
}

TEST(Arrivals, JourneysAreDrawnByWeight) {
  const auto found =
      all_until({steady(1000, 10s)}, ArrivalKind::Uniform, 10s, 7, {0, 1}, {2, 8, 0});
  std::vector<int> counts(3);
  for (const auto& a : found) ++counts[static_cast<std::size_t>(a.journey)];
  EXPECT_NEAR(counts[0], 2000, 160);  // 4 sigma
  EXPECT_EQ(counts[0] + counts[1], 10000);
  EXPECT_EQ(counts[2], 0);
}

}  // namespace
}  // namespace gunflint
