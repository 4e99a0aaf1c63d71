// How a run ends that does not end by itself, and what its exit code is.
#include <gtest/gtest.h>

#include "simulation.hpp"

namespace gunflint {
namespace {

using namespace simulation;

TEST(Bite, AGapOfMoreThanTwoSecondsIsLost) {
  World world;
  world.bites = [](const Inject&, Duration t) { return t < 20s || t > 25s; };
  Experiment experiment = bare();
  experiment.faults = {noop("toothless", at(5s), 60s)};
  Simulation simulation(experiment, world);
  simulation.run();
  ASSERT_EQ(simulation.of_kind("bite_lost").size(), 1u);
  EXPECT_NEAR(seconds(*simulation.when("bite_lost")), 19.0, 0.1) << "since it was last seen";
  EXPECT_EQ(simulation.exit(), 7);
}

TEST(Bite, AReadingThatIsOnlySlowIsNoLoss) {
  World world;
  world.bite_takes = [](Duration t) { return t > 20s && t < 40s ? 2400ms : Duration(0); };
  Experiment experiment = bare();
  experiment.faults = {noop("slowly read", at(5s), 60s)};
  Simulation simulation(experiment, world);
  simulation.run();
  EXPECT_EQ(simulation.of_kind("bite_lost").size(), 0u);
  EXPECT_EQ(simulation.exit(), 0);
}

TEST(Bite, NoReadingForMoreThanTwoSecondsIsALoss) {
  World world;
  world.bite_takes = [](Duration t) { return t > 20s && t < 40s ? 2500ms : Duration(0); };
  world.bite_unknown = [](Duration t) { return t > 20s && t < 40s ? "it took too long" : ""; };
  Experiment experiment = bare();
  experiment.faults = {noop("unreadable", at(5s), 60s)};
  Simulation simulation(experiment, world);
  simulation.run();
  ASSERT_EQ(simulation.of_kind("bite_lost").size(), 1u);
  EXPECT_NEAR(seconds(*simulation.when("bite_lost")), 20.0, 1.1);
  EXPECT_EQ(simulation.exit(), 7);
}

TEST(Bite, ALossNamesItsOwnReasonAndNotAnOlderDoubt) {
  for (const bool told : {true, false}) {
    World world;
    world.bite_unknown = [](Duration t) { return t > 20s && t < 21s ? "it took too long" : ""; };
    if (told)
      world.bites = [](const Inject&, Duration t) { return t < 40s; };
    else
      world.bite_takes = [](Duration t) { return t > 40s ? 1h : Duration(0); };
    Experiment experiment = bare();
    experiment.faults = {noop("changed by others", at(5s), 60s)};
    Simulation simulation(experiment, world);
    simulation.run();
    EXPECT_NE(
        only<BiteLost>(simulation).why.find(told ? ": as asked" : ": nothing was heard of it"),
        std::string::npos)
        << only<BiteLost>(simulation).why;
  }
}

TEST(Bite, AnAgentThatSaysNothingOfItAtAllIsALoss) {
  World world;
  world.bite_takes = [](Duration t) { return t > 20s ? 1h : Duration(0); };
  Experiment experiment = bare();
  experiment.faults = {noop("untold", at(5s), 60s)};
  Simulation simulation(experiment, world);
  simulation.run();
  EXPECT_NEAR(seconds(*simulation.when("bite_lost")), 20.0, 1.1);
  EXPECT_EQ(simulation.exit(), 7);
}

TEST(Semantics41, AGuardAbortsAndTakesBack) {
  World world;
  world.errors = [](Duration t) { return t >= 30s ? 0.5 : 0.0; };
  Experiment experiment = with_load(90s);
  experiment.faults = {noop("nothing", at(25s), 60s)};
  Guard guard;
  guard.name = "too many errors";
  guard.of = OfLoad{};
  guard.when = *parse_condition("error_rate > 25%", {});
  guard.lasting = 5s;
  experiment.abort.push_back(guard);
  Simulation simulation(experiment, world);
  simulation.run();
  EXPECT_EQ(simulation.exit(), 4);
  ASSERT_TRUE(simulation.when("guard_tripped"));
  EXPECT_LE(*simulation.when("guard_tripped"), 45s);
  EXPECT_LE(*simulation.when("undone") - *simulation.when("guard_tripped"), 1s);
}

TEST(Semantics42, ASignalTakesEverythingBackAndNamesItself) {
  for (const auto& [number, exit] : {std::pair{2, 130}, {15, 143}, {1, 129}}) {
    Experiment experiment = bare();
    experiment.faults = {noop("nothing", at(5s), 60s)};
    Simulation simulation(experiment);
    simulation.at(10s, SignalCame{number});
    simulation.run();
    EXPECT_EQ(simulation.when("undone"), 10020ms);
    EXPECT_EQ(simulation.exit(), exit);
  }
}

TEST(Semantics42, ARefusalNeverHidesASignalOrSomethingLeftBehind) {
  for (const bool signalled : {true, false}) {
    World world;
    world.agents_clean = signalled;
    Experiment experiment = bare();
    experiment.faults = {noop("nothing", at(5s), 1s)};
    Simulation simulation(experiment, world);
    simulation.at(-500ms, Refused{Outcome::NotStarted, "a lock is held"});
    if (signalled) simulation.at(-500ms, SignalCame{2});
    simulation.run();
    EXPECT_EQ(simulation.exit(), signalled ? 130 : 5);
  }
  Simulation plain(bare());
  plain.at(-500ms, Refused{Outcome::Invalid, "there is no such fault"});
  plain.run();
  EXPECT_EQ(plain.exit(), 2);
}

TEST(Semantics42, OnOverloadAbortIsAnAbortAndALostWorkerAToolError) {
  for (const bool asked : {true, false}) {
    Experiment experiment = with_load(60s);
    experiment.faults = {noop("nothing", at(25s), 20s)};
    Simulation simulation(experiment);
    simulation.at(30s, WorkerGone{"more was due than may be under way", asked});
    simulation.run();
    EXPECT_EQ(simulation.exit(), asked ? 4 : 6);
    EXPECT_TRUE(simulation.when("undone"));
  }
}

TEST(Semantics42, ASignalWhileInjectingTakesBackWhatComesOfIt) {
  Experiment experiment = bare();
  experiment.faults = {noop("nothing", at(5s), 60s)};
  Simulation simulation(experiment);
  simulation.at(5010ms, SignalCame{2});
  simulation.run();
  EXPECT_EQ(simulation.when("undone"), 5040ms);
  EXPECT_EQ(simulation.exit(), 130);
}

TEST(Semantics42, AnUndoThatCannotBeVerifiedIsFive) {
  World world;
  world.restores = [](const std::string&) { return false; };
  Experiment experiment = bare();
  experiment.faults = {noop("nothing", at(5s), 5s)};
  Simulation simulation(experiment, world);
  simulation.at(8s, SignalCame{2});
  simulation.run();
  EXPECT_EQ(only<LeftBehind>(simulation).command, "echo max > pids.max");
  EXPECT_EQ(simulation.exit(), 5);
}

TEST(Semantics42, ALostAgentIsRecoveredAndAToolError) {
  Experiment experiment = bare();
  experiment.faults = {noop("nothing", at(5s), 60s)};
  Simulation simulation(experiment);
  simulation.at(10s, AgentGone{"local", "the pipe closed"});
  simulation.run();
  EXPECT_EQ(only<Undone>(simulation).by, "recovery");
  EXPECT_EQ(simulation.exit(), 6);
}

TEST(Semantics42, AnAgentThatWasToldToEndIsASignalAndUndone) {
  for (const auto& [why, exit] : {std::pair{"signal", 143}, {"guardian", 6}}) {
    Experiment experiment = bare();
    experiment.faults = {noop("nothing", at(5s), 60s)};
    Simulation simulation(experiment);
    // `gunflint stop`: the agent takes back, says so, and its pipe closes.
    RestoreDone done;
    done.injection = "sim.1";
    done.verified = true;
    done.by = "agent";
    simulation.at(10s, AgentSaid{"local", done});
    simulation.at(10s, AgentSaid{"local", Closed{true, {}, why}});
    simulation.at(10010ms, AgentGone{"local", "its pipe was closed"});
    simulation.run();
    EXPECT_EQ(simulation.exit(), exit) << why;
    EXPECT_EQ(simulation.of_kind("left_behind").size(), 0u);
    EXPECT_EQ(simulation.of_kind("agent_lost").size(), 0u);
    EXPECT_EQ(simulation.of_kind("agent_closed").size(), 1u);
    EXPECT_EQ(simulation.when("undone"), 10s);
  }
}

/// The undo of a one-shot arrives, everything is decided, and only then the agent says why it ends.
TEST(Semantics42, AnUndoThatComesBeforeTheWordOfItsAgentIsNotANormalEnd) {
  World world;
  world.agents_end_by = "signal";
  Experiment experiment = bare();
  experiment.faults = {noop("nothing", at(5s), 60s)};
  Simulation simulation(experiment, world);
  RestoreDone done;
  done.injection = "sim.1";
  done.verified = true;
  done.by = "agent";
  simulation.at(10s, AgentSaid{"local", done});
  simulation.run();
  EXPECT_EQ(simulation.exit(), 143);
  EXPECT_EQ(simulation.of_kind("signalled").size(), 1u);
  EXPECT_EQ(simulation.of_kind("left_behind").size(), 0u);
}

TEST(Semantics42, ASignalOfOurOwnIsNotToldTwice) {
  World world;
  world.agents_end_by = "signal";  // a closed terminal reaches both
  Experiment experiment = bare();
  experiment.faults = {noop("nothing", at(5s), 60s)};
  Simulation simulation(experiment, world);
  simulation.at(10s, SignalCame{1});
  simulation.run();
  EXPECT_EQ(simulation.exit(), 129);
  EXPECT_EQ(simulation.of_kind("signalled").size(), 1u);
}

/// Semantics 6: every wait has an end.
TEST(Semantics42, ALostAgentWithoutASuccessorIsFiveAfterAMinute) {
  World world;
  world.recovers = false;
  Experiment experiment = bare();
  experiment.faults = {noop("nothing", at(5s), 60s)};
  Simulation simulation(experiment, world);
  simulation.at(10s, AgentGone{"local", "the pipe closed"});
  simulation.run();
  ASSERT_TRUE(simulation.when("left_behind"));
  EXPECT_EQ(*simulation.when("left_behind"), 70s);
  EXPECT_LE(*simulation.when("run_ended"), 80s);
  EXPECT_EQ(simulation.exit(), 5);
}

TEST(Semantics42, WhatAFailedInjectionLeavesBehindIsFive) {
  World world;
  world.refuse = [](const Inject&, Duration) { return "half-way it failed"; };
  Experiment experiment = bare();
  experiment.faults = {noop("half", at(5s), 10s)};
  Simulation simulation(experiment, world);
  RestoreDone stays;
  stays.injection = "sim.1";
  stays.why = "somebody else changed it";
  stays.left = "limit on a: somebody else changed it";
  stays.command = "look at it by hand";
  simulation.at(5030ms, AgentSaid{"local", stays});
  simulation.at(5040ms, AgentSaid{"local", stays});
  simulation.run();
  EXPECT_EQ(only<LeftBehind>(simulation).command, "look at it by hand");
  EXPECT_EQ(only<LeftBehind>(simulation).member, "a");
  EXPECT_EQ(simulation.exit(), 5);
}

TEST(Semantics42, WhatAnAgentLeavesBehindIsFiveAlsoWithoutAFault) {
  World world;
  world.agents_clean = false;
  Experiment experiment = with_load(20s);
  Simulation simulation(experiment, world);
  simulation.run();
  EXPECT_EQ(simulation.exit(), 5);
}

TEST(Semantics42, ALostAgentThatStaysDirtyIsFive) {
  World world;
  world.agents_clean = false;
  Experiment experiment = bare();
  experiment.faults = {noop("nothing", at(5s), 60s)};
  Simulation simulation(experiment, world);
  simulation.at(10s, AgentGone{"local", "the pipe closed"});
  simulation.run();
  EXPECT_GE(simulation.of_kind("left_behind").size(), 1u);
  EXPECT_EQ(simulation.exit(), 5);
}

}  // namespace
}  // namespace gunflint
