// When held packets leave, on a clock that is given.
#include <gtest/gtest.h>

#include "holder/delay_schedule.hpp"

namespace gunflint {
namespace {

Time at(Duration d) { return Time(d); }

TEST(DelaySchedule, HoldsEachPacketForTheDelayInOrder) {
  DelaySchedule schedule(50ms, 0ms, 1);
  for (std::uint32_t i = 0; i < 3; ++i) schedule.arrive(at(i * 1ms), i, 0);
  EXPECT_TRUE(schedule.in_order());
  EXPECT_EQ(schedule.next_due(), at(50ms));
  for (std::uint32_t i = 0; i < 3; ++i) {
    const auto packet = schedule.take();
    EXPECT_EQ(packet.id, i);
    EXPECT_EQ(packet.due - packet.arrived, 50ms);
  }
  EXPECT_TRUE(schedule.empty());
}

TEST(DelaySchedule, JitterIsEvenAndInItsBounds) {
  DelaySchedule schedule(50ms, 10ms, 7);
  Duration sum{}, least = 1h, most{};
  constexpr int count = 20000;
  for (std::uint32_t i = 0; i < count; ++i) {
    schedule.arrive(at(i * 1s), i, 0);  // far apart: the order binds none
    const auto packet = schedule.take();
    const Duration held = packet.due - packet.arrived;
    sum += held;
    least = std::min(least, held);
    most = std::max(most, held);
  }
  // The mean of n even draws of half width 10 ms has a standard error of 10/sqrt(3 n) = 0.04 ms.
  EXPECT_NEAR(seconds(sum) / count, 0.050, 0.0002);
  EXPECT_GE(least, 40ms);
  EXPECT_LT(least, 40'100us);
  EXPECT_LE(most, 60ms);
  EXPECT_GT(most, 59'900us);
}

TEST(DelaySchedule, JitterKeepsTheOrderInsideAFlow) {
  DelaySchedule schedule(50ms, 40ms, 3);
  for (std::uint32_t i = 0; i < 2000; ++i) schedule.arrive(at(i * 100us), i, i % 2);
  EXPECT_FALSE(schedule.in_order());
  std::uint32_t last[2] = {0, 1};
  bool overtaken = false;
  std::uint32_t before = 0;
  while (!schedule.empty()) {
    const auto packet = schedule.take();
    EXPECT_GE(packet.id, last[packet.id % 2]);
    last[packet.id % 2] = packet.id;
    overtaken |= packet.id < before;
    before = packet.id;
  }
  EXPECT_TRUE(overtaken) << "different flows need not wait for each other";
}

TEST(DelaySchedule, AShorterDelayLetsNewPacketsPassUntilTheOldHaveLeft) {
  DelaySchedule schedule(100ms, 0ms, 1);
  schedule.arrive(at(0ms), 1, 0);
  schedule.change(10ms, 0ms);
  EXPECT_FALSE(schedule.in_order());
  schedule.arrive(at(5ms), 2, 0);
  EXPECT_EQ(schedule.take().id, 2u);
  EXPECT_EQ(schedule.take().id, 1u);
  schedule.arrive(at(200ms), 3, 0);
  EXPECT_TRUE(schedule.in_order());
}

TEST(DelaySchedule, JitterNeverReachesIntoThePast) {
  DelaySchedule schedule(5ms, 5ms, 9);
  for (std::uint32_t i = 0; i < 1000; ++i) {
    schedule.arrive(at(i * 1s), i, 0);
    const auto packet = schedule.take();
    EXPECT_GE(packet.due, packet.arrived);
  }
}

}  // namespace
}  // namespace gunflint
