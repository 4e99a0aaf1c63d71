// What the schedule says of stages that are no rate.
#include <gtest/gtest.h>

#include "engine/schedule.hpp"

namespace gunflint {
namespace {

Stage stage(const std::string& name, Duration length) {
  Stage s;
  s.name = name;
  s.length = length;
  return s;
}

TEST(PlannedStages, ARampBehindUsersBeginsAtNothing) {
  Experiment experiment;
  LoadSpec load;
  load.name = "shop";
  load.stages = {stage("normal", 10s), stage("crowd", 20s), stage("climb", 30s)};
  load.stages[0].rate = Rate{50};
  load.stages[1].users = 64;
  load.stages[2].ramp_to = Rate{20};
  experiment.loads.push_back(load);
  const Schedule schedule(experiment);
  const auto& planned = schedule.stages();
  ASSERT_EQ(planned.size(), 3u);
  EXPECT_FALSE(planned[0].users);
  EXPECT_EQ(planned[1].users, 64);
  EXPECT_EQ(planned[1].from_rate, 0);
  EXPECT_EQ(planned[1].to_rate, 0);
  EXPECT_EQ(planned[2].from_rate, 0);
  EXPECT_EQ(planned[2].to_rate, 20);
  EXPECT_EQ(schedule.stages_end(), 60s);
}

TEST(PlannedStages, ALogIsToldInWords) {
  Experiment experiment;
  LoadSpec load;
  load.name = "shop";
  load.replay.emplace();
  load.replay->file = "/logs/access.log";
  load.replay->timed = true;
  load.replay->requests = 1200;
  load.replay->length = 60s;
  load.stages = {stage("replay", 60s)};
  load.stages[0].rate = Rate{20};
  experiment.loads.push_back(load);
  const auto planned = Schedule(experiment).stages();
  ASSERT_EQ(planned.size(), 1u);
  EXPECT_TRUE(planned[0].timed);
  EXPECT_EQ(planned[0].replay, "access.log: 1,200 requests in 1m");
}

TEST(PlannedStages, TheGateWaitsForTheWarmUp) {
  Experiment experiment;
  LoadSpec load;
  load.name = "shop";
  load.warm_up = 15s;
  load.stages = {stage("normal", 60s)};
  load.stages[0].rate = Rate{20};
  experiment.loads.push_back(load);
  Hypothesis h;
  h.of = OfLoad{"shop", "", ""};
  h.window = 10s;
  experiment.steady_state.push_back(h);
  experiment.gate = 30s;
  EXPECT_EQ(Schedule(experiment).gate_end(), 30s + 15s + 10s + 2s);
  experiment.steady_state[0].of = OfPrometheus{"up"};
  EXPECT_EQ(Schedule(experiment).gate_end(), 30s + 10s + 2s) << "only loads are warmed up";
}

}  // namespace
}  // namespace gunflint
