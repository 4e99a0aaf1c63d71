#include "cli/load_thresholds.hpp"

#include <gtest/gtest.h>

namespace gunflint {
namespace {

LoadSpec shop() {
  LoadSpec load;
  load.name = "shoppers";
  const auto journey = [](const char* name, std::vector<std::string> steps) {
    Journey j;
    j.name = name;
    for (auto& step : steps) {
      Request request;
      request.name = std::move(step);
      j.steps.push_back(std::move(request));
    }
    return j;
  };
  load.journeys = {journey("buy", {"browse", "GET /pay"}), journey("look", {"browse"})};
  return load;
}

LoadSummary measured() {
  Slice s;
  s.load = "shoppers";
  s.sent = 130;
  const auto step = [&](const char* journey, const char* name, Duration latency, int ended,
                        int failed) {
    StepSlice one;
    one.journey = journey;
    one.step = name;
    one.ended = static_cast<std::uint64_t>(ended);
    one.failed = static_cast<std::uint64_t>(failed);
    one.attempts = one.ended + 10;
    one.latency.record(latency, one.ended);
    s.steps.push_back(one);
  };
  step("buy", "browse", 10ms, 50, 0);
  step("buy", "GET /pay", 300ms, 50, 5);
  step("look", "browse", 20ms, 20, 0);
  JourneySlice buy{"buy", 55, 5, 50, 45, 0, {}, {}, {}, {}},
      look{"look", 20, 0, 20, 20, 0, {}, {}, {}, {}};
  buy.duration.record(310ms, 50);
  look.duration.record(20ms, 20);
  s.journeys = {buy, look};
  LoadSummary sum;
  sum.add(s);
  return sum;
}

std::string judged(const std::string& text, double length = 10) {
  const auto thresholds = read_thresholds({text}, {shop()});
  if (!thresholds) return thresholds.error().message;
  const auto result = judge(*thresholds, measured(), length);
  return std::string(name_of(result.at(0).outcome)) + " " + result[0].value;
}

TEST(LoadThresholds, AreAboutAllRequestsOrOneStepOrOneJourney) {
  EXPECT_EQ(judged("p50 < 400ms").substr(0, 5), "held ");
  EXPECT_EQ(judged("max < 200ms"), "failed 300ms");
  EXPECT_EQ(judged("look / browse max < 200ms"), "held 20ms");
  EXPECT_EQ(judged("GET /pay max < 200ms"), "failed 300ms");
  EXPECT_EQ(judged("GET /pay error_rate < 1%"), "failed 10%");
  EXPECT_EQ(judged("look max < 200ms"), "held 20ms");
  EXPECT_EQ(judged("buy max < 300ms"), "failed 310ms") << "of a journey: its duration";
  EXPECT_EQ(judged("shoppers error_rate < 5%"), "held 4.17%");
}

TEST(LoadThresholds, WhoWasThinkingAtTheEndIsNotIncomplete) {
  Slice s;
  s.load = "shoppers";
  s.journeys = {JourneySlice{"buy", 100, 0, 100, 90, 10, {}, {}, {}, {}}};
  s.steps = {StepSlice{"buy", "browse", 100}};
  LoadSummary sum;
  sum.add(s);
  const auto thresholds = read_thresholds({"completion_rate > 99%"}, {shop()});
  EXPECT_EQ(judge(*thresholds, sum, 10).at(0).outcome, Outcome::Held);
}

TEST(LoadThresholds, MayBeAboutOneStage) {
  LoadSpec load = shop();
  for (const char* name : {"calm", "100/s", "100/s"}) {
    Stage stage;
    stage.name = name;
    stage.rate = Rate{100};
    stage.length = 10s;
    load.stages.push_back(stage);
  }
  StageSum stage;
  stage.load = load.name;
  stage.number = 2;
  stage.length = 5;
  stage.sum = measured();
  const auto judged_of = [&](const std::string& text) {
    const auto thresholds = read_thresholds({text}, {load});
    if (!thresholds) return thresholds.error().message;
    const auto result = judge(*thresholds, LoadSummary{}, 30, {stage});
    return std::string(name_of(result.at(0).outcome)) + " " + result[0].value;
  };
  EXPECT_EQ(judged_of("stage 2 max < 200ms"), "failed 300ms");
  EXPECT_EQ(judged_of("stage 2 arrival_rate > 1/s"), "held 15/s") << "of the stage's length";
  EXPECT_EQ(judged_of("shoppers / stage 2 max < 400ms"), "held 300ms");
  EXPECT_EQ(judged_of("max < 200ms"), "inconclusive nothing measured") << "the whole is another";
  stage.length = 0;
  stage.number = 3;
  EXPECT_EQ(judged_of("stage 3 max < 400ms"), "inconclusive 300ms") << "answers of other stages";
  EXPECT_EQ(judged_of("100/s max < 1s"),
            "`100/s max < 1s`: `100/s` is in shoppers as stage 2 and in shoppers as stage 3; write "
            "`shoppers / stage 2 …`");
  EXPECT_EQ(judged_of("stage 4 max < 1s"),
            "`stage 4 max < 1s`: there is no load, stage, journey or step `stage 4`; did you mean "
            "`stage 1`?");
}

TEST(LoadThresholds, RatesAreOfTheWholeLength) {
  EXPECT_EQ(judged("arrival_rate >= 7.5/s"), "held 7.5/s");
  EXPECT_EQ(judged("throughput > 7/s"), "failed 6.5/s");
  EXPECT_EQ(judged("buy throughput > 4/s"), "held 4.5/s");
  EXPECT_EQ(judged("sent_rate > 14/s"), "held 15/s");
  EXPECT_EQ(judged("amplification < 1.2"), "failed 1.25");
  EXPECT_EQ(judged("buy completion_rate > 90%").substr(0, 7), "failed ");
  EXPECT_EQ(judged("dropped < 10"), "held 5");
  EXPECT_EQ(judged("buy dropped < 5%").substr(0, 7), "failed ");
}

TEST(LoadThresholds, WhatIsNotKnownIsToldWithTheNearest) {
  EXPECT_EQ(
      judged("GET /pya p95 < 1s"),
      "`GET /pya p95 < 1s`: there is no load, stage, journey or step `GET /pya`; did you mean "
      "`GET /pay`?");
  EXPECT_EQ(judged("browse p95 < 1s"),
            "`browse p95 < 1s`: `browse` is in buy and in look; write `buy / browse …`");
  EXPECT_EQ(judged("GET /pay throughput > 1/s"),
            "`GET /pay throughput > 1/s`: throughput is known of a journey, not of a step; leave "
            "out the name");
  EXPECT_EQ(judged("users_affected < 1%").substr(0, 54),
            "`users_affected` is nothing that a load has; known are");
  EXPECT_EQ(judged("p95 < 20"),
            "`p95 < 20`: a time needs its unit; write for example "
            "`p95 < 400ms`");
  EXPECT_NE(judged("p95 < 120% of baseline").find("needs a baseline"), std::string::npos);
}

TEST(LoadThresholds, NothingMeasuredAndALimitedGeneratorHoldNothing) {
  const auto thresholds = read_thresholds({"p95 < 1s", "error_rate < 1%", "dropped < 1"}, {shop()});
  ASSERT_TRUE(thresholds);
  for (const auto& one : judge(*thresholds, LoadSummary{}, 10)) {
    EXPECT_EQ(one.outcome, Outcome::Inconclusive) << one.text;
    EXPECT_EQ(one.why, "nothing was measured");
  }
  LoadSummary limited = measured();
  limited.saturated_seconds = limited.seconds = 1;
  const auto all = judge(*thresholds, limited, 10);
  EXPECT_EQ(all[0].why, "the generator was the limit");
  EXPECT_EQ(worst_of(all), Outcome::Inconclusive);
}

}  // namespace
}  // namespace gunflint
