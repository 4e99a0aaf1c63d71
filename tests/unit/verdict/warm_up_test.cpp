// Seconds of warm-up are sent and shown; nothing follows from them.
#include <gtest/gtest.h>

#include "story.hpp"

namespace gunflint {
namespace {

using namespace test;

void warm(Story& story, int seconds, Traffic t = broken, const std::string& load = "shoppers") {
  for (int i = 0; i < seconds; ++i) {
    Slice slice = slice_of(story.now, t);
    slice.warm_up = true;
    slice.load = load;
    story.tell(story.now + 1, SliceTaken{slice});
    story.close();
  }
}

TEST(WarmUp, IsNotJudged) {
  Story story(judging("correct", "error_rate < 1%", 5s));
  warm(story, 30);
  EXPECT_EQ(story.judge.lights().front().state, "unknown");
  story.traffic(4);
  EXPECT_EQ(story.judge.lights().front().state, "unknown") << "its windows begin behind it";
  story.traffic(1);
  EXPECT_EQ(story.judge.lights().front().state, "green");
  story.traffic(60);
  story.drain();
  const auto finding = story.finding("correct");
  EXPECT_EQ(finding.held, Held::Yes) << finding.sentence;
}

TEST(WarmUp, AWindowOfOneSecondDoesNotSeeItEither) {
  Story story(judging("correct", "error_rate < 1%", 1s));
  warm(story, 30);
  EXPECT_EQ(story.judge.lights().front().state, "unknown");
  story.traffic(60);
  story.drain();
  EXPECT_EQ(story.finding("correct").held, Held::Yes);
}

TEST(WarmUp, IsNotSummedUp) {
  auto e = judging("correct", "error_rate < 1%", 5s);
  e.steady_state.push_back(hypothesis("none lost", "dropped < 1"));
  Story story(e);
  warm(story, 20, {.count = 1000, .failed = 1000, .saturated = true});
  story.traffic(60);
  story.drain();
  const auto finding = story.finding("shoppers", Finding::Kind::Load);
  EXPECT_EQ(finding.held, Held::Yes) << finding.sentence;
  EXPECT_EQ(finding.measured, "6000 journeys due, 6000 requests");
  EXPECT_EQ(story.finding("none lost").measured, "0 of 6000 (0 %)");
}

TEST(WarmUp, WhoWasDueInItIsNotAffectedLaterEither) {
  Story story(judging("few", "users_affected < 2%"));
  warm(story, 10, {});
  // A journey of the warm-up that is lost behind it.
  Slice slice = slice_of(story.now, {});
  slice.journeys[0].ended += 1;
  slice.journeys[0].ended_by_due["9"] = 1;
  story.tell(story.now + 1, SliceTaken{slice});
  story.close();
  story.traffic(19);
  story.drain();
  EXPECT_EQ(story.finding("few").measured, "0 of 2000 (0 %)");
}

TEST(WarmUp, IsNoBaseline) {
  auto e = judging("as fast", "p95 < 120% of baseline");
  e.steady_state[0].window_is_phase = true;
  e.loads[0].warm_up = 60s;
  e.faults.push_back(fault("f"));
  Story story(e);
  warm(story, 60, {.count = 100, .slow = 100});
  story.traffic(110);
  story.inject("f");
  story.traffic(100);
  story.undo("f");
  story.traffic(100);
  story.drain();
  const auto finding = story.finding("as fast");
  EXPECT_EQ(finding.held, Held::Yes) << finding.sentence;
}

TEST(WarmUp, OfOneLoadLeavesTheOthersJudged) {
  auto e = judging("correct", "error_rate < 1%", 5s, OfLoad{"shoppers", "", ""});
  LoadSpec bots = e.loads[0];
  bots.name = "bots";
  e.loads.push_back(bots);
  Story story(e);
  for (int i = 0; i < 20; ++i) {
    Slice other = slice_of(story.now, broken);
    other.load = "bots", other.warm_up = true;
    story.tell(story.now + 1, SliceTaken{other});
    story.traffic(1);
  }
  EXPECT_EQ(story.judge.lights().front().state, "green");
}

TEST(WarmUp, AGuardLooksOn) {
  auto e = judging("correct", "error_rate < 1%", 5s);
  Guard guard;
  guard.name = "errors";
  guard.when = condition("error_rate > 25%");
  guard.lasting = 3s;
  e.abort.push_back(guard);
  Story harmless(e);
  warm(harmless, 60, {});
  EXPECT_FALSE(harmless.judge.tripped()) << "it is not blind meanwhile";
  Story harmful(e);
  warm(harmful, 12);
  EXPECT_TRUE(harmful.judge.tripped()) << "it protects from the first second";
}

}  // namespace
}  // namespace gunflint
