#include "report/run_view.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "support/journal_builder.hpp"

using namespace gunflint;
using support::JournalBuilder;

TEST(RunView, SecondsAddUpOverWorkers) {
  const auto view = view_of(
      JournalBuilder("x")
          .traffic("shoppers", 0, 3, {.asked = 200, .failed = 0.1, .dropped = 20, .workers = 2})
          .events());
  const LoadView* load = view.load("shoppers");
  ASSERT_NE(load, nullptr);
  ASSERT_EQ(load->seconds.size(), 3u);
  const LoadSecond& s = load->seconds[1];
  EXPECT_EQ(s.second, 1);
  EXPECT_DOUBLE_EQ(s.asked, 200);
  EXPECT_EQ(s.due, 200u);
  EXPECT_EQ(s.dropped, 20u);
  EXPECT_EQ(s.ended, 180u);
  EXPECT_EQ(s.failed, 18u);
  EXPECT_EQ(s.errors.at("http_5xx"), 18u);
  EXPECT_EQ(load->all.requests, 540u);
  EXPECT_EQ(load->due, load->ended + load->dropped + load->in_flight);
}

/// Of second `second`: `due` fell due, `ended` ended, and so many are under way at its end.
Slice part_of_a_second(int second, std::uint64_t due, std::uint64_t ended, std::uint64_t in_flight,
                       bool warm_up) {
  Slice slice;
  slice.load = "l", slice.second = second;
  slice.in_flight = in_flight;
  slice.warm_up = warm_up;
  slice.users = 8;
  JourneySlice journey;
  journey.journey = "j", journey.due = due;
  journey.ended = journey.completed = ended;
  slice.journeys.push_back(journey);
  StepSlice step;
  step.journey = step.step = "j";
  step.ended = step.attempts = ended;
  step.latency.record(warm_up ? 1s : 10ms, ended);
  slice.steps.push_back(step);
  return slice;
}

TEST(RunView, WarmUpIsShownAndNotSummedUp) {
  JournalBuilder journal("x");
  journal.at(1).add(SliceTaken{part_of_a_second(0, 100, 60, 40, true)});
  journal.at(2).add(SliceTaken{part_of_a_second(1, 100, 110, 30, true)});
  journal.at(3).add(SliceTaken{part_of_a_second(2, 100, 90, 10, false)});
  const auto view = view_of(journal.at(3).add(SecondClosed{2}).events());
  const LoadView* load = view.load("l");
  ASSERT_NE(load, nullptr);
  ASSERT_EQ(load->seconds.size(), 3u);
  EXPECT_TRUE(load->seconds[0].warm_up);
  EXPECT_EQ(load->seconds[0].requests, 60u);
  EXPECT_FALSE(load->seconds[2].warm_up);
  EXPECT_EQ(load->seconds[2].users, 8u);
  EXPECT_EQ(load->warm_up_seconds, 2);
  EXPECT_EQ(load->all.requests, 90u);
  EXPECT_LT(load->all.latency.max(), 20ms);
  EXPECT_EQ(load->due, 100u) << "who was under way when the warm-up ended is counted nowhere";
  EXPECT_EQ(load->due, load->ended + load->dropped + load->in_flight);
}

TEST(RunView, PercentilesAreOfAllWorkersTogether) {
  // One worker answers in 10 ms, the other in 100 ms: the median lies at the faster one's slowest.
  JournalBuilder journal("x");
  for (int worker : {0, 1}) {
    Slice slice;
    slice.load = "l";
    slice.worker = worker;
    StepSlice step;
    step.journey = step.step = "s";
    step.ended = 100;
    step.latency.record(worker == 0 ? Duration(10ms) : Duration(100ms), 100);
    slice.steps.push_back(step);
    journal.at(1).add(SliceTaken{slice});
  }
  const auto view = view_of(journal.at(1).add(SecondClosed{0}).events());
  const LoadSecond& s = view.loads.at(0).seconds.at(0);
  EXPECT_NEAR(s.p50, 0.010, 0.0001);
  EXPECT_NEAR(s.p95, 0.100, 0.001);
  // Journey and step have one name, as in `requests`: it is said once.
  EXPECT_NEAR(s.steps.at("s").p99, 0.100, 0.001);
}

TEST(RunView, HeatMapKeepsEveryRequestInItsDecade) {
  const auto view =
      view_of(JournalBuilder("x").traffic("l", 0, 1, {.asked = 1000, .median = 10ms}).events());
  const LoadSecond& s = view.loads.at(0).seconds.at(0);
  std::uint64_t sum = 0, below = 0;
  for (int bin = 0; bin < heat_bins; ++bin) {
    sum += s.heat[bin];
    if (bin < 16) below += s.heat[bin];  // bin 16 begins at 10 ms
  }
  EXPECT_EQ(sum, 1000u);
  EXPECT_NEAR(static_cast<double>(below), 500, 10);
}

TEST(Semantics7, AFaultIsActiveFromItsFirstInjectionToItsLastUndo) {
  JournalBuilder journal("x");
  journal.at(10).add(FaultStarted{"slow", 0, {"a", "b"}});
  journal.injection("i1", "slow", "a", 11, 20).injection("i2", "slow", "b", 12, 22);
  journal.at(22).add(FaultEnded{"slow"});
  const auto view = view_of(journal.events());
  const FaultView* fault = view.fault("slow");
  ASSERT_NE(fault, nullptr);
  EXPECT_EQ(*fault->from, 11s);
  EXPECT_EQ(*fault->to, 22s);
  ASSERT_EQ(view.injections.size(), 2u);
  EXPECT_TRUE(view.injections[0].verified);
  EXPECT_EQ(*view.injections[0].undone, 20s);
}

TEST(RunView, AJournalCutOffByAKillStillShowsItsLastSecond) {
  auto events = JournalBuilder("x").traffic("l", 0, 5, {}).events();
  while (!std::holds_alternative<SliceTaken>(events.back().what)) events.pop_back();
  const auto view = view_of(events);
  EXPECT_EQ(view.loads.at(0).seconds.size(), 5u);
  EXPECT_FALSE(view.exit.has_value());
}

TEST(RunView, SilenceIsNoNumber) {
  const auto view = view_of(JournalBuilder("x").traffic("l", 0, 1, {.asked = 0}).events());
  EXPECT_TRUE(std::isnan(view.loads.at(0).seconds.at(0).p99));
}

TEST(Timeline, InstancesAreToldWhenTheyChange) {
  const auto view = view_of(JournalBuilder("x")
                                .members("web", 0, 5, 3, 3)
                                .members("web", 5, 8, 2, 3)
                                .members("web", 8, 10, 3, 3, 1)
                                .events());
  std::vector<std::string> told;
  for (const Moment& m : view.timeline)
    if (m.kind == "scale") told.push_back(m.text);
  EXPECT_EQ(told, (std::vector<std::string>{"web: 3 ready", "web: ready 3 -> 2 of 3",
                                            "web: ready 2 -> 3"}));
}
