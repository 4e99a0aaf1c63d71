#include "cli/load_stage_sums.hpp"

#include <gtest/gtest.h>

namespace gunflint {
namespace {

LoadSpec three_stages() {
  LoadSpec load;
  load.name = "shop";
  const auto add = [&](const char* name, Duration length) {
    Stage stage;
    stage.name = name;
    stage.rate = Rate{10};
    stage.length = length;
    load.stages.push_back(stage);
  };
  add("10/s", 2s);
  add("surge", 1500ms);
  add("10/s", 10s);
  return load;
}

Slice answers_in(int n) {
  Slice s;
  s.load = "shop";
  s.second = n;
  StepSlice step;
  step.ended = 10;
  s.steps = {step};
  return s;
}

TEST(StageSums, ASecondIsOfTheStageInWhichItBegins) {
  StageSums sums(three_stages());
  for (int n = 0; n < 20; ++n) sums.add(answers_in(n));
  const auto stages = sums.finish(13500ms);
  ASSERT_EQ(stages.size(), 3u);
  EXPECT_EQ(stages[0].sum.requests, 20u);
  EXPECT_EQ(stages[1].sum.requests, 20u) << "the seconds 2 and 3: the latter begins in it, at 3.0";
  EXPECT_EQ(stages[2].sum.requests, 160u) << "all that is answered afterwards is the last one's";
  EXPECT_EQ(stages[1].from, 2);
  EXPECT_EQ(stages[1].length, 2);
  EXPECT_EQ(stages[2].length, 9.5);
  EXPECT_EQ(stages[0].name, "10/s for 2s");
  EXPECT_EQ(stages[1].name, "surge: 10/s for 1s500ms");
}

TEST(StageSums, WhatDidNotHappenHasNoLength) {
  StageSums sums(three_stages());
  Slice warm = answers_in(0);
  warm.warm_up = true;
  sums.add(warm);
  sums.add(answers_in(1));
  const auto stages = sums.finish(1500ms);
  EXPECT_EQ(stages[0].length, 0.5) << "the first of its seconds was warm-up";
  EXPECT_EQ(stages[0].sum.requests, 10u);
  EXPECT_EQ(stages[1].length, 0);
}

TEST(StageSums, OnlyTheNumberIsNoName) {
  LoadSpec load = three_stages();
  load.stages[0].name = "stage 1";
  load.stages[1].name = "stage left";
  const auto stages = StageSums(load).finish(10s);
  EXPECT_EQ(stages[0].name, "10/s for 2s");
  EXPECT_EQ(stages[1].name, "stage left: 10/s for 1s500ms");
}

TEST(StageSums, OneStageIsTheLoad) {
  LoadSpec load = three_stages();
  load.stages.resize(1);
  EXPECT_TRUE(StageSums(load).finish(10s).empty());
}

}  // namespace
}  // namespace gunflint
