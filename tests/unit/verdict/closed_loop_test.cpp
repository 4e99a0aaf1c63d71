// Loads whose stages say `users`: nothing is asked per second.
#include <gtest/gtest.h>

#include "story.hpp"
#include "verdict/load_second.hpp"

namespace gunflint {
namespace {

using namespace test;

constexpr std::uint64_t crowd = 64;

Experiment closed(const std::string& expect, Duration window) {
  auto e = judging("h", expect, window);
  e.loads[0].stages[0].rate.reset();
  e.loads[0].stages[0].users = static_cast<int>(crowd);
  return e;
}

/// All users of a closed loop wait for an answer, or, with `thinking`, for the end of their pause.
Slice nobody_answers(int second, Duration age, bool thinking = false) {
  Slice slice;
  slice.load = "shoppers", slice.second = second;
  slice.users = slice.in_flight = crowd;
  StepSlice step;
  step.journey = "buy", step.step = "checkout";
  if (!thinking) step.waiting.record(age, crowd);
  slice.steps.push_back(step);
  JourneySlice journey;
  journey.journey = "buy";
  slice.journeys.push_back(journey);
  return slice;
}

void hang(Story& story, int from, int seconds, bool thinking = false) {
  for (int i = 0; i < seconds; ++i) {
    story.tell(story.now + 1,
               SliceTaken{nobody_answers(story.now, std::chrono::seconds(from + i), thinking)});
    story.close();
  }
}

TEST(ClosedLoop, UsersWhoAllHangAreRedThoughNothingIsDue) {
  for (const char* expect :
       {"error_rate < 1%", "success_rate > 99%", "p95 < 400ms", "throughput > 10/s"}) {
    Story story(closed(expect, 5s));
    story.traffic(20);
    hang(story, 1, 5);
    EXPECT_EQ(story.judge.lights().front().state, "red") << expect;
    hang(story, 6, 10);
    story.drain();
    EXPECT_EQ(story.finding("h").held, Held::No) << expect;
  }
}

TEST(ClosedLoop, ASingleUserWhoHangsIsEnough) {
  Story story(closed("p95 < 400ms", 5s));
  story.traffic(20);
  for (int i = 0; i < 12; ++i) {
    Slice slice = nobody_answers(story.now, std::chrono::seconds(i + 1));
    slice.steps[0].waiting = {};
    slice.steps[0].waiting.record(std::chrono::seconds(i + 1));
    story.tell(story.now + 1, SliceTaken{slice});
    story.close();
  }
  EXPECT_EQ(story.judge.lights().front().state, "red");
}

TEST(ClosedLoop, AnAnswerThatMayTakeLongIsNoHang) {
  // Nobody is answered within the window of 5 s, and 20 s are allowed.
  Story story(closed("p95 < 20s", 5s));
  story.traffic(20);
  hang(story, 1, 12);
  EXPECT_EQ(story.judge.lights().front().state, "green");
}

TEST(ClosedLoop, UsersWhoThinkAreNotJudged) {
  Story story(closed("error_rate < 1%", 5s));
  story.traffic(20);
  hang(story, 1, 60, true);
  story.traffic(20);
  story.drain();
  const auto finding = story.finding("h");
  EXPECT_EQ(finding.held, Held::Yes) << finding.sentence;
}

TEST(ClosedLoop, NobodyAndNothingInFlightIsNotJudged) {
  Story story(closed("error_rate < 1%", 5s));
  story.traffic(20);
  story.traffic(60, {.count = 0});
  story.traffic(20);
  story.drain();
  EXPECT_EQ(story.finding("h").held, Held::Yes);
}

TEST(ClosedLoop, AGuardTripsWhenAllHang) {
  auto e = closed("error_rate < 1%", 5s);
  Guard guard;
  guard.name = "errors";
  guard.when = condition("error_rate > 25%");
  guard.lasting = 3s;
  e.abort.push_back(guard);
  Story story(e);
  story.traffic(20);
  hang(story, 1, 9);
  ASSERT_TRUE(story.judge.tripped());
  EXPECT_NE(story.judge.tripped()->why.find("nothing was answered"), std::string::npos);
}

TEST(ClosedLoop, AGuardOfLongWaitsLetsShorterOnesBe) {
  auto e = closed("error_rate < 1%", 5s);
  Guard guard;
  guard.name = "slow";
  guard.when = condition("p95 > 30s");
  guard.lasting = 3s;
  e.abort.push_back(guard);
  Story story(e);
  story.traffic(20);
  hang(story, 1, 20);
  EXPECT_FALSE(story.judge.tripped());
  hang(story, 21, 20);
  EXPECT_TRUE(story.judge.tripped());
}

TEST(ClosedLoop, TheGeneratorSpeaksOfUsers) {
  Story story(closed("error_rate < 1%", 5s));
  story.traffic(20);
  story.drain();
  const auto finding = story.finding("shoppers", Finding::Kind::Load);
  EXPECT_EQ(finding.held, Held::Yes);
  EXPECT_EQ(finding.sentence.substr(0, 32), "64 users began 2000 journeys, 99");
}

TEST(ClosedLoop, ABaselineNeedsARate) {
  auto e = closed("p95 < 120% of baseline", 10s);
  e.steady_state[0].window_is_phase = true;
  e.faults.push_back(fault("f"));
  Story story(e);
  story.traffic(120);
  story.inject("f");
  story.traffic(120);
  story.undo("f");
  story.traffic(80);
  story.drain();
  const auto finding = story.finding("h");
  EXPECT_EQ(finding.held, Held::Inconclusive);
  EXPECT_NE(finding.sentence.find("0 s at one rate"), std::string::npos) << finding.sentence;
}

TEST(Semantics18, UsersAreThoseWanted) {
  auto part = [](int worker, std::uint64_t users) {
    Slice slice;
    slice.load = "shoppers", slice.worker = worker, slice.users = users;
    return slice;
  };
  auto window = look_at({part(0, 40), part(1, 24)}, OfLoad{"shoppers", "", ""});
  EXPECT_EQ(value_of(window, "users"), 64);
  window.add(look_at({part(0, 20), part(1, 12)}, OfLoad{"shoppers", "", ""}));
  EXPECT_EQ(value_of(window, "users"), 48) << "over a window, the mean";
}

TEST(Semantics20, AmplificationIsAttemptsPerRequest) {
  Slice slice;
  slice.load = "shoppers";
  StepSlice step;
  step.journey = "buy", step.step = "checkout";
  step.ended = 100, step.attempts = 130, step.failed = 5;
  slice.steps.push_back(step);
  const auto second = look_at({slice}, OfLoad{"shoppers", "", ""});
  EXPECT_EQ(value_of(second, "amplification"), 1.3);
  EXPECT_EQ(value_of(second, "error_rate"), 0.05) << "a request counts once, after its retries";
  EXPECT_EQ(value_of(look_at({}, OfLoad{"shoppers", "", ""}), "amplification"), std::nullopt);
}

}  // namespace
}  // namespace gunflint
