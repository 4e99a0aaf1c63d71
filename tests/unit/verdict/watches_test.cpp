#include <gtest/gtest.h>

#include "story.hpp"
#include "verdict/target_series.hpp"

namespace gunflint {
namespace {

using namespace test;

Reaction reaction(const std::string& expect, std::optional<Duration> within, Duration at = 10s) {
  Reaction r;
  r.name = "r";
  r.of = OfTarget{"web"};
  r.expect = condition(expect);
  r.within = within;
  r.start = Start{.how = Start::How::At, .time = at};
  return r;
}
Finding judged(const Story& story) { return story.finding("r", Finding::Kind::Reaction); }

Story with(const Reaction& r) {
  auto e = experiment();
  e.loads.clear();
  e.reactions.push_back(r);
  return Story(e);
}

TEST(Semantics39, MetWhenTrueAtTheDeadlineAndForItsLastSeconds) {
  auto story = with(reaction("ready >= 6", 60s));
  story.ready(30, 3);
  story.ready(39, 6);
  EXPECT_EQ(story.judge.reaction("r"), Judge::Decision::Open);
  EXPECT_TRUE(story.judge.undecided());
  story.ready(1, 6);
  EXPECT_EQ(story.judge.reaction("r"), Judge::Decision::Met);
  story.drain();
  EXPECT_EQ(judged(story).held, Held::Yes);
  EXPECT_NEAR(*judged(story).took_s, 20.5, 1e-9);  // seen at 30.5, began at 10
}

TEST(Semantics39, TrueOnlyShortlyBeforeTheDeadlineIsMissed) {
  auto story = with(reaction("ready >= 6", 60s));
  story.ready(61, 3);  // the last 9 s are true, 10 s are asked
  story.ready(9, 6);
  EXPECT_EQ(story.judge.reaction("r"), Judge::Decision::Missed);
  story.drain();
  EXPECT_EQ(judged(story).held, Held::No);
}

TEST(Semantics39, TrueThenFalseThenTrueCountsAsTheSecond) {
  auto story = with(reaction("ready == desired", 60s));
  story.ready(15, 3);
  story.ready(20, 2);
  story.ready(40, 3);
  EXPECT_EQ(story.judge.reaction("r"), Judge::Decision::Met);
  EXPECT_NEAR(*judged(story).took_s, 25.5, 1e-9);
}

TEST(Semantics39, TrueFromTheStartTookNoTime) {
  auto story = with(reaction("ready == desired", 20s));
  story.ready(40, 3);
  EXPECT_EQ(*judged(story).took_s, 0);
}

TEST(Semantics39, WithoutWithinItHoldsAlways) {
  auto story = with(reaction("reversals <= 2", std::nullopt));
  for (int ready : {3, 4, 3, 4}) story.ready(10, ready);  // two reversals
  story.drain();
  EXPECT_EQ(judged(story).held, Held::Yes);
  auto flapping = with(reaction("reversals <= 2", std::nullopt));
  for (int ready : {3, 3, 4, 3, 4, 3}) flapping.ready(10, ready);
  flapping.drain();
  EXPECT_EQ(judged(flapping).held, Held::No);
}

TEST(Semantics39, UnknownAtTheDeadlineIsInconclusive) {
  auto story = with(reaction("ready >= 6", 20s));
  story.ready(15, 6);
  for (int i = 0; i < 30; ++i) story.close();
  story.drain();
  EXPECT_EQ(judged(story).held, Held::Inconclusive);
}

TEST(Semantics39, AReactionToAFaultThatNeverCameIsInconclusive) {
  auto e = experiment();
  e.faults.push_back(fault("f"));
  auto r = reaction("ready >= 6", 20s);
  r.start = Start{.how = Start::How::At, .names = {"f"}};
  e.reactions.push_back(r);
  Story story(e);
  story.ready(30, 6);
  story.tell(30, FaultSkipped{"f", "no member is ready", true});
  story.ready(30, 6);
  EXPECT_FALSE(story.judge.undecided());
  story.drain();
  EXPECT_EQ(judged(story).held, Held::Inconclusive);
}

TEST(Semantics2, StagesAndFaultsGiveStartMoments) {
  auto e = experiment();
  Stage calm;
  calm.name = "calm", calm.rate = Rate{50}, calm.length = 60s;
  e.loads[0].stages.push_back(calm);
  auto r = reaction("ready >= 6", 20s);
  r.start = Start{.how = Start::How::After, .names = {"shoppers.normal"}, .plus = 5s};
  e.reactions.push_back(r);
  Story story(e);
  story.ready(304, 3);
  story.ready(20, 6);
  EXPECT_EQ(story.judge.reaction("r"), Judge::Decision::Open);  // 305 + 20
  story.ready(1, 6);
  EXPECT_EQ(story.judge.reaction("r"), Judge::Decision::Met);
}

TEST(Semantics29, ChangesReversalsAndRestartsAreCountedFromTheClock) {
  TargetSeries series(Across::Mean);
  auto see = [&](int ready, int restarts) {
    TargetSeen seen;
    seen.ready = ready, seen.desired = 3, seen.restarts = restarts;
    series.on(seen);
  };
  see(3, 7);
  EXPECT_EQ(series.value("restarts"), 0);
  see(2, 7), see(3, 8), see(4, 8), see(3, 8);
  EXPECT_EQ(series.value("changes"), 4);
  EXPECT_EQ(series.value("reversals"), 2);
  EXPECT_EQ(series.value("restarts"), 1);
  series.start_clock();
  see(4, 9);
  EXPECT_EQ(series.value("changes"), 1);
  EXPECT_EQ(series.value("reversals"), 0);
  EXPECT_EQ(series.value("restarts"), 1);
}

TEST(Semantics30, AcrossMembersMeanMaxMinOrSum) {
  TargetSeen seen;
  for (double cpu : {0.2, 0.4, 0.9}) {
    MemberState state;
    state.cpu = cpu;
    seen.members.push_back(state);
  }
  seen.cpu = 0.5;
  for (const auto& [across, expected] :
       {std::pair{Across::Mean, 0.5}, {Across::Max, 0.9}, {Across::Min, 0.2}, {Across::Sum, 1.5}}) {
    TargetSeries series(across);
    series.on(seen);
    EXPECT_NEAR(*series.value("cpu"), expected, 1e-12);
  }
}

Story guarded(const std::string& when, Duration lasting, NoData no_data = NoData::Fail,
              ProbeSpec of = OfLoad{}) {
  auto e = experiment();
  Guard g;
  g.name = "g", g.of = std::move(of), g.when = condition(when), g.lasting = lasting;
  g.no_data = no_data;
  e.abort.push_back(g);
  return Story(e);
}

TEST(Semantics41, AGuardTripsWhenTrueForLongEnough) {
  auto story = guarded("error_rate > 25%", 15s);
  story.traffic(20);
  story.traffic(10, {.count = 100, .failed = 50});  // too short: true for some 10 s
  story.traffic(20);
  EXPECT_FALSE(story.judge.tripped());
  story.traffic(20, {.count = 100, .failed = 50});
  ASSERT_TRUE(story.judge.tripped());
  EXPECT_EQ(story.judge.tripped()->guard, "g");
  const auto news = story.judge.news();
  ASSERT_EQ(news.size(), 1u);
  story.tell(story.now, news.front());
  const auto v = story.verdict();
  EXPECT_EQ(v.outcome, Outcome::Aborted) << v.sentence;
  EXPECT_EQ(exit_code(v.outcome), 4);
}

TEST(Semantics41, ABlindGuardTripsToo) {
  auto story = guarded("value < 1", 5s, NoData::Fail, OfPrometheus{"up"});
  for (int i = 0; i < 15; ++i) story.close();
  EXPECT_FALSE(story.judge.tripped());
  story.close();
  EXPECT_TRUE(story.judge.tripped());
  auto ignoring = guarded("value < 1", 5s, NoData::Ignore, OfPrometheus{"up"});
  for (int i = 0; i < 60; ++i) ignoring.close();
  EXPECT_FALSE(ignoring.judge.tripped());
}

TEST(Semantics41, AGuardOnLatencyTripsWhenEachAnswerTakesLong) {
  for (const double takes : {3.5, 4.9}) {
    auto story = guarded("latency > 2s", 10s, NoData::Fail, OfHttp{"http://127.0.0.1/health"});
    const int beats = takes > 4 ? 5 : 4;  // those that a slow answer has missed are left out
    for (int second = 0; second < 30 && !story.judge.tripped(); ++second)
      if (second % beats == static_cast<int>(takes)) {
        ReadingTaken r;
        r.probe = "abort/g", r.series[""] = takes;
        story.tell(second / beats * beats + takes, r);
        story.close();
      } else {
        story.close();
      }
    EXPECT_TRUE(story.judge.tripped()) << takes;
    EXPECT_LE(story.now, 16) << "ten seconds after the first answer";
  }
}

TEST(Semantics41, NothingAnsweredIsWhatAGuardWaitsFor) {
  auto story = guarded("p95 > 2s", 5s);
  story.traffic(10);
  story.unanswered(15);
  EXPECT_TRUE(story.judge.tripped());
}

Story alarmed(AlertExpectation::Must must) {
  auto e = experiment();
  e.faults.push_back(fault("f"));
  AlertExpectation a;
  a.name = "Slow", a.must = must;
  if (must == AlertExpectation::Must::Fire) {
    a.start = Start{.how = Start::How::At, .names = {"f"}};
    a.within = 20s, a.resolve_within = 15s;
  }
  e.alerts.push_back(a);
  return Story(e);
}
void alert(Story& story, int seconds, int state) {
  story.readings(seconds, "alerts/Slow{}", state);
}

TEST(Semantics40, AnAlertMustFireInTimeAndResolveAfterAllClear) {
  auto story = alarmed(AlertExpectation::Must::Fire);
  alert(story, 10, 0);
  story.inject("f");
  alert(story, 12, 0);
  alert(story, 10, 1);
  story.undo("f");
  alert(story, 8, 1);
  EXPECT_TRUE(story.judge.undecided());
  alert(story, 5, 0);
  EXPECT_EQ(story.judge.alert("Slow"), Judge::Decision::Met);
  story.drain();
  const auto f = story.finding("Slow", Finding::Kind::Alert);
  EXPECT_EQ(f.held, Held::Yes) << f.sentence;
  EXPECT_NEAR(*f.took_s, 12.5, 1e-9);
}

TEST(Semantics40, AnAlertThatDoesNotFireOrNotResolveHasFailed) {
  auto silent = alarmed(AlertExpectation::Must::Fire);
  alert(silent, 10, 0);
  silent.inject("f");
  alert(silent, 21, 0);
  EXPECT_EQ(silent.judge.alert("Slow"), Judge::Decision::Missed);
  auto stuck = alarmed(AlertExpectation::Must::Fire);
  alert(stuck, 10, 0);
  stuck.inject("f");
  alert(stuck, 10, 1);
  stuck.undo("f");
  alert(stuck, 16, 1);
  EXPECT_EQ(stuck.judge.alert("Slow"), Judge::Decision::Missed);
  stuck.drain();
  EXPECT_EQ(stuck.finding("Slow", Finding::Kind::Alert).held, Held::No);
}

TEST(Semantics40, FiringAtTheGateIsRed) {
  for (const auto must : {AlertExpectation::Must::Fire, AlertExpectation::Must::StaySilent}) {
    auto story = alarmed(must);
    alert(story, 40, 1);
    EXPECT_EQ(story.judge.gate().state, Judge::GateState::Red);
  }
}

TEST(Semantics40, AnAlertThatNobodyCanAskAboutIsUnknownAtTheGate) {
  auto quiet = alarmed(AlertExpectation::Must::Fire);
  alert(quiet, 40, 0);
  EXPECT_EQ(quiet.judge.gate().state, Judge::GateState::Green);
  auto blind = alarmed(AlertExpectation::Must::Fire);
  for (int i = 0; i < 40; ++i) blind.close();
  EXPECT_EQ(blind.judge.gate().state, Judge::GateState::Unknown);
}

TEST(Semantics40, AnAlertThatFlapsHasFiredTheFirstTime) {
  auto story = alarmed(AlertExpectation::Must::Fire);
  alert(story, 10, 0);
  story.inject("f");
  alert(story, 5, 0);
  alert(story, 10, 1);
  alert(story, 10, 0);
  alert(story, 5, 1);  // 25 s after its start: later than `within`, and not the first time
  story.undo("f");
  alert(story, 3, 1);
  alert(story, 5, 0);
  EXPECT_EQ(story.judge.alert("Slow"), Judge::Decision::Met);
  story.drain();
  EXPECT_NEAR(*story.finding("Slow", Finding::Kind::Alert).took_s, 5.5, 1e-9);
}

TEST(Semantics40, AnAlertThatWasQuietAgainBeforeItsStartMayFireThen) {
  auto story = alarmed(AlertExpectation::Must::Fire);
  alert(story, 3, 1);
  alert(story, 10, 0);
  story.inject("f");
  alert(story, 5, 1);
  story.undo("f");
  alert(story, 5, 0);
  EXPECT_EQ(story.judge.alert("Slow"), Judge::Decision::Met);
}

TEST(Semantics40, StaySilentIsOverTheWholeRunAndNeedsReadings) {
  auto quiet = alarmed(AlertExpectation::Must::StaySilent);
  alert(quiet, 40, 0);
  quiet.drain();
  EXPECT_EQ(quiet.finding("Slow", Finding::Kind::Alert).held, Held::Yes);
  auto loud = alarmed(AlertExpectation::Must::StaySilent);
  alert(loud, 20, 0);
  alert(loud, 1, 1);
  alert(loud, 20, 0);
  loud.drain();
  EXPECT_EQ(loud.finding("Slow", Finding::Kind::Alert).held, Held::No);
  auto blind = alarmed(AlertExpectation::Must::StaySilent);
  for (int i = 0; i < 30; ++i) blind.close();
  blind.drain();
  EXPECT_EQ(blind.finding("Slow", Finding::Kind::Alert).held, Held::Inconclusive);
}

}  // namespace
}  // namespace gunflint
