// Members that vanish, appear, refuse, or may not all be touched.
#include <gtest/gtest.h>

#include "simulation.hpp"

namespace gunflint {
namespace {

using namespace simulation;

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

/// `kill` in miniature: an instant fault that only the platform heals.
const FaultKind& kill() {
  static const FaultKind kind = [] {
    FaultKind made = *find_fault("noop");
    made.name = "kill";
    made.instant = true;
    made.healing = [](const Value&) { return Healing::ByPlatform; };
    return made;
  }();
  return kind;
}

TEST(Semantics35, AnUnknownTargetAtTheEndIsInconclusiveNeverHeld) {
  World world;
  world.members = [](const std::string&, Duration t) {
    return t < 6s ? Lines{"a", "b"} : Lines{"a"};
  };
  world.blind_from = 6s;
  Experiment experiment = with_load(30s);
  experiment.steady_state.clear();
  experiment.faults = {noop("lose one", at(5s), {})};
  Simulation simulation(experiment, world, false, &kill());
  simulation.run();
  EXPECT_EQ(only<LeftChanged>(simulation).member, "");
  EXPECT_EQ(simulation.exit(), 7);
}

TEST(Semantics35, ARunThatEndsWithItsKillLooksOnceMore) {
  for (const bool heals : {true, false}) {
    World world;
    world.members = [heals](const std::string&, Duration t) {
      return t < 5s || heals ? Lines{"a", "b"} : Lines{"a"};
    };
    Experiment experiment = bare();
    experiment.faults = {noop("lose one", at(5s), {})};
    Simulation simulation(experiment, world, false, &kill());
    simulation.run();
    EXPECT_EQ(simulation.exit(), heals ? 0 : 1);
  }
}

TEST(Semantics35, AVictimStillGoneAtTheEndFails) {
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
    Simulation simulation(experiment, world, false, &kill());
    simulation.run();
    EXPECT_EQ(simulation.of_kind("left_changed").size(), heals ? 0u : 1u);
    EXPECT_EQ(simulation.exit(), heals ? 0 : 1);
  }
}

}  // namespace
}  // namespace gunflint
