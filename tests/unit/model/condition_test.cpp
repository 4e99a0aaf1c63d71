#include "gunflint/model/condition.hpp"

#include <gtest/gtest.h>

namespace gunflint {
namespace {

Condition parsed(const std::string& text) {
  auto c = parse_condition(text, {});
  EXPECT_TRUE(c) << text << ": " << (c ? "" : c.error().message);
  return c.value_or(Condition{});
}
std::string refused(const std::string& text) {
  auto c = parse_condition(text, {});
  EXPECT_FALSE(c) << text;
  return c ? "" : c.error().message;
}

TEST(Condition, HoldsValuesInBaseUnits) {
  EXPECT_DOUBLE_EQ(parsed("p95 < 400ms").limit.value, 0.4);
  EXPECT_DOUBLE_EQ(parsed("p95<400 ms").limit.value, 0.4);
  EXPECT_DOUBLE_EQ(parsed("max <= 1m30s").limit.value, 90);
  EXPECT_DOUBLE_EQ(parsed("error_rate < 1%").limit.value, 0.01);
  EXPECT_DOUBLE_EQ(parsed("throughput >= 120/min").limit.value, 2);
  EXPECT_DOUBLE_EQ(parsed("value < 1GiB").limit.value, 1073741824.0);
  EXPECT_DOUBLE_EQ(parsed("value > -2.5").limit.value, -2.5);
}

TEST(Condition, AcceptsTheSpellingsOfPeople) {
  EXPECT_EQ(parsed("ready = 3").comparison, Comparison::Equal);
  EXPECT_EQ(parsed("p95 ≤ 400ms").comparison, Comparison::LessEqual);
  EXPECT_EQ(parsed("ready ≥ 3").comparison, Comparison::GreaterEqual);
  EXPECT_EQ(parsed("status == 2xx").comparison, Comparison::Between);
  EXPECT_TRUE(parsed("status == 2xx").holds(204));
  EXPECT_FALSE(parsed("status == 2xx").holds(302));
}

TEST(Condition, KnowsItsForms) {
  EXPECT_EQ(parsed("ready == desired").other_metric, "desired");
  EXPECT_TRUE(parsed("p95 < 120% of baseline").of_baseline);
  EXPECT_EQ(parsed("body contains ok").needle, "ok");
  EXPECT_EQ(parsed("body == 'up'").needle, "up");
  EXPECT_DOUBLE_EQ(parsed("value between 2 and 4").upper.value, 4);
}

TEST(Condition, Holds) {
  EXPECT_TRUE(parsed("p95 < 400ms").holds(0.399));
  EXPECT_FALSE(parsed("p95 < 400ms").holds(0.4));
  EXPECT_TRUE(parsed("p95 < 120% of baseline").holds(0.119, 0.1));
  EXPECT_FALSE(parsed("p95 < 120% of baseline").holds(0.121, 0.1));
  EXPECT_TRUE(parsed("ready == desired").holds(3, 3));
  EXPECT_FALSE(parsed("ready == desired").holds(2, 3));
  EXPECT_TRUE(parsed("value between 2 and 4").holds(4));
  EXPECT_TRUE(parsed("body contains ok").holds(std::string("all ok")));
  EXPECT_FALSE(parsed("body == ok").holds(std::string("all ok")));
  EXPECT_TRUE(parsed("body != ok").holds(std::string("all ok")));
}

TEST(Condition, RefusesWithTheFix) {
  EXPECT_EQ(refused("p(95)<400"), "`p(95)` is how k6 writes it; write `p95 < 400ms`");
  EXPECT_EQ(refused("p(99.9)<400"), "`p(99.9)` is how k6 writes it; write `p999 < 400ms`");
  EXPECT_EQ(refused("< 400ms"),
            "`< 400ms` compares nothing; start with the name of a metric: `value < 400ms`");
  EXPECT_EQ(refused("400ms > p95"),
            "`400ms > p95` does not start with a metric; write for example `p95 < 400ms`");
  EXPECT_EQ(refused("p95"), "`p95` has no comparison; write for example `p95 < 400ms`");
  EXPECT_EQ(refused("p95 < 400ms and error_rate < 1%"),
            "`p95 < 400ms and error_rate < 1%` holds two comparisons; make one entry of each");
  EXPECT_EQ(refused("p95 < 1.2x baseline"),
            "`1.2x baseline` is no share of the baseline; write `p95 < 120% of baseline`");
  EXPECT_EQ(refused("value between 4 and 2"), "`4` is above `2`; write the smaller end first");
  EXPECT_EQ(refused("value < 10mb"), "`10mb`: MB (powers of 1000) or MiB (powers of 1024)?");
}

TEST(Condition, PrintsLikeItsLimit) {
  EXPECT_EQ(print_like(0.412, parsed("p95 < 400ms")), "412ms");
  EXPECT_EQ(print_like(0.0123, parsed("error_rate < 1%")), "1.23%");
  EXPECT_EQ(print_like(198.7, parsed("throughput > 150/s")), "199/s");
  EXPECT_EQ(print_like(3, parsed("ready == desired")), "3");
  EXPECT_EQ(print_like(0.4, parsed("p95 < 120% of baseline")), "400ms");
  EXPECT_EQ(print_like(1.5 * 1048576, parsed("value < 2MiB")), "1.5MiB");
  EXPECT_EQ(print_like(612, parsed("users_affected < 500")), "612");
}

TEST(Semantics17, UnitsCompareInTheirBase) {
  EXPECT_TRUE(parsed("value < 90%").holds(0.89));
  EXPECT_TRUE(parsed("value < 500ms").holds(0.49));
  EXPECT_TRUE(parsed("value <= 1GiB").holds(1073741824.0));
}

}  // namespace
}  // namespace gunflint
