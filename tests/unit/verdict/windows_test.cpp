#include <gtest/gtest.h>

#include "story.hpp"
#include "verdict/load_second.hpp"

namespace gunflint {
namespace {

using namespace test;

TEST(Semantics11, WindowIsUnknownUntilFull) {
  Story story(judging("fast", "p95 < 400ms", 10s));
  story.traffic(9);
  EXPECT_EQ(story.judge.lights().front().state, "unknown");
  story.traffic(1);
  EXPECT_EQ(story.judge.lights().front().state, "green");
}

TEST(Semantics11, WindowRollsAndRedEndsWhenTheSlowSecondsLeaveIt) {
  Story story(judging("fast", "p95 < 400ms", 10s));
  story.traffic(20);
  story.traffic(1, {.count = 100, .slow = 100});  // 100 of 1000 in the window: above 5 %
  EXPECT_EQ(story.judge.lights().front().state, "red");
  story.traffic(9);
  EXPECT_EQ(story.judge.lights().front().state, "red");
  story.traffic(1);
  EXPECT_EQ(story.judge.lights().front().state, "green");
  story.drain();
  const auto f = story.finding("fast");
  EXPECT_EQ(f.held, Held::No);
  ASSERT_EQ(f.evidence.size(), 1u);
  EXPECT_EQ(f.evidence[0].from_second, 20);
  EXPECT_EQ(f.evidence[0].to_second, 30);
  EXPECT_EQ(f.evidence[0].samples, "100 slow of 1000, red from 68");
}

TEST(Semantics11, WindowsRestartAtPhaseBoundariesAndAtTheEndOfAGrace) {
  auto e = judging("correct", "error_rate < 1%", 10s);
  e.faults.push_back(fault("f", 15s));
  Story story(e);
  story.traffic(40);
  story.inject("f");
  story.traffic(9, {.count = 100, .failed = 100});
  EXPECT_EQ(story.judge.lights().front().state, "unknown");  // nothing of `before` is mixed in
  story.traffic(1, {.count = 100, .failed = 100});
  EXPECT_EQ(story.judge.lights().front().state, "excused");
  story.traffic(5, {.count = 100, .failed = 100});
  // The grace ends here: what failed inside it is forgotten.
  story.traffic(9);
  EXPECT_EQ(story.judge.lights().front().state, "unknown");
  story.traffic(1);
  EXPECT_EQ(story.judge.lights().front().state, "green");
}

TEST(Semantics15, SecondsWhoseResultsNeverCameAreUnknownAndNotIdle) {
  Story story(judging("correct", "error_rate < 1%", 1s));
  story.traffic(40);
  for (int i = 0; i < 5; ++i) {
    story.close();
    EXPECT_EQ(story.judge.lights().front().state, "unknown");
  }
  story.tell(45, SliceTaken{slice_of(42, {.count = 100, .failed = 100})});  // too late to count
  story.traffic(40);
  story.drain();
  EXPECT_EQ(story.finding("correct").held, Held::Inconclusive);
}

TEST(Semantics15, ASecondInWhichNothingWasDueIsStillNotJudged) {
  Story story(judging("correct", "error_rate < 1%", 1s));
  story.traffic(40);
  story.traffic(20, {.count = 0});
  story.traffic(40);
  story.drain();
  EXPECT_EQ(story.finding("correct").held, Held::Yes);
}

TEST(Semantics15, AWindowThatLacksMoreThanATenthIsUnknown) {
  Story story(judging("correct", "error_rate < 1%", 10s));
  story.traffic(20);
  story.close();
  EXPECT_EQ(story.judge.lights().front().state, "unknown");
  story.traffic(1);
  EXPECT_EQ(story.judge.lights().front().state, "green");
  story.close();
  story.traffic(1);
  EXPECT_EQ(story.judge.lights().front().state, "unknown");
}

TEST(Semantics41, AGuardSeesItsDangerThroughHoles) {
  auto e = experiment();
  Guard guard;
  guard.name = "errors";
  guard.when = condition("error_rate > 25%");
  guard.lasting = 3s;
  e.abort.push_back(guard);
  Story story(e);
  story.traffic(10);
  for (int i = 0; i < 5 && !story.judge.tripped(); ++i) {
    story.traffic(1, {.count = 100, .failed = 100});
    story.close();
  }
  EXPECT_TRUE(story.judge.tripped());
}

TEST(Semantics12, FewBadSamplesMayBeChance) {
  Story story(judging("p99", "p99 < 400ms", 1s));
  story.traffic(20, {.count = 100, .slow = 4});  // 4 % above the limit, 1 % allowed: p = 0.018
  story.drain();
  EXPECT_EQ(story.finding("p99").held, Held::Yes);
}

TEST(Semantics12, RedFrom5SlowOf100InAWindow) {
  Story story(judging("p99", "p99 < 400ms", 1s));
  story.traffic(20, {.count = 100, .slow = 5});
  story.drain();
  const auto f = story.finding("p99");
  EXPECT_EQ(f.held, Held::No);
  EXPECT_EQ(f.evidence.at(0).samples, "5 slow of 100, red from 5");
}

TEST(Semantics12, SuccessRateCountsTheFailedOnes) {
  auto e = judging("ok", "success_rate > 99%", 1s);
  e.steady_state.push_back(hypothesis("done", "completion_rate > 99%", 1s));
  Story story(e);
  story.traffic(5, {.count = 100, .failed = 4});
  EXPECT_EQ(story.judge.lights()[0].state, "green");
  EXPECT_EQ(story.judge.lights()[1].state, "green");
  story.traffic(1, {.count = 100, .failed = 5});
  EXPECT_EQ(story.judge.lights()[0].state, "red");
  EXPECT_EQ(story.judge.lights()[1].state, "red");
}

TEST(Semantics14, ToleratedRedIsATotalDuration) {
  for (int red : {5, 6}) {
    auto e = judging("correct", "error_rate < 1%", 1s);
    e.steady_state[0].tolerate.time = 5s;
    Story story(e);
    for (int i = 0; i < red; ++i) {
      story.traffic(10);
      story.traffic(1, {.count = 100, .failed = 50});
    }
    story.drain();
    EXPECT_EQ(story.finding("correct").held, red == 5 ? Held::Yes : Held::No) << red;
  }
}

TEST(Semantics14, ToleratedRedIsAShareOfTheJudgedTime) {
  for (int red : {10, 11}) {
    auto e = judging("correct", "error_rate < 1%", 1s);
    e.steady_state[0].tolerate.share = Share{0.1};
    Story story(e);
    story.traffic(100 - red);
    story.traffic(red, {.count = 100, .failed = 50});
    story.drain();
    EXPECT_EQ(story.finding("correct").held, red == 10 ? Held::Yes : Held::No) << red;
  }
}

TEST(Semantics14, RedIsExcusedOnlyInsideGraceAndDuringRecovery) {
  auto e = judging("correct", "error_rate < 1%", 1s);
  e.faults.push_back(fault("f", 5s));
  Story story(e);
  story.traffic(40);
  story.inject("f");
  story.traffic(5, {.count = 100, .failed = 100});  // grace
  story.traffic(10);
  story.undo("f");
  story.traffic(5, {.count = 100, .failed = 100});  // recovery
  story.traffic(40);
  story.drain();
  EXPECT_EQ(story.finding("correct").held, Held::Yes);
  EXPECT_EQ(story.finding("f", Finding::Kind::Recovery).took_s, 5);
  EXPECT_EQ(story.verdict().outcome, Outcome::Held) << story.verdict().sentence;
}

TEST(Semantics15, UnknownAboveFivePercentIsInconclusive) {
  for (int blind : {4, 20}) {
    auto e = experiment();
    auto h = hypothesis("queue", "value < 500", {}, OfScrape{"lb", "queue"});
    e.steady_state.push_back(h);
    Story story(e);
    story.readings(100, "steady_state/queue", 3);
    for (int i = 0; i < blind + 2; ++i) story.close();  // no reading; stale after 3 s
    story.readings(1, "steady_state/queue", 3);
    story.drain();
    EXPECT_EQ(story.finding("queue").held, blind == 4 ? Held::Yes : Held::Inconclusive) << blind;
  }
}

TEST(Semantics15, FivePercentOfTheJudgedTimeMayBeUnknown) {
  // Known for 190 s of 200, unknown for 10: just allowed. One second more is too much.
  for (const int blind : {10, 12}) {
    auto e = judging("queue", "value < 500", {}, OfScrape{"lb", "queue"});
    Story story(e);
    story.readings(190, "steady_state/queue", 3);
    story.blind(blind, "steady_state/queue");
    story.drain();
    const auto f = story.finding("queue");
    EXPECT_EQ(f.held, blind == 10 ? Held::Yes : Held::Inconclusive) << blind << ": " << f.sentence;
  }
}

TEST(Semantics15, APhaseThatCouldNotBeJudgedIsInconclusive) {
  auto e = judging("fast", "p95 < 400ms", 10s);
  e.faults.push_back(fault("f"));
  Story story(e);
  story.traffic(40);
  story.inject("f");
  story.traffic(5, {.count = 100, .slow = 100});  // shorter than the window: never judged
  story.undo("f");
  story.traffic(40);
  story.drain();
  EXPECT_EQ(story.finding("fast").held, Held::Inconclusive);
  EXPECT_EQ(story.verdict().outcome, Outcome::Inconclusive);
}

TEST(Semantics16, NoDataIsUnknownOrFails) {
  for (auto no_data : {NoData::Inconclusive, NoData::Fail}) {
    auto e = experiment();
    auto h = hypothesis("queue", "value < 500", {}, OfScrape{"lb", "queue"});
    h.no_data = no_data;
    e.steady_state.push_back(h);
    Story story(e);
    story.blind(30, "steady_state/queue");
    story.drain();
    EXPECT_EQ(story.finding("queue").held, no_data == NoData::Fail ? Held::No : Held::Inconclusive);
  }
}

TEST(Semantics16, NothingAnsweredIsRedAndNothingDueIsNotJudged) {
  Story story(judging("fast", "p95 < 400ms", 5s));
  story.traffic(10);
  story.unanswered(10);
  EXPECT_EQ(story.judge.lights().front().state, "red");
  story.traffic(30, {.count = 0});
  EXPECT_EQ(story.judge.lights().front().state, "unknown");
  story.drain();
  EXPECT_EQ(story.finding("fast").held, Held::No);
  EXPECT_EQ(story.finding("fast").measured, "nothing answered");
}

TEST(Semantics17, EverySeriesMustHoldAndTheWorstIsNamed) {
  Story story(judging("cpu", "value < 90%", {}, OfPrometheus{"cpu"}));
  ReadingTaken r;
  r.probe = "steady_state/cpu";
  r.series = {{"a", 0.5}, {"b", 0.97}, {"c", 0.92}};
  story.tell(0.5, r);
  story.close();
  EXPECT_EQ(story.judge.lights().front().state, "red");
  EXPECT_EQ(story.judge.lights().front().value, "97%");
}

TEST(Semantics17, AReadingMustBeFresherThanTwoOfItsIntervals) {
  // `every` is 5 s for Prometheus and 1 s otherwise; what is older than two of them is no value.
  const auto light_after = [](ProbeSpec of, int silent) {
    auto e = judging("q", "value < 1GiB", {}, std::move(of));
    Story story(e);
    story.readings(10, "steady_state/q", 5);
    for (int i = 0; i < silent; ++i) story.close();
    return story.judge.lights().front().state;
  };
  EXPECT_EQ(light_after(OfPrometheus{"q"}, 8), "green");
  EXPECT_EQ(light_after(OfPrometheus{"q"}, 14), "unknown");
  EXPECT_EQ(light_after(OfScrape{"lb", "q"}, 1), "green");
  EXPECT_EQ(light_after(OfScrape{"lb", "q"}, 8), "unknown");
}

TEST(Semantics18, WhatTheMetricsOfALoadCount) {
  // Two workers, one second: 60 and 40 journeys due, of which 5 were dropped; 130 requests sent,
  // 70 journeys completed, 21 still under way.
  auto part = [](int worker, std::uint64_t due, std::uint64_t dropped, std::uint64_t completed,
                 std::uint64_t sent, std::uint64_t in_flight) {
    Slice slice;
    slice.load = "shoppers", slice.worker = worker, slice.sent = sent;
    slice.in_flight = in_flight;
    JourneySlice j;
    j.journey = "buy", j.due = due, j.dropped = dropped, j.ended = completed;
    j.completed = completed;
    slice.journeys.push_back(j);
    return slice;
  };
  const auto second =
      look_at({part(0, 60, 5, 45, 80, 11), part(1, 40, 0, 25, 50, 10)}, OfLoad{"shoppers", "", ""});
  EXPECT_EQ(value_of(second, "arrival_rate"), 100);  // dropped ones were due, too
  EXPECT_EQ(value_of(second, "sent_rate"), 130);     // requests, not journeys
  EXPECT_EQ(value_of(second, "throughput"), 70);     // journeys completed
  EXPECT_EQ(value_of(second, "in_flight"), 21);
  EXPECT_EQ(value_of(second, "dropped"), 5);
  // Over a window, rates and levels are means per second, and dropped ones are a sum.
  auto window = second;
  window.add(
      look_at({part(0, 20, 1, 30, 20, 3), part(1, 20, 0, 20, 20, 4)}, OfLoad{"shoppers", "", ""}));
  EXPECT_EQ(value_of(window, "arrival_rate"), 70);
  EXPECT_EQ(value_of(window, "sent_rate"), 85);
  EXPECT_EQ(value_of(window, "throughput"), 60);
  EXPECT_EQ(value_of(window, "in_flight"), 14);
  EXPECT_EQ(value_of(window, "dropped"), 6);
  // Another load does not count.
  EXPECT_EQ(value_of(look_at({part(0, 60, 5, 45, 80, 11)}, OfLoad{"bots", "", ""}), "arrival_rate"),
            0);
}

TEST(Semantics18, TheRateOfAStageIsWhatTheSliceWasAskedFor) {
  Story story(judging("arrive", "arrival_rate > 99", 5s));
  story.traffic(20);
  EXPECT_EQ(story.judge.lights().front().state, "green");
  story.traffic(10, {.count = 60});
  EXPECT_EQ(story.judge.lights().front().state, "red");
}

TEST(Semantics8, BiteLostMakesWhatItCoversInconclusive) {
  auto e = judging("fast", "p95 < 400ms", 1s);
  e.faults.push_back(fault("f"));
  Story story(e);
  story.traffic(40);
  story.inject("f");
  story.traffic(10);
  story.tell(story.now, BiteLost{"i1", "no packet matched"});
  story.traffic(20);
  story.undo("f");
  story.traffic(40);
  story.drain();
  EXPECT_EQ(story.finding("fast").held, Held::Inconclusive);
  EXPECT_EQ(story.finding("f", Finding::Kind::Fault).held, Held::Inconclusive);
  EXPECT_EQ(story.verdict().outcome, Outcome::Inconclusive);
}

TEST(Generator, ASaturatedGeneratorIsNeverAPass) {
  Story story(judging("fast", "p95 < 400ms", 5s));
  story.traffic(20);
  story.traffic(10, {.count = 100, .saturated = true});
  story.drain();
  EXPECT_EQ(story.finding("fast").held, Held::Inconclusive);
  EXPECT_EQ(story.finding("shoppers", Finding::Kind::Load).held, Held::Inconclusive);
}

TEST(Load, AnAnswerStillMissingCountsWithItsAgeSoFar) {
  // The server hangs: nothing is answered any more, and those under way grow older.
  Story story(judging("fast", "p99 < 2s", 5s));
  story.traffic(20);
  for (int second = 1; second <= 3; ++second)
    story.traffic(1, {.count = 0, .waiting = 100, .age = std::chrono::seconds(second)});
  const auto finding = story.finding("fast");
  EXPECT_EQ(finding.held, Held::No);
  ASSERT_FALSE(finding.evidence.empty());
  EXPECT_LE(finding.evidence.front().from_second, 23);
}

TEST(Semantics16, RefusedConnectionsAreNotFastAnswers) {
  auto e = judging("fast", "p95 < 400ms", 5s);
  Story story(e);
  story.traffic(20);
  story.traffic(10, {.count = 100, .failed = 100, .error = "refused"});
  EXPECT_EQ(story.finding("fast").held, Held::No);

  Story other(e);  // a server that says 503 at once has answered; `error_rate` is for that
  other.traffic(20);
  other.traffic(10, {.count = 100, .failed = 100});
  EXPECT_EQ(other.finding("fast").held, Held::Yes);
}

TEST(Load, AYoungRequestNeverMakesSlowOnesLookFaster) {
  Histogram ended, waiting;
  ended.record(5s, 100);
  waiting.record(1ms, 500);
  EXPECT_NEAR(seconds(quantile_so_far(ended, waiting, 0.5)), 5, 0.05);
  waiting.record(20s, 400);
  EXPECT_NEAR(seconds(quantile_so_far(ended, waiting, 0.99)), 20, 0.2);
}

TEST(Generator, WhatItSentLateItselfIsNotHeldAgainstTheSystem) {
  auto e = judging("fast", "p95 < 800ms", 5s);
  Story story(e);
  story.traffic(20);
  story.traffic(10, {.count = 100, .slow = 20, .late = 300ms});
  story.drain();
  EXPECT_EQ(story.finding("fast").held, Held::Inconclusive);

  Story other(e);
  other.traffic(20);
  other.traffic(10, {.count = 100, .slow = 20, .late = 50ms});
  other.drain();
  EXPECT_EQ(other.finding("fast").held, Held::No);
}

TEST(Semantics24, UsersAffectedAreThoseDueUnderFaultWhoDidNotComplete) {
  auto e = judging("few", "users_affected < 2%");
  e.steady_state.push_back(hypothesis("count", "users_affected < 300"));
  e.steady_state.push_back(hypothesis("correct", "error_rate < 50%", 1s));
  e.faults.push_back(fault("f"));
  Story story(e);
  story.traffic(40, {.count = 100, .failed = 40});  // before: does not count
  story.inject("f");
  story.traffic(20, {.count = 100, .failed = 10});
  story.undo("f");
  story.traffic(30);
  story.drain();
  EXPECT_EQ(story.finding("few").held, Held::No);
  EXPECT_EQ(story.finding("few").measured, "200 of 2000 (10 %)");
  EXPECT_EQ(story.finding("count").held, Held::Yes);
  EXPECT_EQ(story.verdict().users_due, 2000);
  EXPECT_EQ(story.verdict().users_affected, 200);
}

/// A run that is killed under fault: 1000 journeys have ended, `lost` of them badly, 500 are under
/// way.
Story killed_under_way(std::uint64_t lost) {
  auto e = judging("few", "users_affected < 2%");
  e.faults.push_back(fault("f"));
  Story story(e);
  story.traffic(40);
  story.inject("f");
  story.traffic(10, {.count = 100, .failed = lost / 10});
  story.unanswered(5);
  story.tell(story.now, ToolFailed{"it was killed"});
  return story;
}

TEST(Semantics24, WhoIsUnderWayWhenARunIsKilledIsNotAffected) {
  const Story story = killed_under_way(10);
  EXPECT_EQ(story.finding("few").held, Held::Inconclusive);
  EXPECT_EQ(story.finding("few").measured, "10 of 1000 (1 %)");
  EXPECT_EQ(story.verdict().users_due, 1000);
  EXPECT_EQ(story.verdict().users_affected, 10);
  EXPECT_EQ(story.verdict().outcome, Outcome::UndoIncomplete) << "the fault is in force";
}

TEST(Semantics24, ThoseLostSoFarMayBeTooManyWhateverBecomesOfTheRest) {
  const Story story = killed_under_way(100);
  EXPECT_EQ(story.finding("few").held, Held::No);
  EXPECT_EQ(story.finding("few").measured, "100 of 1500 (6.7 %)");
}

}  // namespace
}  // namespace gunflint
