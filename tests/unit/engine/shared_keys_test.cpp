// Members of one fault that share what it changes: a plan says what becomes of the second.
#include <gtest/gtest.h>

#include "engine/planner.hpp"
#include "simulation.hpp"

namespace gunflint {
namespace {

using namespace simulation;

Plan plan_of(std::vector<std::string> first, std::vector<std::string> second) {
  Experiment experiment = bare();
  experiment.faults = {noop("slow", at(5s), 5s)};
  Inventory inventory;
  inventory.asked = true;
  int pid = 10;
  for (auto* keys : {&first, &second}) {
    Inventory::Examination one;
    one.fault = "slow";
    one.agent = "local";
    one.member.id = "pid:" + std::to_string(pid);
    one.member.label = "web[" + std::to_string(pid++) + "]";
    one.examined.keys = *keys;
    one.examined.actions = {"something"};
    inventory.examined.push_back(one);
  }
  return make_plan(experiment, find_fault, inventory, 1, false);
}

TEST(SharedKeys, AllOfItIsInjectedOnce) {
  const Plan plan = plan_of({"network:port:80"}, {"network:port:80"});
  EXPECT_EQ(plan.faults[0].injections[0].nothing_to_do, "");
  EXPECT_EQ(plan.faults[0].injections[1].nothing_to_do,
            "what is done to web[10] holds for it too: they share network:port:80");
  EXPECT_TRUE(plan.faults[0].injections[1].actions.empty());
}

TEST(SharedKeys, APartOfItIsAnErrorThatTellsTheWayOut) {
  const Plan plan =
      plan_of({"network:a to *:*", "network:port:80"}, {"network:b to *:*", "network:port:80"});
  const auto found = std::find_if(plan.notes.begin(), plan.notes.end(), [](const auto& note) {
    return note.sentence.find("twice") != std::string::npos;
  });
  ASSERT_NE(found, plan.notes.end());
  EXPECT_EQ(found->sentence,
            "`slow` would be done twice to network:port:80, which web[10] and web[11] share");
  EXPECT_NE(found->fix.find("from: {ports"), std::string::npos);
}

TEST(SharedKeys, TwoFaultsAtOneTimeOnAWholeAndItsPartAreAnError) {
  Experiment experiment = bare();
  experiment.faults = {noop("all", at(5s), 5s), noop("part", at(7s), 5s)};
  Inventory inventory;
  inventory.asked = true;
  for (const auto& [fault, key] :
       {std::pair{"all", "network:pid:1@1 to *:*"}, {"part", "network:pid:1@1 to db:5432"}}) {
    Inventory::Examination one;
    one.fault = fault;
    one.agent = "local";
    one.member.id = one.member.label = "pid:1@1";
    one.examined.keys = {key};
    inventory.examined.push_back(one);
  }
  EXPECT_EQ(make_plan(experiment, find_fault, inventory, 1, false).exit(), 2);
  inventory.examined[0].examined.keys = {"network:pid:1@1 to cache:*"};
  EXPECT_EQ(make_plan(experiment, find_fault, inventory, 1, false).exit(), 0);
}

TEST(SharedKeys, NothingIsNothingToShare) {
  const Plan plan = plan_of({}, {});
  EXPECT_EQ(plan.faults[0].injections[1].nothing_to_do, "");
  EXPECT_EQ(plan.faults[0].injections[1].actions.size(), 1u);
}

}  // namespace
}  // namespace gunflint
