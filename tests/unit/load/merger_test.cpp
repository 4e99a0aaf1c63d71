#include "load/merger.hpp"

#include <gtest/gtest.h>

namespace gunflint {
namespace {

LoadProgram program() {
  LoadSpec spec;
  spec.name = "users";
  spec.base_url = "http://127.0.0.1:1";
  Stage stage;
  stage.rate = Rate{100};
  stage.length = 10s;
  spec.stages = {stage};
  Request get;
  get.method = "GET";
  get.url = "/";
  Journey journey;
  journey.name = "look";
  journey.steps = {get};
  spec.journeys = {journey};
  return *compile_load(spec);
}

Tally tally(int second, std::uint64_t ended, bool last = false) {
  Tally t;
  t.second = second;
  t.last = last;
  t.steps.resize(1);
  t.journeys.resize(1);
  t.steps[0].ended = ended;
  t.steps[0].failed = 1;
  t.steps[0].errors[static_cast<std::size_t>(ErrorClass::Timeout)] = 1;
  t.steps[0].latency.record(10ms, ended);
  t.journeys[0].due_in(second).ended = ended;
  return t;
}

TEST(Merger, ASecondIsToldWhenEveryLoopHasToldIt) {
  const auto p = program();
  Merger merger(p, 2, {0, 1});
  EXPECT_TRUE(merger.add(0, tally(0, 5)).empty());
  EXPECT_TRUE(merger.add(0, tally(1, 6)).empty());
  const auto first = merger.add(1, tally(0, 7));
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].second, 0);
  EXPECT_EQ(first[0].steps[0].ended, 12u);
  EXPECT_EQ(first[0].steps[0].errors.at("timeout"), 2u);
  EXPECT_EQ(first[0].steps[0].latency.count(), 12u);
  EXPECT_EQ(first[0].journeys[0].ended_by_due.at("0"), 12u);
  EXPECT_DOUBLE_EQ(first[0].asked, 100);
  EXPECT_FALSE(first[0].last);
}

TEST(Merger, ALoopThatHasDrainedIsNotWaitedFor) {
  const auto p = program();
  Merger merger(p, 2, {0, 1});
  EXPECT_TRUE(merger.add(0, tally(0, 5, true)).empty());
  EXPECT_EQ(merger.add(1, tally(0, 5)).size(), 1u);
  EXPECT_EQ(merger.add(1, tally(1, 5)).size(), 1u);
  const auto last = merger.add(1, tally(2, 5, true));
  ASSERT_EQ(last.size(), 1u);
  EXPECT_TRUE(last[0].last);
}

TEST(Merger, AsksForItsShareAndForNothingAfterTheStop) {
  const auto p = program();
  Merger merger(p, 1, {1, 4});
  EXPECT_DOUBLE_EQ(merger.add(0, tally(0, 1))[0].asked, 25);
  merger.stopped_at(1500ms);
  EXPECT_DOUBLE_EQ(merger.add(0, tally(1, 1))[0].asked, 12.5);
  EXPECT_DOUBLE_EQ(merger.add(0, tally(2, 1, true))[0].asked, 0);
}

}  // namespace
}  // namespace gunflint
