#include <gtest/gtest.h>

#include "story.hpp"
#include "verdict/phases.hpp"
#include "verdict/recovery_watch.hpp"

namespace gunflint {
namespace {

using namespace test;
constexpr auto recovery = Finding::Kind::Recovery;

Experiment recovering_shop(Duration window = 1s) {
  auto e = experiment();  // recovery within 30 s, stable for 20 s
  e.steady_state.push_back(hypothesis("correct", "error_rate < 1%", window));
  e.faults.push_back(fault("f"));
  return e;
}

/// 40 s steady, 10 s of fault.
void hurt(Story& story, const std::string& name = "f") {
  story.traffic(40);
  story.inject(name);
  story.traffic(10);
  story.undo(name);
}

std::optional<int> search(const std::string& lights, int window, int stable,
                          bool generous = false) {
  GreenSearch s(window, stable, generous);
  for (const char c : lights)
    s.push(c == 'g' ? Colour::Green : c == 'r' ? Colour::Red : Colour::Unknown);
  return s.found();
}

TEST(GreenSearch, FindsTheStartOfTheFirstGreenWindow) {
  EXPECT_EQ(search("gggggggggg", 1, 10), 0);
  EXPECT_EQ(search("rrrgggggggggg", 1, 10), 3);
  EXPECT_EQ(search("gggg", 1, 10), std::nullopt);
  // A window of 3 that is green at its end began 2 s earlier: the first two are not full yet.
  EXPECT_EQ(search("??gggggggg", 3, 10), 0);
  EXPECT_EQ(search("??rrgggggggggg", 3, 10), 2);
}

TEST(GreenSearch, FivePercentMayBeRed) {
  EXPECT_EQ(search("ggggggggggrggggggggg", 1, 20), 0);  // 1 of 20
  EXPECT_EQ(search("ggggggggggrgrggggggg", 1, 20), std::nullopt);
  EXPECT_EQ(search("gggrgggggg", 1, 10), std::nullopt);  // 5 % of 10 is no second
}

TEST(GreenSearch, UnknownIsNotGreenUnlessInDoubt) {
  EXPECT_EQ(search("g?????????", 1, 10), std::nullopt);
  EXPECT_EQ(search("g?????????", 1, 10, true), 0);
}

/// A fault of one second with a grace of 8 s that goes on after it; windows of 5 s.
Experiment graced_shop(Duration within) {
  auto e = experiment();
  e.steady_state.push_back(hypothesis("correct", "error_rate < 1%", 5s));
  e.faults.push_back(fault("f", 8s));
  e.recovery = {within, 10s};
  return e;
}
void one_second_of_fault(Story& story) {
  story.traffic(40);
  story.inject("f");
  story.traffic(1);
  story.undo("f");
}

TEST(Semantics37, AGraceThatOutlastsWithinIsNoLackOfRecovery) {
  Story story(graced_shop(3s));
  one_second_of_fault(story);
  story.traffic(40);
  story.drain();
  const auto f = story.finding("f", recovery);
  EXPECT_EQ(f.held, Held::Yes) << f.sentence;
  EXPECT_EQ(f.sentence, "The system was steady when the grace was over, 7 s after all clear.");
  EXPECT_EQ(story.verdict().outcome, Outcome::Held) << story.verdict().sentence;
}

TEST(Semantics37, WhatIsRedAfterWithinIsNotForgivenByAGrace) {
  Story story(graced_shop(3s));
  one_second_of_fault(story);
  story.traffic(7, broken);  // until the grace ends; windows of 5 s cannot tell when it was back
  story.traffic(40);
  story.drain();
  EXPECT_EQ(story.finding("f", recovery).held, Held::Inconclusive)
      << story.finding("f", recovery).sentence;
  EXPECT_EQ(story.verdict().outcome, Outcome::Inconclusive) << story.verdict().sentence;
}

TEST(Semantics37, AGraceThatGoesOnLongExcusesNoSystemThatWasDown) {
  auto e = graced_shop(10s);
  e.faults[0].grace = 60s;
  Story story(e);
  one_second_of_fault(story);
  story.traffic(55, broken);
  story.traffic(60);
  story.drain();
  const auto f = story.finding("f", recovery);
  EXPECT_EQ(f.held, Held::No) << f.sentence;
  EXPECT_EQ(story.verdict().outcome, Outcome::Failed) << story.verdict().sentence;
}

TEST(Semantics37, AGraceExcusesNoRedAfterIt) {
  Story story(graced_shop(3s));
  one_second_of_fault(story);
  story.traffic(12, broken);
  story.traffic(40);
  story.drain();
  EXPECT_EQ(story.finding("f", recovery).held, Held::No) << story.finding("f", recovery).sentence;
}

TEST(Semantics37, RecoveredAtTheStartOfTheFirstGreenWindow) {
  Story story(recovering_shop());
  hurt(story);
  story.traffic(7, broken);
  story.traffic(19);
  EXPECT_EQ(story.judge.recovery().state, Judge::Recovery::State::Waiting);
  EXPECT_TRUE(story.judge.undecided());
  story.traffic(1);
  const auto r = story.judge.recovery();
  EXPECT_EQ(r.state, Judge::Recovery::State::Recovered);
  EXPECT_EQ(r.all_clear, 50s);
  EXPECT_EQ(r.took, 7s);
  EXPECT_FALSE(story.judge.undecided());
  story.drain();
  EXPECT_EQ(story.finding("f", recovery).held, Held::Yes);
  EXPECT_EQ(story.verdict().outcome, Outcome::Held) << story.verdict().sentence;
}

TEST(Semantics37, NotWithinTheTimeIsAFailureAsSoonAsItIsCertain) {
  Story story(recovering_shop());
  hurt(story);
  story.traffic(30, broken);
  EXPECT_EQ(story.judge.recovery().state, Judge::Recovery::State::Waiting);
  story.traffic(1, broken);
  EXPECT_EQ(story.judge.recovery().state, Judge::Recovery::State::Failed);
  story.traffic(30);
  story.drain();
  const auto f = story.finding("f", recovery);
  EXPECT_EQ(f.held, Held::No);
  EXPECT_EQ(f.took_s, 31);  // it came back later, and the report says when
  EXPECT_EQ(story.verdict().outcome, Outcome::Failed);
}

TEST(Semantics37, LaterRedIsARelapse) {
  Story story(recovering_shop());
  hurt(story);
  story.traffic(30);
  EXPECT_EQ(story.judge.recovery().state, Judge::Recovery::State::Recovered);
  story.traffic(5, broken);
  story.traffic(10);
  story.drain();
  const auto f = story.finding("f", recovery);
  EXPECT_EQ(f.held, Held::No);
  EXPECT_NE(f.sentence.find("Relapse"), std::string::npos) << f.sentence;
}

TEST(Semantics37, UnknownAfterAllClearIsInconclusiveNotFailed) {
  auto e = recovering_shop();
  e.steady_state[0] = hypothesis("queue", "value < 500", {}, OfScrape{"lb", "queue"});
  Story story(e);
  story.readings(40, "steady_state/queue", 1);
  story.inject("f");
  story.readings(10, "steady_state/queue", 1);
  story.undo("f");
  for (int i = 0; i < 60; ++i) story.close();
  story.drain();
  EXPECT_EQ(story.finding("f", recovery).held, Held::Inconclusive);
}

TEST(Semantics37, StartsWhenNoFaultIsActive) {
  auto e = recovering_shop();
  e.faults.push_back(fault("g"));
  Story story(e);
  story.traffic(40);
  story.inject("f");
  story.traffic(5);
  story.inject("g");
  story.traffic(5);
  story.undo("f");
  story.traffic(10);
  EXPECT_EQ(story.judge.recovery().state, Judge::Recovery::State::None);
  story.undo("g");
  story.traffic(25);
  EXPECT_EQ(story.judge.recovery_of("f")->state, Judge::Recovery::State::Recovered);
  EXPECT_EQ(story.judge.recovery_of("f")->all_clear, 60s);
  EXPECT_EQ(story.judge.recovery_of("g")->state, Judge::Recovery::State::Recovered);
}

TEST(Semantics38, AFaultOfItsOwnObjective) {
  auto e = recovering_shop();
  e.faults[0].recovery = RecoverySpec{5s, 10s};
  Story story(e);
  hurt(story);
  story.traffic(6, broken);
  story.traffic(20);
  EXPECT_EQ(story.judge.recovery_of("f")->state, Judge::Recovery::State::Failed);
}

TEST(Semantics38, ARecoveryCutShortIsJudgedWithTheLaterOne) {
  auto e = recovering_shop();
  e.faults.push_back(fault("g"));
  Story story(e);
  hurt(story);
  story.traffic(5, broken);
  story.inject("g");
  EXPECT_EQ(story.judge.recovery_of("f")->state, Judge::Recovery::State::CutShort);
  story.traffic(5);
  story.undo("g");
  story.traffic(25);
  story.drain();
  EXPECT_EQ(story.finding("f", recovery).held, Held::Yes);
  EXPECT_EQ(story.finding("g", recovery).held, Held::Yes);
  EXPECT_NE(story.finding("f", recovery).sentence.find("cut short by `g`"), std::string::npos);
}

TEST(Semantics8, PhasesFollowFromInjectionsAndRecovery) {
  const auto e = recovering_shop();
  Phases phases(e);
  phases.on(60.3, Injected{"i1", "f", "m", "m", {true, "", 0, 0}});
  phases.on(90.2, FaultEnded{"f"});
  phases.recovered(97);
  EXPECT_EQ(phases.phase_of(59), Phase::Before);
  EXPECT_EQ(phases.phase_of(60), Phase::Fault);  // a second that a fault touches is the fault's
  EXPECT_EQ(phases.phase_of(90), Phase::Fault);
  EXPECT_EQ(phases.phase_of(91), Phase::Recovery);
  EXPECT_EQ(phases.phase_of(97), Phase::After);
}

TEST(Semantics7, ARepeatedFaultStaysActiveThroughItsPauses) {
  const auto e = recovering_shop();
  Phases phases(e);
  phases.on(60, Injected{"i1", "f", "m", "m", {true, "", 0, 0}});
  Undone undone;
  undone.injection = "i1", undone.verified = true;
  phases.on(70, undone);
  EXPECT_EQ(phases.phase(), Phase::Fault);
  phases.on(80, Injected{"i2", "f", "m", "m", {true, "", 0, 0}});
  phases.on(90, FaultEnded{"f"});
  EXPECT_EQ(phases.phase(), Phase::Recovery);
  EXPECT_EQ(phases.began("f"), 60);
  EXPECT_EQ(phases.ended("f"), 90);
}

}  // namespace
}  // namespace gunflint
