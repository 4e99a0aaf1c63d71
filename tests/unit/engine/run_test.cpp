// A run from its beginning to its end: order, phases, gate, bounds.
#include <gtest/gtest.h>

#include "engine/inbox.hpp"
#include "simulation.hpp"

namespace gunflint {
namespace {

using namespace simulation;

TEST(Semantics01, TheOrderOfARunWithNoop) {
  Experiment experiment = bare();
  experiment.faults.push_back(noop("nothing", at(5s), 10s));
  Simulation simulation(experiment);
  simulation.run();
  EXPECT_EQ(simulation.story(),
            (Lines{"0.0 load_started", "0.0 phase_started before", "5.0 gate_passed",
                   "5.0 fault_started nothing", "5.0 injected nothing a", "5.0 phase_started fault",
                   "15.0 undone nothing", "15.0 fault_ended nothing", "15.0 phase_started recovery",
                   "15.0 phase_started after", "15.0 recovered nothing", "15.0 phase_started drain",
                   "15.0 drained", "15.1 agent_closed local", "15.1 verdict", "15.1 run_ended"}));
  EXPECT_EQ(simulation.exit(), 0);
}

TEST(Semantics01, TwentyMinutesInMilliseconds) {
  Experiment experiment = with_load(20min);
  experiment.faults.push_back(noop("nothing", at(10min), 60s));
  Simulation simulation(experiment);
  simulation.run();
  EXPECT_EQ(simulation.exit(), 0);
  EXPECT_EQ(times(simulation, "second_closed").size(), 1200u);
}

TEST(Semantics04, TheLastStageIsHeldUntilEverythingIsDecided) {
  Experiment experiment = with_load(30s);
  experiment.faults = {noop("late", at(29s), 20s)};
  Simulation simulation(experiment);
  simulation.run();
  // 49 s all clear, then stable for 10 s.
  EXPECT_GE(*simulation.when("phase_started", "drain"), 59s);
  EXPECT_EQ(simulation.exit(), 0);
}

TEST(Semantics06, TheHardStopEndsTheRunUndone) {
  Experiment experiment = bare();
  experiment.time_limit = 20s;
  experiment.faults = {noop("long", at(5s), 10min)};
  Simulation simulation(experiment);
  simulation.run();
  EXPECT_EQ(simulation.when("undone", "long"), 20020ms);
  EXPECT_EQ(simulation.of_kind("left_behind").size(), 0u);
}

TEST(Semantics15, AWorkerThatStallsMakesTheRunInconclusiveNotHeld) {
  World world;
  // Everything fails while the worker is held up, and its results come when nobody waits any more.
  world.errors = [](Duration t) { return t >= 40s && t < 48s ? 1.0 : 0.0; };
  world.late_slice = [](int s) { return s >= 40 && s < 48 ? std::chrono::seconds(50 - s) : 0s; };
  Experiment experiment = with_load(80s);
  experiment.faults = {noop("nothing", at(25s), 30s)};
  Simulation simulation(experiment, world);
  simulation.run();
  EXPECT_EQ(simulation.exit(), 7);
}

TEST(Inbox, WhatItDropsIsATroubleOfTheRunOnce) {
  Inbox inbox(2, 0ms);
  inbox.put(Tick{}, Time{});
  inbox.put(Tick{}, Time{});
  EXPECT_FALSE(inbox.overflow());
  inbox.put(Tick{}, Time{});
  const auto trouble = inbox.overflow();
  ASSERT_TRUE(trouble);
  EXPECT_NE(trouble->why.find("dropped"), std::string::npos);
  EXPECT_FALSE(inbox.overflow());
  Simulation simulation(with_load(60s));
  simulation.at(20s, *trouble);
  simulation.run();
  EXPECT_EQ(simulation.exit(), 6);
}

TEST(Semantics08, PhasesFollowTheFaults) {
  Experiment experiment = with_load(100s);
  experiment.faults = {noop("one", at(25s), 5s), noop("two", at(60s), 5s)};
  Simulation simulation(experiment);
  simulation.run();
  Lines phases;
  for (const auto& event : simulation.of_kind("phase_started"))
    phases.push_back(std::get<PhaseStarted>(event.what).phase);
  EXPECT_EQ(phases,
            (Lines{"before", "fault", "recovery", "after", "fault", "recovery", "after", "drain"}));
}

TEST(Semantics09, ARedGateTouchesNothing) {
  World world;
  world.errors = [](Duration t) { return t < 20s ? 0.5 : 0.0; };
  Experiment experiment = with_load(60s);
  experiment.faults = {noop("nothing", at(25s), 5s)};
  Simulation simulation(experiment, world);
  simulation.run();
  EXPECT_EQ(simulation.exit(), 3);
  EXPECT_EQ(simulation.of_kind("gate_failed").size(), 1u);
  for (const auto& [when, task] : simulation.tasks())
    EXPECT_FALSE(std::holds_alternative<AskAgent>(task));
}

TEST(Semantics09, RedBeforeTheGateIsForgiven) {
  World world;
  world.errors = [](Duration t) { return t < 10s ? 0.5 : 0.0; };
  Experiment experiment = with_load(60s);
  experiment.faults = {noop("nothing", at(35s), 5s)};
  Simulation simulation(experiment, world);
  simulation.run();
  EXPECT_EQ(simulation.exit(), 0);
}

TEST(Rule13, AClockJumpEndsTheRunRestoredAndInconclusive) {
  Experiment experiment = bare();
  experiment.faults = {noop("nothing", at(5s), 60s)};
  Simulation simulation(experiment);
  simulation.at(10s, ClockJump{90s});
  simulation.run();
  EXPECT_EQ(simulation.when("undone"), 10020ms);
  EXPECT_EQ(simulation.exit(), 7);
}

TEST(FailFast, EndsAtTheFirstFailure) {
  World world;
  world.errors = [](Duration t) { return t >= 30s && t < 33s ? 1.0 : 0.0; };
  Experiment experiment = with_load(300s);
  experiment.faults = {noop("nothing", at(25s), 60s)};
  Simulation patient(experiment, world), hasty(experiment, world, true);
  patient.run();
  hasty.run();
  EXPECT_EQ(patient.exit(), 1);
  EXPECT_EQ(hasty.exit(), 1);
  EXPECT_GT(*patient.when("run_ended"), 300s);
  EXPECT_LT(*hasty.when("run_ended"), 60s);
}

}  // namespace
}  // namespace gunflint
