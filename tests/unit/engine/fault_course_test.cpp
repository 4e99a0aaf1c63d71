// When a fault starts, on whom, and how often.
#include <gtest/gtest.h>

#include "simulation.hpp"

namespace gunflint {
namespace {

using namespace simulation;

TEST(Semantics02, EveryKindOfStartMoment) {
  Experiment experiment = with_load(30s);
  experiment.steady_state.clear();
  experiment.loads[0].stages.push_back(experiment.loads[0].stages[0]);
  experiment.loads[0].stages[1].name = "surge";
  experiment.faults = {noop("by time", at(12s), 3s),
                       noop("by stage", at("surge", 5s), 3s),
                       noop("by fault", at("by stage", 1s), 1s),
                       noop("after fault", after("by stage", 2s), 1s),
                       noop("while", during("surge"), {}),
                       noop("after stage", after("normal"), 1s),
                       noop("load.stage", at("shoppers.surge", 7s), 1s)};
  Simulation simulation(experiment);
  simulation.run();
  const auto began = [&](const char* name) { return simulation.when("fault_started", name); };
  EXPECT_EQ(began("by time"), 12s);
  EXPECT_EQ(began("by stage"), 35s);
  EXPECT_EQ(began("by fault"), 36020ms);     // its first verified injection, and one second
  EXPECT_EQ(began("after fault"), 40020ms);  // its last verified undo, and two seconds
  EXPECT_EQ(began("while"), 30s);
  EXPECT_EQ(began("after stage"), 30s);
  EXPECT_EQ(began("load.stage"), 37s);
  EXPECT_EQ(simulation.when("undone", "while"), 60020ms);
}

TEST(Semantics02, AfterRecoveryWaitsForTheRecovery) {
  Experiment experiment = with_load(90s);
  experiment.faults = {noop("first", at(25s), 5s), noop("second", after_recovery("first"), 5s)};
  Simulation simulation(experiment);
  simulation.run();
  const auto second = simulation.when("fault_started", "second");
  ASSERT_TRUE(second);
  // Known only after it has been stable for 10 s.
  EXPECT_GE(*second, 40s);
  EXPECT_LE(*second, 44s);
  EXPECT_EQ(simulation.exit(), 0);
}

TEST(Semantics02, WithoutAStartMomentItBeginsWhenTheGateHasPassed) {
  Experiment experiment = with_load(60s);
  experiment.faults = {noop("nothing", {}, 5s)};
  Simulation simulation(experiment);
  simulation.run();
  EXPECT_EQ(simulation.when("fault_started"),
            13s);  // window 1 s, gate 10 s, 2 s for the last slice
  EXPECT_EQ(simulation.exit(), 0);
}

TEST(Semantics02, WhatFollowsASkippedFaultIsSkipped) {
  Experiment experiment = bare();
  experiment.faults = {noop("nobody", at(1s), 1s), noop("follower", after("nobody"), 1s)};
  experiment.faults[0].pick.where = "no such member";
  experiment.targets[0].on_empty = OnEmpty::Skip;
  Simulation simulation(experiment);
  simulation.run();
  EXPECT_EQ(simulation.of_kind("fault_skipped").size(), 2u);
  EXPECT_EQ(simulation.exit(), 7);
}

TEST(Semantics07, ARepeatedFaultIsOneFaultAndActiveThroughItsPauses) {
  Experiment experiment = bare();
  experiment.faults = {noop("again", at(5s), 2s)};
  experiment.faults[0].repeat = Repeat{10s, 0s, 3};
  Simulation simulation(experiment);
  simulation.run();
  EXPECT_EQ(times(simulation, "fault_started"), (std::vector<double>{5, 15, 25}));
  EXPECT_EQ(times(simulation, "fault_ended").size(), 1u);
  EXPECT_EQ(simulation.when("fault_ended"), 27020ms);
  EXPECT_EQ(simulation.when("phase_started", "recovery"), 27020ms);
}

TEST(Semantics31, PicksAreDrawnAnewBySeedForEachRepetition) {
  Experiment experiment = bare();
  experiment.faults = {noop("again", at(5s), 2s)};
  experiment.faults[0].repeat = Repeat{5s, 0s, 40};
  const auto drawn = [&](std::uint64_t seed) {
    experiment.seed = seed;
    Simulation simulation(experiment);
    simulation.run();
    std::string all;
    for (const auto& event : simulation.of_kind("injected"))
      all += std::get<Injected>(event.what).member;
    return all;
  };
  const std::string seven = drawn(7);
  RecordProperty("seed7", seven);
  EXPECT_EQ(seven, drawn(7));
  EXPECT_NE(seven, drawn(8));
  for (const char member : {'a', 'b', 'c'})
    EXPECT_GE(std::count(seven.begin(), seven.end(), member), 5) << seven;
}

TEST(Semantics33, RepeatIsStartToStartGiveOrTakeTheJitterUntilTheEndOfWhile) {
  Experiment experiment = with_load(100s);
  experiment.steady_state.clear();
  experiment.faults = {noop("again", during("normal"), 3s)};
  experiment.faults[0].repeat = Repeat{20s, 5s, {}};
  Simulation simulation(experiment);
  simulation.run();
  const auto starts = times(simulation, "fault_started");
  ASSERT_GE(starts.size(), 5u);  // the sixth may come just before the end
  bool moved = false;
  for (std::size_t i = 1; i < starts.size(); ++i) {
    EXPECT_NEAR(starts[i], 20.0 * static_cast<double>(i), 5.0);
    moved |= std::abs(starts[i] - 20.0 * static_cast<double>(i)) > 0.1;
  }
  EXPECT_TRUE(moved);
}

TEST(Semantics33, OneOfDrawsEachTime) {
  Experiment experiment = bare();
  FaultSpec either = noop("either", at(5s), 2s);
  either.one_of = {noop("short", {}, 1s), noop("long", {}, 3s)};
  either.repeat = Repeat{5s, 0s, 20};
  experiment.faults = {either};
  Simulation simulation(experiment);
  simulation.run();
  const auto starts = times(simulation, "injected"), ends = times(simulation, "undone");
  ASSERT_EQ(starts.size(), 20u);
  int of_short = 0;
  for (std::size_t i = 0; i < starts.size(); ++i) of_short += ends[i] - starts[i] < 2;
  EXPECT_GT(of_short, 2);
  EXPECT_LT(of_short, 18);
}

When probe_when(Duration timeout, When::OnTimeout on_timeout) {
  When when;
  when.of = of_exec();
  when.expect = *parse_condition("value > 0", {});
  when.timeout = timeout;
  when.on_timeout = on_timeout;
  return when;
}

TEST(Semantics34, WaitUntilStartsWhenItIsSo) {
  World world;
  world.probe = [](const std::string&, Duration t) { return std::optional(t < 20s ? 0.0 : 1.0); };
  Experiment experiment = bare();
  experiment.faults = {noop("patient", at(5s), 5s)};
  experiment.faults[0].wait_until = probe_when(60s, When::OnTimeout::Fail);
  Simulation simulation(experiment, world);
  simulation.run();
  EXPECT_EQ(simulation.when("fault_waiting"), 5s);
  EXPECT_GE(*simulation.when("fault_started"), 20s);
  EXPECT_LE(*simulation.when("fault_started"), 22s);
  EXPECT_EQ(simulation.exit(), 0);
}

TEST(Semantics34, OnTimeoutSkipsStartsOrFails) {
  World world;
  world.probe = [](const std::string&, Duration) { return std::optional(0.0); };
  Experiment experiment = bare();
  experiment.faults = {noop("patient", at(5s), 5s)};
  experiment.faults[0].wait_until = probe_when(10s, When::OnTimeout::Skip);
  Simulation skips(experiment, world);
  skips.run();
  EXPECT_EQ(skips.when("fault_skipped"), 15s);
  EXPECT_EQ(skips.exit(), 7);
  experiment.faults[0].wait_until->on_timeout = When::OnTimeout::Start;
  Simulation starts(experiment, world);
  starts.run();
  EXPECT_EQ(starts.when("fault_started"), 15s);
  experiment.faults[0].wait_until->on_timeout = When::OnTimeout::Fail;
  Simulation fails(experiment, world);
  fails.run();
  EXPECT_EQ(fails.of_kind("injected").size(), 0u);
  EXPECT_EQ(fails.exit(), 1);
  experiment.faults[0].optional = true;
  Simulation optional(experiment, world);
  optional.run();
  EXPECT_EQ(optional.exit(), 0);
}

TEST(Semantics34, OnEmptyFailsUnlessNothingIsKnown) {
  World world;
  Experiment experiment = bare();
  experiment.faults = {noop("nobody", at(10s), 1s)};
  experiment.faults[0].pick.where = "no such member";
  Simulation empty(experiment, world);
  empty.run();
  EXPECT_EQ(empty.exit(), 1);
  world.blind_from = 2s;
  Simulation unknown(experiment, world);
  unknown.run();
  EXPECT_EQ(unknown.exit(), 7);
}

TEST(Semantics34, OnlyIfSkipsAndOptionalDoesNotCount) {
  World world;
  world.probe = [](const std::string&, Duration) { return std::optional(0.0); };
  Experiment experiment = bare();
  experiment.faults = {noop("maybe", at(5s), 5s)};
  experiment.faults[0].only_if = probe_when(10s, When::OnTimeout::Skip);
  Simulation counts(experiment, world);
  counts.run();
  EXPECT_TRUE(only<FaultSkipped>(counts).counts);
  EXPECT_EQ(counts.exit(), 7);
  experiment.faults[0].optional = true;
  Simulation optional(experiment, world);
  optional.run();
  EXPECT_FALSE(only<FaultSkipped>(optional).counts);
  EXPECT_EQ(optional.exit(), 0);
}

}  // namespace
}  // namespace gunflint
