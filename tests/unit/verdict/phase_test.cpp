#include <gtest/gtest.h>

#include <random>

#include "story.hpp"
#include "verdict/blocks.hpp"

namespace gunflint {
namespace {

using namespace test;

/// One second of `count` requests that take `milliseconds` each, give or take 10 %.
Block noisy(std::mt19937_64& random, double milliseconds, int count = 100) {
  std::uniform_real_distribution<double> noise(0.9, 1.1);
  Block block;
  block.seconds = block.load.seconds = 1;
  for (int i = 0; i < count; ++i)
    block.load.times.record(from_seconds(milliseconds * noise(random) / 1000));
  block.load.longest = block.load.times.max();
  return block;
}

TEST(Blocks, AreBoundedAndLoseNothing) {
  Blocks blocks;
  Block second;
  second.seconds = second.load.seconds = 1;
  second.load.ended = 3;
  for (int i = 0; i < 10'000; ++i) blocks.push(second);
  EXPECT_LE(blocks.whole().size(), 64u);
  EXPECT_GE(blocks.whole().size(), 30u);
  EXPECT_EQ(blocks.total().load.ended, 30'000u);
  EXPECT_EQ(blocks.seconds(), 10'000);
}

TEST(Bootstrap, AConstantHasNoSpread) {
  Blocks blocks;
  Block second;
  second.seconds = 1, second.readings = 1, second.sum = 7;
  for (int i = 0; i < 100; ++i) blocks.push(second);
  const auto interval = bootstrap(blocks.whole(), "value", 1);
  ASSERT_TRUE(interval);
  EXPECT_EQ(interval->low, 7);
  EXPECT_EQ(interval->high, 7);
}

TEST(Bootstrap, TheIntervalHoldsTheTrueRatio) {
  std::mt19937_64 random(5);
  int inside = 0;
  for (int run = 0; run < 40; ++run) {
    Blocks base, later;
    for (int i = 0; i < 120; ++i) base.push(noisy(random, 40));
    for (int i = 0; i < 60; ++i) later.push(noisy(random, 52));
    const auto r = bootstrap_ratio(later.whole(), base.whole(), "p95", 7);
    ASSERT_TRUE(r);
    EXPECT_NEAR(r->estimate, 1.3, 0.02);
    inside += r->low <= 1.31 && r->high >= 1.29;
  }
  EXPECT_GE(inside, 30);
}

TEST(Bootstrap, TheSameSeedGivesTheSameInterval) {
  std::mt19937_64 random(5);
  Blocks blocks;
  for (int i = 0; i < 60; ++i) blocks.push(noisy(random, 40));
  const auto a = bootstrap(blocks.whole(), "p95", 3), b = bootstrap(blocks.whole(), "p95", 3);
  EXPECT_EQ(a->low, b->low);
  EXPECT_EQ(a->high, b->high);
}

Experiment compared(const std::string& expect = "p95 < 120% of baseline") {
  auto e = experiment();
  auto h = hypothesis("as good", expect);
  h.window_is_phase = true;
  e.steady_state.push_back(h);
  e.steady_state.push_back(hypothesis("correct", "error_rate < 50%", 1s));
  e.faults.push_back(fault("f"));
  return e;
}
/// Requests of `ms` milliseconds at `count` per second.
void serve(Story& story, int seconds, int ms, std::uint64_t count = 100) {
  for (int i = 0; i < seconds; ++i) {
    auto slice = slice_of(story.now, {.count = count});
    slice.steps[0].latency.clear();
    slice.steps[0].latency.record(std::chrono::milliseconds(ms + i % 3), count);
    story.tell(story.now + 1, SliceTaken{slice});
    story.close();
  }
}
Finding compare(const Experiment& e, int before, int during_ms, int after_ms,
                std::uint64_t rate = 100) {
  Story story(e);
  serve(story, before, 40);
  story.inject("f");
  serve(story, 70, during_ms, rate);
  story.undo("f");
  serve(story, 70, after_ms);
  story.drain();
  return story.finding("as good");
}

TEST(Semantics13, EachPhaseIsComparedWithTheBaseline) {
  EXPECT_EQ(compare(compared(), 100, 42, 41).held, Held::Yes);
  EXPECT_EQ(compare(compared(), 100, 80, 41).held, Held::No);
  const auto after = compare(compared(), 100, 41, 80);
  EXPECT_EQ(after.held, Held::No);
  EXPECT_NE(after.sentence.find("phase `after`"), std::string::npos) << after.sentence;
}

TEST(Semantics13, APhaseUnder60SecondsIsInconclusive) {
  auto e = compared();
  Story story(e);
  serve(story, 100, 40);
  story.inject("f");
  serve(story, 50, 40);
  story.undo("f");
  serve(story, 70, 40);
  story.drain();
  EXPECT_EQ(story.finding("as good").held, Held::Inconclusive);
}

TEST(Semantics13, AnAbsoluteLimitPerPhaseNeedsNoBaseline) {
  EXPECT_EQ(compare(compared("p95 < 60ms"), 100, 50, 41).held, Held::Yes);
  EXPECT_EQ(compare(compared("p95 < 60ms"), 100, 80, 41).held, Held::No);
}

/// A probe that is read in all of a fault but `blind` seconds of it.
Finding probed(int blind, NoData no_data) {
  auto e = experiment();
  e.loads.clear();
  auto h = hypothesis("queue", "value < 500", {}, OfScrape{"lb", "q"});
  h.window_is_phase = true;
  h.no_data = no_data;
  e.steady_state.push_back(h);
  e.faults.push_back(fault("f"));
  Story story(e);
  const std::string key = probe_key("steady_state", "queue");
  story.readings(70, key, 3);
  story.inject("f");
  story.readings(70, key, 3);
  for (int i = 0; i < blind; ++i) {
    ReadingTaken reading;
    reading.probe = key, reading.unknown = "it is down";
    story.tell(story.now + 0.5, reading);
    story.close();
  }
  story.readings(70, key, 3);
  story.undo("f");
  story.readings(70, key, 3);
  story.drain();
  return story.finding("queue");
}

TEST(Semantics15, UnknownSecondsOfAPhaseCount) {
  EXPECT_EQ(probed(0, NoData::Inconclusive).held, Held::Yes);
  EXPECT_EQ(probed(5, NoData::Inconclusive).held, Held::Yes);
  const auto half = probed(140, NoData::Inconclusive);
  EXPECT_EQ(half.held, Held::Inconclusive);
  EXPECT_NE(half.sentence.find("unknown for 140 of 280 s"), std::string::npos) << half.sentence;
}

TEST(Semantics16, NoDataFailMakesAPhaseRed) {
  EXPECT_EQ(probed(0, NoData::Fail).held, Held::Yes);
  EXPECT_EQ(probed(5, NoData::Fail).held, Held::No);
}

TEST(Semantics10, ABaselineUnder60SecondsIsInconclusive) {
  const auto f = compare(compared(), 69, 41, 41);  // minus 10 s to settle
  EXPECT_EQ(f.held, Held::Inconclusive);
  EXPECT_NE(f.sentence.find("the baseline has 59 s"), std::string::npos) << f.sentence;
  EXPECT_EQ(compare(compared(), 70, 41, 41).held, Held::Yes);
}

TEST(Semantics10, OnlySecondsOfTheSameRateAreCompared) {
  const auto f = compare(compared(), 100, 41, 41, 200);
  EXPECT_EQ(f.held, Held::Inconclusive);
  EXPECT_NE(f.sentence.find("another rate"), std::string::npos) << f.sentence;
}

TEST(Semantics10, HalvesThatDifferAreNoBaseline) {
  Story story(compared());
  serve(story, 60, 40);
  serve(story, 60, 80);
  story.inject("f");
  serve(story, 70, 60);
  story.undo("f");
  serve(story, 70, 60);
  story.drain();
  const auto f = story.finding("as good");
  EXPECT_EQ(f.held, Held::Inconclusive);
  EXPECT_NE(f.sentence.find("halves"), std::string::npos) << f.sentence;
}

}  // namespace
}  // namespace gunflint
