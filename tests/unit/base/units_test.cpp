#include "gunflint/base/units.hpp"

#include <gtest/gtest.h>

namespace gunflint {
namespace {

TEST(Duration, ReadsWhatPeopleWrite) {
  EXPECT_EQ(*parse_duration("400ms"), 400ms);
  EXPECT_EQ(*parse_duration("400 ms"), 400ms);
  EXPECT_EQ(*parse_duration("1m30s"), 90s);
  EXPECT_EQ(*parse_duration("1m 30s"), 90s);
  EXPECT_EQ(*parse_duration("1min"), 60s);
  EXPECT_EQ(*parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(*parse_duration("2h"), 2h);
  EXPECT_EQ(*parse_duration("0s"), 0s);
}

TEST(Duration, RefusesWithTheFix) {
  EXPECT_EQ(parse_duration("30").error().message, "`30` has no unit; write `30s` or `30ms`");
  EXPECT_EQ(parse_duration("1:30").error().message,
            "`1:30` could mean minutes or hours; write `1m30s`");
  EXPECT_EQ(parse_duration("5x").error().message,
            "`x` is no unit of time; write `us`, `ms`, `s`, `m` or `h`");
  EXPECT_FALSE(parse_duration(""));
  EXPECT_FALSE(parse_duration("-1s"));
  EXPECT_FALSE(parse_duration("s"));
  EXPECT_FALSE(parse_duration("1000000000d"));
}

TEST(Duration, PrintingReadsBack) {
  for (const auto d :
       {Duration(0), Duration(1), Duration(90s), Duration(1500ms), Duration(2h + 5ms)})
    EXPECT_EQ(*parse_duration(print(d)), d) << print(d);
  EXPECT_EQ(print(Duration(90s)), "1m30s");
}

TEST(Duration, IsShortForPeople) {
  EXPECT_EQ(human(412345us), "412ms");
  EXPECT_EQ(human(1250ms), "1.25s");
  EXPECT_EQ(human(125s), "2m05s");
  EXPECT_EQ(human(20us), "20us");
  EXPECT_EQ(human(0s), "0s");
}

TEST(Rate, IsPerSecond) {
  EXPECT_DOUBLE_EQ(parse_rate("50/s")->per_second, 50);
  EXPECT_DOUBLE_EQ(parse_rate("500rps")->per_second, 500);
  EXPECT_DOUBLE_EQ(parse_rate("120/min")->per_second, 2);
  EXPECT_EQ(parse_rate("50").error().message, "`50` has no unit; write `50/s` or `50/min`");
  EXPECT_EQ(print(Rate{200}), "200/s");
}

TEST(Share, NeedsItsSign) {
  EXPECT_DOUBLE_EQ(parse_share("90%")->of_one, 0.9);
  EXPECT_DOUBLE_EQ(parse_share("0.5 %")->of_one, 0.005);
  EXPECT_EQ(parse_share("0.01").error().message, "`0.01` has no unit; did you mean `1%`?");
  EXPECT_EQ(print(Share{0.07}), "7%");
}

TEST(Bytes, KnowsBothPowers) {
  EXPECT_EQ(parse_bytes("1MiB")->count, 1048576u);
  EXPECT_EQ(parse_bytes("1MB")->count, 1000000u);
  EXPECT_EQ(parse_bytes("10mb").error().message,
            "`10mb`: MB (powers of 1000) or MiB (powers of 1024)?");
  EXPECT_EQ(print(Bytes{536870912}), "512MiB");
}

}  // namespace
}  // namespace gunflint
