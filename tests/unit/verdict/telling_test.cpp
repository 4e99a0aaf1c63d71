// What a finding says beside held or not: why requests failed, what was red and not judged, what
// could be chance.
#include <gtest/gtest.h>

#include "story.hpp"
#include "verdict/words.hpp"

namespace gunflint {
namespace {

using namespace test;

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Telling, AShareIsNeverRoundedToAllOrNothing) {
  EXPECT_EQ(spell_share(1), "100 %");
  EXPECT_EQ(spell_share(0.996), "99.60 %");
  EXPECT_EQ(spell_share(0.28), "28 %");
  EXPECT_EQ(spell_share(0), "0 %");
}

TEST(Telling, WhyRequestsFailedStandsBesideTheirRate) {
  Story story(judging("works", "error_rate < 5%", 1s));
  story.traffic(10);
  story.traffic(1, {.count = 100, .failed = 40, .error = "refused"});
  story.drain();
  const auto f = story.finding("works");
  EXPECT_EQ(f.held, Held::No);
  EXPECT_TRUE(says(f.sentence, "error_rate 40% at 10 s (40 refused)")) << f.sentence;
  ASSERT_EQ(f.evidence.size(), 1u);
  EXPECT_TRUE(says(f.evidence[0].samples, "40 failed of 100 (40 refused)"));
}

TEST(Telling, ARedGateSaysWhyRequestsFailed) {
  auto e = experiment();
  e.gate = 5s;
  e.steady_state.push_back(hypothesis("works", "error_rate < 5%", 1s));
  Story story(e);
  story.traffic(10, {.count = 20, .failed = 20, .error = "http_4xx"});
  const auto gate = story.judge.gate();
  EXPECT_EQ(gate.state, Judge::GateState::Red);
  EXPECT_TRUE(says(gate.why, "error_rate 100% (20 http_4xx), limit error_rate < 5%")) << gate.why;
}

TEST(Telling, WhatIsBeyondTheLimitAndNotRedCouldBeChance) {
  Story story(judging("works", "error_rate < 5%", 1s));
  story.traffic(10, {.count = 40, .failed = 2});
  story.drain();
  EXPECT_EQ(story.finding("works").held, Held::Yes);
  EXPECT_EQ(story.finding("works").measured,
            "error_rate 5% (2 of 40; red from 7: could be chance)");
}

TEST(Telling, WhatKeepsTheLimitIsNotCalledChance) {
  Story story(judging("works", "error_rate < 5%", 1s));
  story.traffic(10, {.count = 100, .failed = 4});
  story.drain();
  EXPECT_EQ(story.finding("works").measured, "error_rate 4%");
}

/// A kill is over at once: all of its outage lies in the recovery, which nobody judges by default.
TEST(Telling, RedDuringRecoveryIsToldThoughItIsNotJudged) {
  auto e = judging("works", "error_rate < 5%", 1s);
  e.faults.push_back(fault("kill"));
  Story story(e);
  story.traffic(30);
  story.inject("kill");
  story.undo("kill");
  story.traffic(6, {.count = 100, .failed = 100, .error = "refused"});
  story.traffic(40);
  story.drain();
  const auto f = story.finding("works");
  EXPECT_EQ(f.held, Held::Yes) << f.sentence;
  EXPECT_TRUE(says(f.measured, "error_rate 0%, 100% in 6 s of recovery (not judged)"))
      << f.measured;
  const Verdict v = story.judge.verdict();
  EXPECT_EQ(v.outcome, Outcome::Held) << v.sentence;
  EXPECT_TRUE(says(v.sentence, "The system left its limits through `kill` and was back 6 s after"))
      << v.sentence;
}

TEST(Telling, AWindowThatBeginsAnewIsNoLongerToldAsRed) {
  auto e = judging("works", "error_rate < 5%", 4s);
  e.faults.push_back(fault("slow"));
  Story story(e);
  story.traffic(10);
  story.inject("slow");
  story.traffic(6, {.count = 100, .failed = 100, .error = "refused"});
  story.undo("slow");
  story.judge.news();
  story.traffic(1);
  std::string state;
  for (const auto& what : story.judge.news())
    if (const auto* turned = std::get_if<HypothesisTurned>(&what)) state = turned->state;
  EXPECT_EQ(state, "unknown");
}

TEST(Telling, WhatNobodyJudgedIsNotCalledWithinItsLimits) {
  auto e = experiment();
  e.faults.push_back(fault("pause"));
  Story story(e);
  story.traffic(5);
  story.inject("pause");
  story.traffic(5);
  story.undo("pause");
  story.traffic(5);
  story.drain();
  EXPECT_TRUE(says(story.judge.verdict().sentence, "`pause` was injected; nothing was judged"))
      << story.judge.verdict().sentence;
}

}  // namespace
}  // namespace gunflint
