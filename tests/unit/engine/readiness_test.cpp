// A target whose members are not ready: told by the plan, and no run is started in vain.
#include <gtest/gtest.h>

#include "engine/planner.hpp"

namespace gunflint {
namespace {

Plan plan_with(bool ready, bool looked, OnEmpty on_empty = OnEmpty::Fail, Duration begins = 0s) {
  Experiment experiment;
  experiment.name = "x";
  TargetSpec web;
  web.name = "web";
  web.kind = "local";
  web.local.process = "nginx";
  web.ready.http = "http://${member.host}:80/health";
  web.on_empty = on_empty;
  experiment.targets.push_back(web);
  FaultSpec fault;
  fault.name = "nothing";
  fault.type = "noop";
  fault.target = "web";
  fault.length = 5s;
  fault.start = Start{.how = Start::How::At, .time = begins};
  experiment.faults.push_back(fault);
  Member member;
  member.target = "web";
  member.id = "pid:1@1";
  member.address = "127.0.0.1";
  Inventory inventory;
  inventory.asked = true;
  inventory.members["web"] = {member};
  if (looked) {
    MemberState state;
    state.member = member;
    state.ready = ready;
    inventory.states["web"] = {state};
  }
  return make_plan(
      experiment, [](const std::string& type) { return find_fault(type); }, inventory, 1, true);
}

TEST(Readiness, NobodyReadyIsNotStartedAndSaysWhatWasAsked) {
  const Plan plan = plan_with(false, true);
  EXPECT_EQ(plan.exit(), 3);
  ASSERT_EQ(plan.notes.size(), 1u);
  EXPECT_EQ(plan.notes[0].kind, "absent");
  EXPECT_EQ(plan.notes[0].sentence,
            "target `web`: ready: 0 of 1; http://127.0.0.1:80/health does not answer with 2xx or "
            "3xx");
}

TEST(Readiness, OneThatIsReadyOrWasNotLookedAtIsPlanned) {
  EXPECT_EQ(plan_with(true, true).exit(), 0);
  EXPECT_EQ(plan_with(false, false).exit(), 0);
}

TEST(Readiness, WhatMayBeSkippedIsOnlyAWarning) {
  const Plan plan = plan_with(false, true, OnEmpty::Skip);
  EXPECT_EQ(plan.exit(), 0);
  ASSERT_EQ(plan.notes.size(), 1u);
  EXPECT_EQ(plan.notes[0].kind, "warning");
}

/// Semantics 31: members are drawn when it begins, from those that are ready then.
TEST(Readiness, OneLookBeforeTheRunRefusesNoFaultThatBeginsLater) {
  const Plan plan = plan_with(false, true, OnEmpty::Fail, 2min);
  EXPECT_EQ(plan.exit(), 0);
  ASSERT_EQ(plan.notes.size(), 1u);
  EXPECT_EQ(plan.notes[0].kind, "warning");
  EXPECT_NE(plan.notes[0].sentence.find("ready: 0 of 1"), std::string::npos);
  EXPECT_EQ(plan.notes[0].fix,
            "it must be ready when `nothing` begins, at 2m, or `ready` is wrong");
  EXPECT_EQ(plan_with(false, true, OnEmpty::Fail, 2s).exit(), 3) << "and one that begins at once";
}

}  // namespace
}  // namespace gunflint
