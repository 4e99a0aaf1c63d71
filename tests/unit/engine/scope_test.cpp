// Semantics 25: a fault reaches only its members, unless it says `scope: host`. And `lease` of a
// fault, which travels with its injection.
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/planner.hpp"
#include "gunflint/concepts/fault.hpp"
#include "simulation.hpp"

namespace gunflint {
namespace {

using namespace simulation;

std::vector<Inject> injects(const Simulation& simulation) {
  std::vector<Inject> all;
  for (const auto& [at, task] : simulation.tasks())
    if (const auto* ask = std::get_if<AskAgent>(&task))
      if (const auto* inject = std::get_if<Inject>(&ask->request)) all.push_back(*inject);
  return all;
}

TEST(Semantics25, ScopeHostIsDoneOnceToTheHostOfTheMembers) {
  Experiment experiment = bare();
  experiment.faults = {noop("wide", at(5s), 5s)};
  experiment.faults[0].pick.all = true;
  experiment.faults[0].scope_host = true;
  Simulation simulation(experiment);
  simulation.run();
  const auto asked = injects(simulation);
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].member.id, "host");
  EXPECT_EQ(asked[0].member.pid, 0);
  EXPECT_EQ(asked[0].member.label, "the host of a");
}

TEST(Semantics25, EveryMemberOnTheHostCountsForTheBlastRadius) {
  Experiment experiment = bare();
  experiment.faults = {noop("wide", at(5s), 5s)};
  experiment.faults[0].scope_host = true;
  experiment.blast_radius.max_members = 2;
  Simulation simulation(experiment);
  simulation.run();
  EXPECT_EQ(only<FaultSkipped>(simulation).why,
            "3 members would be under fault, `max_members` allows 2");
}

TEST(LeaseOfAFault, TravelsWithItsInjection) {
  Experiment experiment = bare();
  experiment.faults = {noop("own", at(5s), 2s), noop("usual", at(8s), 2s)};
  experiment.faults[0].lease = 900ms;
  Simulation simulation(experiment);
  simulation.run();
  const auto asked = injects(simulation);
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_EQ(asked[0].lease, 900ms);
  EXPECT_EQ(asked[1].lease, 0s);
}

class PlanOfCpu : public testing::Test {
 protected:
  PlanOfCpu() {
    experiment = bare();
    FaultSpec cpu = noop("hog", at(5s), 5s);
    cpu.type = "cpu";
    experiment.faults = {cpu};
    experiment.targets[0].local.process = "nginx";
  }
  std::vector<PlanNote> errors() const {
    const auto find = [](const std::string& type) { return find_fault(type); };
    auto notes = make_plan(experiment, find, {}, 1, true).notes;
    std::erase_if(notes, [](const PlanNote& note) { return note.kind != "error"; });
    return notes;
  }
  Experiment experiment;
};

TEST_F(PlanOfCpu, OnProcessesIsRefusedBecauseTheWholeHostWouldFeelIt) {
  ASSERT_EQ(errors().size(), 1u);
  EXPECT_EQ(errors()[0].sentence,
            "`hog` would be felt by the whole host, and `web` selects processes");
  EXPECT_NE(errors()[0].fix.find("say `scope: host`"), std::string::npos);
}

TEST_F(PlanOfCpu, IsAllowedWithScopeHostInsideTheMembersAndOnAHost) {
  experiment.faults[0].scope_host = true;
  EXPECT_TRUE(errors().empty());
  experiment.faults[0].scope_host = false;
  experiment.faults[0].params.set("inside", Value(true));
  EXPECT_TRUE(errors().empty());
  experiment.faults[0].params = Value::map();
  experiment.targets[0].local = {};
  EXPECT_TRUE(errors().empty()) << "a target without a selector is the host";
}

}  // namespace
}  // namespace gunflint
