#include "load/summary.hpp"

#include <gtest/gtest.h>

#include "load/merger.hpp"

namespace gunflint {
namespace {

Slice second(int n, bool saturated = false) {
  Slice s;
  s.second = n;
  s.asked = 100;
  s.sent = 100;
  s.cpu = 0.25;
  s.saturated = saturated;
  JourneySlice journey{"buy", 100, 5, 95, 90, {}, {}, {}};
  StepSlice step{"buy", "pay", 95, 5, 100, {{"timeout", 5}}, {}, {}};
  step.latency.record(1500us, 90);
  step.latency.record(150ms, 5);
  s.journeys = {journey};
  s.steps = {step};
  return s;
}

TEST(LoadSummary, AddsUpExactly) {
  LoadSummary sum;
  for (int n = 0; n < 10; ++n) sum.add(second(n));
  EXPECT_EQ(sum.due, 1000u);
  EXPECT_EQ(sum.dropped, 50u);
  EXPECT_EQ(sum.completed, 900u);
  EXPECT_EQ(sum.requests, 950u);
  EXPECT_EQ(sum.errors.at("timeout"), 50u);
  EXPECT_EQ(sum.latency.count(), 950u);
  EXPECT_EQ(sum.steps.size(), 1u);
  EXPECT_NEAR(sum.error_rate(), 50.0 / 950, 1e-12);
  const Value v = sum.to_value();
  EXPECT_EQ(v.find("journeys")->integer_or("due"), 1000);
  EXPECT_NEAR(v.find("latency_seconds")->number_or("p50"), 0.0015, 0.0015 * 0.01);
}

TEST(Generator, IsTheLimitWhenItsOwnDelayIsMoreThanJitter) {
  Histogram late;
  late.record(20us, 1000);
  EXPECT_FALSE(generator_was_the_limit(late, 1ms, 0.3, false));
  EXPECT_TRUE(generator_was_the_limit(late, 1ms, 0.95, false));
  EXPECT_TRUE(generator_was_the_limit(late, 1ms, 0.3, true));
  late.record(15ms, 9);
  EXPECT_FALSE(generator_was_the_limit(late, 1ms, 0.3, false));  // 0.9 %
  late.record(15ms, 3);
  EXPECT_TRUE(generator_was_the_limit(late, 1ms, 0.3, false));
  EXPECT_FALSE(generator_was_the_limit(late, 400ms, 0.3, false));  // 5 % of 400 ms is 20 ms
  Histogram few;
  few.record(15ms, 4);  // one scheduling hiccup at a low rate
  EXPECT_FALSE(generator_was_the_limit(few, 1ms, 0.3, false));
}

}  // namespace
}  // namespace gunflint
