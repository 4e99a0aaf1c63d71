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
  EXPECT_NEAR(sum.error_rate().value(), 50.0 / 950, 1e-12);
  const Value v = sum.to_value(10);
  EXPECT_EQ(v.find("journeys")->integer_or("due"), 1000);
  EXPECT_NEAR(v.find("latency_seconds")->number_or("p50"), 0.0015, 0.0015 * 0.01);
  EXPECT_EQ(v.find("journeys")->number_or("completed_per_second"), 90);
  EXPECT_EQ(v.find("steps")->items().at(0).text_or("step"), "pay");
  EXPECT_EQ(v.find("each_journey")->items().at(0).integer_or("completed"), 900);
  EXPECT_TRUE(v.find("connections")->find("connect_seconds")->find("p99")->is_null())
      << "what was not measured is not 0";
}

TEST(LoadSummary, WarmUpIsInNoSum) {
  LoadSummary sum;
  Slice warm = second(0);
  warm.warm_up = true;
  warm.saturated = true;
  sum.add(warm);
  sum.add(second(1));
  EXPECT_EQ(sum.due, 100u);
  EXPECT_EQ(sum.requests, 95u);
  EXPECT_EQ(sum.warm_up_seconds, 1);
  EXPECT_EQ(sum.warm_up_requests, 95u);
  EXPECT_EQ(sum.saturated_seconds, 0);
  EXPECT_EQ(sum.seconds, 1);
}

TEST(LoadSummary, OfNothingHasNoErrorRate) {
  const LoadSummary nothing;
  EXPECT_FALSE(nothing.error_rate());
  EXPECT_TRUE(nothing.to_value(10).find("requests")->find("error_rate")->is_null());
}

TEST(LoadSummary, AddsUpStatusesAndWhatWasSpoken) {
  LoadSummary sum;
  for (int n = 0; n < 2; ++n) {
    Slice s = second(n);
    s.steps[0].statuses = {{"200", 90}, {"503", 5}};
    s.spoken = {{"HTTP/1.1", 3}};
    s.last_end = n + 0.25;
    s.journeys[0].unfinished = 1;
    sum.add(s);
  }
  EXPECT_EQ(sum.last_end, 1.25);
  EXPECT_EQ(sum.unfinished, 2u);
  const Value v = sum.to_value(10);
  EXPECT_EQ(v.find("requests")->find("statuses")->integer_or("503"), 10);
  EXPECT_EQ(v.find("steps")->items().at(0).find("statuses")->integer_or("200"), 180);
  EXPECT_EQ(v.find("connections")->find("spoken")->integer_or("HTTP/1.1"), 6);
  EXPECT_EQ(v.find("journeys")->integer_or("unfinished"), 2);
}

TEST(LoadSummary, ASecondOfTwoLoadsIsOne) {
  LoadSummary sum;
  Slice users = second(0);
  users.users = 64;
  sum.add(second(0));
  sum.add(users);
  EXPECT_EQ(sum.seconds, 1);
  EXPECT_EQ(sum.closed_seconds, 1);
  EXPECT_EQ(sum.open_seconds, 1);
}

TEST(LoadSummary, TheFirstExampleOfAClassIsKept) {
  LoadSummary sum;
  Slice first = second(0), later = second(1);
  first.steps[0].examples = {{"timeout", "GET /a: no answer in 2s"}};
  later.steps[0].examples = {{"timeout", "GET /b: no answer in 2s"}};
  sum.add(first);
  sum.add(later);
  EXPECT_EQ(sum.examples.at("timeout"), "GET /a: no answer in 2s");
}

TEST(LoadSummary, KnowsClosedLoopsFromArrivals) {
  LoadSummary sum;
  Slice closed = second(0);
  closed.asked = 0;
  closed.users = 64;
  sum.add(closed);
  sum.add(second(1));
  EXPECT_TRUE(sum.closed_loop());
  EXPECT_EQ(sum.closed_seconds, 1);
  EXPECT_EQ(sum.open_seconds, 1);
  EXPECT_EQ(sum.most_users, 64u);
}

TEST(LoadSummary, TheGeneratorIsTheLimitAboveFivePercentOfTheSeconds) {
  LoadSummary sum;
  for (int n = 0; n < 20; ++n) sum.add(second(n));
  EXPECT_FALSE(sum.generator_was_the_limit());
  sum.add(second(20, true));
  EXPECT_FALSE(sum.generator_was_the_limit());  // 1 of 21
  sum.add(second(21, true));
  EXPECT_TRUE(sum.generator_was_the_limit());  // 2 of 22
}

TEST(Generator, IsTheLimitWhenItsOwnDelayIsMoreThanJitter) {
  Histogram late;
  late.record(20us, 1000);
  Histogram still;
  still.record(90ms);
  EXPECT_FALSE(generator_was_the_limit(late, still, 1ms, 0.3, false));
  EXPECT_TRUE(generator_was_the_limit(late, still, 1ms, 0.95, false));
  EXPECT_TRUE(generator_was_the_limit(late, still, 1ms, 0.3, true));
  late.record(15ms, 9);
  EXPECT_FALSE(generator_was_the_limit(late, still, 1ms, 0.3, false));  // 0.9 %
  late.record(15ms, 3);
  EXPECT_TRUE(generator_was_the_limit(late, still, 1ms, 0.3, false));
  EXPECT_FALSE(generator_was_the_limit(late, still, 400ms, 0.3, false));  // 5 % of 400 ms is 20 ms
  Histogram few;
  few.record(15ms, 4);  // one scheduling hiccup at a low rate
  EXPECT_FALSE(generator_was_the_limit(few, still, 1ms, 0.3, false));
  still.record(200ms);
  EXPECT_TRUE(generator_was_the_limit(few, still, 1ms, 0.3, false));  // it stood still
}

}  // namespace
}  // namespace gunflint
