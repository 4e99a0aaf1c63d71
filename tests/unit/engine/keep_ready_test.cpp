// Semantics 32: `keep_ready` holds for all faults together, whatever was seen last.
#include <gtest/gtest.h>

#include "engine/member_set.hpp"
#include "simulation.hpp"

namespace gunflint {
namespace {

using namespace simulation;

/// `noop` as an instant fault that only the platform heals, or as one that holds a member still.
const FaultKind& kill_in_miniature() {
  static const FaultKind kind = [] {
    FaultKind k = *find_fault("noop");
    k.instant = true;
    k.healing = [](const Value&) { return Healing::ByPlatform; };
    k.takes_away = [](const Value&) { return true; };
    return k;
  }();
  return kind;
}
const FaultKind& pause_in_miniature() {
  static const FaultKind kind = [] {
    FaultKind k = *find_fault("noop");
    k.takes_away = [](const Value&) { return true; };
    return k;
  }();
  return kind;
}

World two_members() {
  World world;
  world.members = [](const std::string&, Duration) { return Lines{"a", "b"}; };
  return world;
}

Experiment kills(Duration first, Duration second) {
  Experiment experiment = bare();
  experiment.faults = {noop("one", at(first), {}), noop("two", at(second), {})};
  experiment.faults[0].pick.where = "a";
  experiment.faults[1].pick.where = "b";
  experiment.blast_radius.keep_ready = 1;
  return experiment;
}

TEST(Semantics32, TwoKillsBetweenTwoLooksDoNotTakeTheLastTwo) {
  for (const Duration second : {5000ms, 5010ms, 5500ms}) {
    Simulation simulation(kills(5s, second), two_members(), false, &kill_in_miniature());
    simulation.run();
    ASSERT_EQ(simulation.of_kind("injected").size(), 1u) << print(second);
    EXPECT_EQ(only<FaultSkipped>(simulation).why,
              "0 of 2 ready members of `web` would be left, `keep_ready` asks for 1");
    EXPECT_EQ(simulation.exit(), 7);
  }
}

TEST(Semantics32, ALaterLookThatSeesTheReplacementAllowsTheSecondKill) {
  Simulation simulation(kills(5s, 8s), two_members(), false, &kill_in_miniature());
  simulation.run();
  EXPECT_EQ(simulation.of_kind("injected").size(), 2u);
}

TEST(Semantics32, AMemberThatIsHeldStillIsNotReady) {
  Experiment all = bare();
  all.faults = {noop("all", at(5s), 5s)};
  all.faults[0].pick.all = true;
  all.blast_radius.keep_ready = 1;
  Simulation simulation(all, two_members(), false, &pause_in_miniature());
  simulation.run();
  EXPECT_EQ(simulation.of_kind("injected").size(), 0u);
  EXPECT_EQ(only<FaultSkipped>(simulation).why,
            "0 of 2 ready members of `web` would be left, `keep_ready` asks for 1");
}

TEST(Semantics32, WhatWeHaveGivenBackIsReadyAtOnce) {
  Experiment turns = kills(5s, 10100ms);
  for (auto& fault : turns.faults) fault.length = 5s;
  Simulation one_by_one(turns, two_members(), false, &pause_in_miniature());
  one_by_one.run();
  EXPECT_EQ(one_by_one.of_kind("injected").size(), 2u);
  turns = kills(5s, 8s);
  for (auto& fault : turns.faults) fault.length = 5s;
  Simulation together(turns, two_members(), false, &pause_in_miniature());
  together.run();
  EXPECT_EQ(together.of_kind("injected").size(), 1u);
}

/// Two targets whose selectors find the same two processes, one of them as a unit.
TEST(Semantics32, OneProcessOfTwoTargetsIsOneMember) {
  Experiment experiment = kills(5s, 8s);
  TargetSpec door = experiment.targets[0];
  door.name = "door";
  experiment.targets.push_back(door);
  for (auto& fault : experiment.faults) fault.length = 20s;
  experiment.faults[0].target = "door";
  Simulation simulation(experiment, two_members(), false, &pause_in_miniature());
  simulation.run();
  EXPECT_EQ(simulation.of_kind("injected").size(), 1u);
  EXPECT_EQ(only<FaultSkipped>(simulation).why,
            "0 of 2 ready members of `web` would be left, `keep_ready` asks for 1");
  experiment.blast_radius.keep_ready = 0;
  experiment.blast_radius.max_members = 1;
  for (auto& fault : experiment.faults) fault.pick.where = "a";
  Simulation twice(experiment, two_members(), false, &pause_in_miniature());
  twice.run();
  EXPECT_EQ(twice.of_kind("injected").size(), 2u) << "two faults on one process hit one member";
}

TEST(MemberSet, AUnitAndItsProcessAreOne) {
  Member unit;
  unit.id = "unit:nginx.service";
  unit.pid = 812, unit.start_time = 7;
  Member process = unit;
  process.id = "pid:812@7";
  MemberSet set({unit, process});
  EXPECT_EQ(set.size(), 1);
  process.id = "pid:812@9", process.start_time = 9;
  EXPECT_FALSE(set.contains(process)) << "a pid used again";
  unit.pid = 900;
  EXPECT_TRUE(set.contains(unit)) << "the unit, with a new process";
}

TEST(Semantics32, TheCatalogueKnowsWhoTakesAway) {
  for (const FaultKind* kind : fault_catalogue()) {
    const bool away = kind->name == "kill" || kind->name == "pause";
    if (kind->name == "exec") continue;  // depends on its params
    EXPECT_EQ(kind->takes_away(Value::map()), away) << kind->name;
  }
}

}  // namespace
}  // namespace gunflint
