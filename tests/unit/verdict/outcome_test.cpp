#include <gtest/gtest.h>

#include "story.hpp"

namespace gunflint {
namespace {

using namespace test;

Experiment shop() {
  auto e = judging("correct", "error_rate < 1%", 1s);
  e.faults.push_back(fault("f"));
  return e;
}
/// 40 s steady, 20 s of fault, 30 s of recovery, drained.
void whole_run(Story& story, Traffic during = {}) {
  story.traffic(40);
  story.inject("f");
  story.traffic(20, during);
  story.undo("f");
  story.traffic(30);
  story.drain();
}

TEST(Semantics9, TheGateIsGreenWhenTheLastSecondsWereGreenThroughout) {
  Story story(shop());
  story.traffic(5, broken);  // red earlier is shown, not judged
  story.traffic(20);
  EXPECT_EQ(story.judge.gate().state, Judge::GateState::Waiting);
  story.traffic(5);
  EXPECT_EQ(story.judge.gate().state, Judge::GateState::Red);
  EXPECT_NE(story.judge.gate().why.find("`correct` was red at"), std::string::npos);
  story.traffic(5);
  EXPECT_EQ(story.judge.gate().state, Judge::GateState::Green);
}

TEST(Semantics9, AGateWithoutTrafficIsUnknownAndNoPass) {
  Story story(shop());
  story.traffic(40, {.count = 0});
  EXPECT_EQ(story.judge.gate().state, Judge::GateState::Unknown);
  EXPECT_NE(story.judge.gate().why.find("no traffic"), std::string::npos);
  story.traffic(26);
  EXPECT_EQ(story.judge.gate().state, Judge::GateState::Unknown);
  story.traffic(1);  // all but a tenth
  EXPECT_EQ(story.judge.gate().state, Judge::GateState::Green);
}

TEST(Semantics9, ARedGateNamesATargetThatLostItsMembersAndAnAddressThatRefuses) {
  auto e = shop();
  e.loads[0].base_url = "http://127.0.0.1:8080";
  Request browse, elsewhere;
  browse.url = "/items";
  elsewhere.url = "http://10.0.0.1:9000/";
  e.loads[0].journeys.push_back({"buy", 1, {browse}, {}});
  Story story(e);
  story.ready(1, 2);
  story.traffic(30, {.failed = 100, .error = "refused"});
  EXPECT_EQ(story.judge.gate().why.find("members"), std::string::npos);
  story.ready(1, 1);
  const std::string why = story.judge.gate().why;
  EXPECT_NE(why.find("; 1 of 2 members of `web` is ready, and no fault was injected yet"),
            std::string::npos)
      << why;
  EXPECT_NE(why.find(" refused by http://127.0.0.1:8080)"), std::string::npos) << why;
  e.loads[0].journeys[0].steps.push_back(elsewhere);  // which of the two it was is not known
  Story two(e);
  two.traffic(30, {.failed = 100, .error = "refused"});
  EXPECT_EQ(two.judge.gate().why.find(" by http"), std::string::npos) << two.judge.gate().why;
}

TEST(Semantics9, AGateOfWhichOnlyTheEndIsInAWindowIsNoPass) {
  auto e = shop();
  e.steady_state[0] = hypothesis("correct", "error_rate < 1%", 60s);
  Story story(e);
  story.traffic(59);
  EXPECT_EQ(story.judge.gate().state, Judge::GateState::Waiting);
  story.traffic(1);  // looks back over the whole gate
  EXPECT_EQ(story.judge.gate().state, Judge::GateState::Green);
}

TEST(Load, ArrivalsThatWereNeverBegunAreInconclusiveUnlessAHypothesisCountsThem) {
  for (const std::string metric : {"", "dropped < 1000", "completion_rate > 1%", "p95 < 2s"}) {
    auto e = shop();
    e.faults.clear();
    if (!metric.empty()) e.steady_state.push_back(hypothesis("more", metric));
    Story story(e);
    story.traffic(40);
    Slice slice = slice_of(40, {});
    slice.journeys[0].due += 10, slice.journeys[0].dropped = 10;
    story.tell(41, SliceTaken{slice});
    story.close();
    story.traffic(40);
    story.drain();
    const bool counted = metric.starts_with("dropped") || metric.starts_with("completion");
    EXPECT_EQ(story.finding("shoppers", Finding::Kind::Load).held,
              counted ? Held::Yes : Held::Inconclusive)
        << metric;
  }
}

TEST(Semantics9, RedBeforeTheGateIsNotJudged) {
  Story story(shop());
  story.traffic(8, broken);
  whole_run(story);
  EXPECT_EQ(story.finding("correct").held, Held::Yes);
}

TEST(Semantics9, ARedGateIsExit3) {
  Story story(shop());
  story.traffic(40, broken);
  story.tell(40, GateFailed{story.judge.gate().why});
  story.drain();
  const auto v = story.verdict();
  EXPECT_EQ(v.outcome, Outcome::NotStarted) << v.sentence;
  EXPECT_NE(v.sentence.find("`correct` was red"), std::string::npos);
}

TEST(Semantics9, WhoWasUnderWayWhenARunWasHeldBackIsNotAffected) {
  auto e = shop();
  e.steady_state.push_back(hypothesis("users", "users_affected < 2%"));
  Story story(e);
  story.traffic(40, broken);
  story.tell(40, GateFailed{story.judge.gate().why});
  story.drain();
  const auto v = story.verdict();
  EXPECT_EQ(v.users_due, 0);
  EXPECT_EQ(v.users_affected, 0);
  EXPECT_EQ(story.finding("users").measured, "");
  EXPECT_EQ(story.finding("users").held, Held::Inconclusive);
  EXPECT_NE(story.finding("users").sentence.find("held back"), std::string::npos);
}

TEST(Semantics16, UnknownAtTheGateIsTold) {
  auto e = shop();
  e.steady_state[0] = hypothesis("queue", "value < 5", {}, OfScrape{"lb", "q"});
  Story story(e);
  for (int i = 0; i < 40; ++i) story.close();
  EXPECT_EQ(story.judge.gate().state, Judge::GateState::Unknown);
}

TEST(Semantics42, HeldFailedAndInconclusive) {
  Story held(shop());
  whole_run(held);
  EXPECT_EQ(held.verdict().outcome, Outcome::Held);
  EXPECT_NE(held.verdict().sentence.find("within its limits through `f`"), std::string::npos);
  Story failed(shop());
  whole_run(failed, broken);
  EXPECT_EQ(failed.verdict().outcome, Outcome::Failed);
  EXPECT_NE(failed.verdict().sentence.find("`correct` (error_rate 100%, limit error_rate < 1%)"),
            std::string::npos)
      << failed.verdict().sentence;
}

TEST(Semantics42, AFaultThatDidNotBiteIsNeverAPass) {
  Story story(shop());
  story.traffic(40);
  story.inject("f", false);
  story.traffic(20);
  story.undo("f");
  story.traffic(30);
  story.drain();
  EXPECT_EQ(story.verdict().outcome, Outcome::Inconclusive);
}

TEST(Semantics42, AnUndoThatIsNotVerifiedComesBeforeEverythingElse) {
  Story story(shop());
  story.traffic(40);
  story.inject("f");
  story.traffic(20, broken);
  story.tell(60, GuardTripped{"g", "why"});
  story.tell(60, Signalled{2});
  EXPECT_EQ(story.verdict().outcome, Outcome::UndoIncomplete);
  story.undo("f");
  EXPECT_EQ(story.verdict().outcome, Outcome::Interrupted);
}

TEST(Semantics42, SomethingLeftBehindIsNamedWithItsCommand) {
  Story story(shop());
  whole_run(story);
  LeftBehind left;
  left.what = "qdisc gf-abc on eth0", left.command = "gunflint recover";
  story.tell(91, left);
  EXPECT_EQ(exit_code(story.verdict().outcome), 5);
  EXPECT_NE(story.verdict().sentence.find("gunflint recover"), std::string::npos);
}

TEST(Semantics42, SomethingLeftBehindIsAFindingAlsoWithoutAFault) {
  Experiment without = shop();
  without.faults.clear();
  Story story(without);
  story.traffic(60);
  LeftBehind left;
  left.what = "an agent did not answer Bye", left.command = "gunflint recover";
  story.tell(60, left);
  story.drain();
  EXPECT_EQ(exit_code(story.verdict().outcome), 5);
  EXPECT_EQ(story.finding("undo", Finding::Kind::Undo).held, Held::No);
}

TEST(Semantics35, AVictimStillGoneIsAFailedVerdict) {
  Story story(shop());
  whole_run(story);
  LeftChanged left;
  left.fault = "f", left.member = "pid:1@1", left.what = "web[4711] has no replacement";
  story.tell(91, left);
  EXPECT_EQ(story.verdict().outcome, Outcome::Failed);
  EXPECT_NE(story.finding("f", Finding::Kind::Fault).sentence.find("Left changed"),
            std::string::npos);
}

TEST(Semantics35, AVictimOfWhichNothingIsKnownIsInconclusive) {
  Story story(shop());
  whole_run(story);
  story.tell(91, LeftChanged{"f", "", "whether `web` has replaced web[4711] is not known"});
  EXPECT_EQ(story.verdict().outcome, Outcome::Inconclusive);
}

TEST(Semantics34, SkippedIsInconclusiveUnlessOptional) {
  for (bool counts : {true, false}) {
    Story story(shop());
    story.traffic(40);
    story.tell(40, FaultSkipped{"f", "only_if was false", counts});
    story.traffic(20);
    story.drain();
    EXPECT_EQ(story.verdict().outcome, counts ? Outcome::Inconclusive : Outcome::Held);
  }
}

TEST(Semantics32, ARefusedInjectionIsInconclusive) {
  Story story(shop());
  story.traffic(40);
  InjectionFailed refused;
  refused.fault = "f", refused.why = "keep_ready: 1 would be broken";
  story.tell(40, refused);
  story.traffic(20);
  story.drain();
  EXPECT_EQ(story.verdict().outcome, Outcome::Inconclusive);
}

TEST(Semantics27, ARefusedNewMemberIsInconclusiveUnlessEnoughAreUnderFault) {
  for (const int least : {0, 1, 2}) {
    for (const std::string cause : {"refused", "timed out", "gone"}) {
      auto e = shop();
      if (least > 0) e.faults[0].min_members = least;
      Story story(e);
      story.traffic(40);
      story.inject("f");
      story.tell(45, InjectionFailed{"", "f", "pid:2@2", "`max_members` allows 1", cause});
      story.traffic(20);
      story.undo("f");
      story.traffic(30);
      story.drain();
      const bool held = least == 1 || cause == "gone";
      const Finding finding = story.finding("f", Finding::Kind::Fault);
      EXPECT_EQ(finding.held, held ? Held::Yes : Held::Inconclusive) << least << cause;
      if (cause == "gone") continue;
      EXPECT_TRUE(finding.sentence.starts_with("It bit on 1 of 2 members")) << finding.sentence;
      EXPECT_NE(finding.sentence.find("`max_members` allows 1"), std::string::npos);
    }
  }
}

TEST(Judge, APartialJournalIsAToolErrorOfItsOwn) {
  const auto e = shop();
  Story story(e);
  story.traffic(50);
  const auto v = judge(e, story.events);
  EXPECT_EQ(v.outcome, Outcome::ToolError);
  EXPECT_NE(v.sentence.find("ends at 50 s"), std::string::npos) << v.sentence;
  Story hurt(e);
  hurt.traffic(40);
  hurt.inject("f");
  EXPECT_EQ(judge(e, hurt.events).outcome, Outcome::UndoIncomplete);
}

TEST(Judge, AJumpOfTheClockIsInconclusive) {
  Story story(shop());
  story.traffic(40);
  story.tell(40, ClockJumped{30});
  EXPECT_EQ(story.verdict().outcome, Outcome::Inconclusive);
  EXPECT_NE(story.verdict().sentence.find("30 s"), std::string::npos);
}

TEST(Semantics42, AFaultThatTheLeaseEndedIsInconclusive) {
  for (const std::string by : {"agent", "lease"}) {
    Story story(shop());
    story.traffic(40);
    story.tell(40, Injected{"i1", "f", "m", "m", {true, "in force", 1, 1}});
    story.traffic(5);
    story.tell(45, Undone{"i1", "f", "m", true, false, "", by});
    story.tell(45, FaultEnded{"f"});
    const Finding finding = story.finding("f", Finding::Kind::Fault);
    const bool early = by == "lease";
    EXPECT_EQ(finding.held, early ? Held::Inconclusive : Held::Yes) << by;
    EXPECT_EQ(finding.sentence.starts_with("The lease took it back after 5"), early)
        << finding.sentence;
  }
}

TEST(Judge, TheSameJournalGivesTheSameVerdict) {
  const auto e = shop();
  Story story(e);
  whole_run(story, {.count = 100, .failed = 3});
  const auto live = encode(story.verdict()), again = encode(judge(e, story.events));
  EXPECT_EQ(live, again);
}

TEST(Judge, WithoutFaultsTheWholeRunIsJudged) {
  auto e = shop();
  e.faults.clear();
  e.steady_state.push_back(hypothesis("users", "users_affected < 2%"));
  Story story(e);
  story.traffic(10, broken);
  story.traffic(50);
  story.drain();
  EXPECT_EQ(story.finding("correct").held, Held::No);
  EXPECT_EQ(story.finding("users").held, Held::No);
}

TEST(Judge, WhatIsTwoTimesInTheJournalDoesNoHarm) {
  Story story(shop());
  story.traffic(40);
  story.tell(40, SecondClosed{5});  // out of order
  story.tell(40, SliceTaken{slice_of(3, broken)});
  story.tell(40, Undone{});
  story.tell(40, BiteLost{"nobody", ""});
  story.tell(40, FaultEnded{"nothing"});
  EXPECT_EQ(story.judge.lights().front().state, "green");
}

}  // namespace
}  // namespace gunflint
