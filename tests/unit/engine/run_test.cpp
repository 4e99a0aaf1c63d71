#include "engine/run.hpp"

#include <gtest/gtest.h>

#include "simulation.hpp"

namespace gunflint {
namespace {

using namespace simulation;
using Lines = std::vector<std::string>;

template <class T>
T only(const Simulation& simulation) {
  const auto found = simulation.of_kind(T::kind);
  EXPECT_EQ(found.size(), 1u) << T::kind;
  return std::get<T>(found.at(0).what);
}

std::vector<double> times(const Simulation& simulation, std::string_view kind) {
  std::vector<double> all;
  for (const auto& event : simulation.of_kind(kind)) all.push_back(seconds(event.at));
  return all;
}

Experiment with_load(Duration length = 60s) {
  Experiment experiment = bare();
  experiment.loads.push_back(steady_load(length));
  experiment.steady_state.push_back(errors_below("5%"));
  experiment.steady_state[0].window = 1s;
  experiment.gate = 10s;
  experiment.recovery = {10s, 10s};
  return experiment;
}

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

TEST(Semantics26, AFaultOnAVanishedMemberEndsAsGone) {
  Experiment experiment = bare();
  experiment.faults = {noop("nothing", at(5s), 60s)};
  Simulation simulation(experiment);
  RestoreDone gone;
  gone.injection = "sim.1";
  gone.gone = true;
  gone.by = "agent";
  simulation.at(10s, AgentSaid{"local", gone});
  simulation.run();
  EXPECT_TRUE(only<Undone>(simulation).gone);
  EXPECT_EQ(simulation.when("fault_ended"), 10s);
}

TEST(Semantics27, NewMembersAreInjectedWhenAsked) {
  World world;
  world.members = [](const std::string&, Duration t) {
    return t < 10s ? Lines{"a", "b"} : Lines{"a", "b", "c"};
  };
  Experiment experiment = bare();
  experiment.faults = {noop("nothing", at(5s), 20s)};
  experiment.faults[0].pick.all = true;
  Simulation ignoring(experiment, world);
  ignoring.run();
  EXPECT_EQ(ignoring.of_kind("injected").size(), 2u);
  experiment.faults[0].new_members = NewMembers::Inject;
  Simulation taking(experiment, world);
  taking.run();
  ASSERT_EQ(taking.of_kind("injected").size(), 3u);
  EXPECT_EQ(std::get<Injected>(taking.of_kind("injected")[2].what).member, "c");
  EXPECT_EQ(taking.of_kind("undone").size(), 3u);
  EXPECT_EQ(taking.when("fault_ended"), 25020ms);
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

TEST(Semantics32, ARefusedInjectionIsInconclusive) {
  Experiment experiment = bare();
  experiment.faults = {noop("wide", at(5s), 5s)};
  experiment.faults[0].pick.all = true;
  experiment.blast_radius.max_members = 2;
  Simulation simulation(experiment);
  simulation.run();
  EXPECT_EQ(only<FaultSkipped>(simulation).why,
            "3 members would be under fault, `max_members` allows 2");
  EXPECT_EQ(simulation.exit(), 7);
}

TEST(Semantics32, MaxShareRoundsDownAndCountsDistinctMembers) {
  Experiment experiment = bare();
  experiment.faults = {noop("one", at(5s), 20s), noop("two", at(10s), 5s)};
  experiment.blast_radius.max_share = Share{0.5};  // of three members: one
  experiment.faults[0].pick.where = "a";
  experiment.faults[1].pick.where = "a";
  Simulation same(experiment);
  same.run();
  EXPECT_EQ(same.of_kind("injected").size(), 2u);  // the same member twice is one member
  experiment.faults[1].pick.where = "b";
  Simulation other(experiment);
  other.run();
  EXPECT_EQ(other.of_kind("injected").size(), 1u);
  EXPECT_EQ(only<FaultSkipped>(other).fault, "two");
}

TEST(Semantics32, KeepReadyIsCheckedBeforeEachInjection) {
  World world;
  world.members = [](const std::string&, Duration) { return Lines{"a"}; };
  Experiment experiment = bare();
  experiment.faults = {noop("one", at(5s), 5s)};
  experiment.blast_radius.keep_ready = 2;
  Simulation simulation(experiment, world);
  simulation.run();
  EXPECT_EQ(only<FaultSkipped>(simulation).why,
            "1 of 1 ready members of `web` would be left, `keep_ready` asks for 2");
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
  EXPECT_NE(fails.exit(), 0);
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

TEST(AllOrNothing, OneRefusalTakesTheOthersBack) {
  World world;
  world.refuse = [](const Inject& i, Duration) { return i.member.id == "b" ? "no" : ""; };
  Experiment experiment = bare();
  experiment.faults = {noop("all", at(5s), 30s)};
  experiment.faults[0].pick.all = true;
  Simulation simulation(experiment, world);
  simulation.run();
  EXPECT_EQ(simulation.of_kind("injected").size(), 2u);
  EXPECT_EQ(only<InjectionFailed>(simulation).member, "b");
  EXPECT_EQ(simulation.of_kind("undone").size(), 2u);
  EXPECT_EQ(simulation.when("fault_ended"), 5040ms);
  EXPECT_NE(simulation.exit(), 0);
}

TEST(AllOrNothing, MinMembersRelaxesIt) {
  World world;
  world.refuse = [](const Inject& i, Duration) { return i.member.id == "b" ? "no" : ""; };
  Experiment experiment = bare();
  experiment.faults = {noop("most", at(5s), 30s)};
  experiment.faults[0].pick.all = true;
  experiment.faults[0].min_members = 2;
  Simulation simulation(experiment, world);
  simulation.run();
  EXPECT_EQ(simulation.when("fault_ended"), 35020ms);
}

TEST(Bite, AGapOfMoreThanTwoSecondsIsLost) {
  World world;
  world.bites = [](const Inject&, Duration t) { return t < 20s || t > 25s; };
  Experiment experiment = bare();
  experiment.faults = {noop("toothless", at(5s), 60s)};
  Simulation simulation(experiment, world);
  simulation.run();
  ASSERT_EQ(simulation.of_kind("bite_lost").size(), 1u);
  EXPECT_NEAR(seconds(*simulation.when("bite_lost")), 21.0, 1.1);
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

TEST(Rule13, AClockJumpEndsTheRunRestoredAndInconclusive) {
  Experiment experiment = bare();
  experiment.faults = {noop("nothing", at(5s), 60s)};
  Simulation simulation(experiment);
  simulation.at(10s, ClockJump{90s});
  simulation.run();
  EXPECT_EQ(simulation.when("undone"), 10020ms);
  EXPECT_EQ(simulation.exit(), 7);
}

TEST(Semantics35, AVictimStillGoneAtTheEndFails) {
  // `kill` in miniature: an instant fault that only the platform heals.
  static const FaultKind kill = [] {
    FaultKind kind = *find_fault("noop");
    kind.name = "kill";
    kind.instant = true;
    kind.healing = [](const Value&) { return Healing::ByPlatform; };
    return kind;
  }();
  for (const bool heals : {true, false}) {
    World world;
    world.members = [heals](const std::string&, Duration t) {
      if (t < 6s) return Lines{"a", "b"};
      return heals && t > 8s ? Lines{"a", "c"} : Lines{"a"};
    };
    Experiment experiment = with_load(30s);
    experiment.steady_state.clear();
    experiment.faults = {noop("lose one", at(5s), {})};
    experiment.faults[0].pick.where = "b";
    Simulation simulation(experiment, world, false, &kill);
    simulation.run();
    EXPECT_EQ(simulation.of_kind("left_changed").size(), heals ? 0u : 1u);
    EXPECT_EQ(simulation.exit(), heals ? 0 : 1);
  }
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
