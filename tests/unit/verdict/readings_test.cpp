// What is read now and then: one by one, or a rolling window of it.
#include <gtest/gtest.h>

#include "story.hpp"

namespace gunflint::test {
namespace {

const std::string probe = "steady_state/queue";

Experiment queue(const std::string& expect, std::optional<Duration> window = {}) {
  auto e = judging("queue", expect, window, OfScrape{"lb", "queue"});
  return e;
}
std::string light(Story& story) { return story.judge.lights().front().state; }

TEST(Semantics11, WithoutAWindowEachReadingCountsAlone) {
  Story story(queue("value < 500"));
  story.reading(probe, 3);
  EXPECT_EQ(light(story), "green");
  story.reading(probe, 600);
  EXPECT_EQ(light(story), "red");
  story.reading(probe, 3);
  EXPECT_EQ(light(story), "green");
}

TEST(Semantics11, AWindowOfReadingsIsTheirMean) {
  Story story(queue("value < 500", 4s));
  story.readings(3, probe, 100);
  EXPECT_EQ(light(story), "unknown") << "the window is not full";
  story.reading(probe, 100);
  EXPECT_EQ(light(story), "green");
  story.reading(probe, 1600);  // (100 + 100 + 100 + 1600) / 4 = 475
  EXPECT_EQ(light(story), "green");
  EXPECT_EQ(story.judge.lights().front().value, "475");
  story.reading(probe, 300);  // 525
  EXPECT_EQ(light(story), "red");
  story.readings(2, probe, 300);  // 575, 625
  EXPECT_EQ(light(story), "red");
  story.reading(probe, 300);  // 1600 has left it
  EXPECT_EQ(light(story), "green");
}

TEST(Semantics11, WithEqualityEveryReadingOfTheWindowCounts) {
  Story story(queue("value == 3", 4s));
  story.readings(4, probe, 3);
  EXPECT_EQ(light(story), "green");
  story.reading(probe, 2);
  EXPECT_EQ(light(story), "red");
  story.readings(3, probe, 3);
  EXPECT_EQ(light(story), "red") << "the 2 is still in it";
  story.reading(probe, 3);
  EXPECT_EQ(light(story), "green");
}

TEST(Semantics11, AWindowOfReadingsRestartsAtAPhaseBoundary) {
  auto e = queue("value < 500", 10s);
  e.faults.push_back(fault("f"));
  Story story(e);
  story.readings(40, probe, 900);
  EXPECT_EQ(light(story), "red");
  story.inject("f");
  story.readings(9, probe, 100);
  EXPECT_NE(light(story), "green");
  story.readings(1, probe, 100);  // 100 alone; with what was before it would be 820
  EXPECT_EQ(light(story), "green");
}

TEST(Semantics11, AReadingIsStaleWhenTheNextIsOverdueAndASecondWhateverTheWindow) {
  for (const std::optional<Duration> window : {std::optional<Duration>{}, {30s}, {300s}}) {
    Story story(queue("value < 500", window));
    story.readings(310, probe, 3);  // the last at 309.5 s, the next one is due within 1 + 5 s
    ASSERT_EQ(light(story), "green");
    for (int i = 0; i < 6; ++i) story.close();
    EXPECT_EQ(light(story), "green") << "6.5 s old";
    story.close();
    EXPECT_EQ(light(story), "unknown") << "7.5 s old";
  }
}

TEST(Semantics16, AProbeThatAnswersSlowlyIsNotBlind) {
  auto e = queue("value < 500");
  e.faults.push_back(fault("f"));
  Story story(e);
  for (int second = 0; second < 60; ++second) {
    // Asked at 0, 4, 8 …: each answer takes 3.5 s.
    if (second % 4 == 3)
      story.reading(probe, 3);
    else
      story.close();
    if (second >= 3) {
      EXPECT_EQ(light(story), "green") << second;
    }
  }
}

TEST(Semantics15, AWindowThatLacksMoreThanATenthIsUnknown) {
  Story story(queue("value < 500", 10s));
  story.readings(10, probe, 3);
  story.blind(1, probe);
  story.reading(probe, 3);
  EXPECT_EQ(light(story), "green") << "one of ten";
  story.blind(1, probe);
  story.reading(probe, 3);
  EXPECT_EQ(light(story), "unknown") << "two of ten";
}

TEST(Semantics9, APhaseVerdictIsNoPartOfTheGateAndSaysSo) {
  auto e = experiment();
  auto h = hypothesis("fast", "p95 < 400ms");
  h.window_is_phase = true;
  e.steady_state.push_back(h);
  e.faults.push_back(fault("f"));
  Story story(e);
  story.traffic(90, {.count = 100, .slow = 100});
  EXPECT_EQ(story.judge.gate().state, Judge::GateState::Green);
  story.inject("f");
  story.traffic(70);
  story.undo("f");
  story.drain();
  const std::string said = story.finding("fast").sentence;
  EXPECT_NE(said.find("It was no part of the gate: a phase is judged at its end."),
            std::string::npos)
      << said;
}

TEST(Semantics9, AGateThatSawTrafficInItsLastSecondOnlyIsNoPass) {
  Story story(judging("correct", "error_rate < 1%", 5s));
  story.traffic(40, {.count = 0});
  story.traffic(3);
  const auto gate = story.judge.gate();
  EXPECT_EQ(gate.state, Judge::GateState::Unknown);
  EXPECT_EQ(gate.why, "`correct` saw no traffic in 27 of the 30 s before it");
  story.traffic(27);
  EXPECT_EQ(story.judge.gate().state, Judge::GateState::Green);
}

}  // namespace
}  // namespace gunflint::test
