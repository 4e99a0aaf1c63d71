#include "report/report.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "gunflint/model/experiment.hpp"
#include "report/impact.hpp"
#include "report/limits.hpp"
#include "report/verdict_block.hpp"
#include "report/words.hpp"
#include "support/golden.hpp"
#include "support/sample_run.hpp"

using namespace gunflint;
using support::expect_golden;
using support::JournalBuilder;
using support::sample_run;

namespace {
const RunView& sample() {
  static const RunView view = view_of(sample_run());
  return view;
}
}  // namespace

TEST(Golden, VerdictBlock) {
  Style style;
  style.width = 100;
  expect_golden("report/verdict_block.txt",
                verdict_block(sample(), style,
                              {{"report", "gunflint-runs/20261118-094640-7f3a/report.html"}}));
}
TEST(Golden, VerdictBlockInFortyColumnsOfAscii) {
  Style style;
  style.width = 40;
  style.unicode = false;
  const std::string text = verdict_block(sample(), style);
  expect_golden("report/verdict_block_40.txt", text);
}
TEST(Golden, Markdown) { expect_golden("report/report.md", markdown_report(sample())); }
TEST(Golden, Junit) { expect_golden("report/junit.xml", junit_report(sample())); }
TEST(Golden, Json) { expect_golden("report/report.json", json_report(sample())); }

TEST(VerdictBlock, WorstComesFirst) {
  const auto findings = worst_first(sample());
  ASSERT_EQ(findings.size(), 5u);
  EXPECT_EQ(findings[0].name, "fast");
  EXPECT_EQ(findings[1].name, "queue drains");
  EXPECT_EQ(findings[2].held, Held::Yes);
}

TEST(VerdictBlock, WhatIsLeftBehindCannotBeOverlooked) {
  JournalBuilder journal("x");
  journal.traffic("l", 0, 3, {});
  journal.at(1).add(Injected{"i1", "slow", "m", "web[1]", {true, "50ms", 50, 50}});
  Undone failed;
  failed.injection = "i1";
  failed.fault = "slow";
  failed.member = "m";
  failed.why = "the host does not answer";
  journal.at(2).add(failed);
  journal.at(2).add(LeftBehind{"i1", "slow", "m", "delay of 50ms on eth0", "gunflint recover"});
  Verdict verdict;
  verdict.outcome = Outcome::UndoIncomplete;
  verdict.sentence = "One change could not be undone.";
  const std::string text = verdict_block(view_of(journal.verdict(3, verdict).events()), {});
  EXPECT_NE(text.find("UNDO INCOMPLETE"), std::string::npos) << text;
  EXPECT_NE(text.find("slow on m: delay of 50ms on eth0\n     remove it: gunflint recover\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("exit 5"), std::string::npos);
}

TEST(VerdictBlock, ARunWithoutAnEndIsNoPass) {
  const auto view = view_of(JournalBuilder("x").traffic("l", 0, 2, {}).events());
  const std::string text = verdict_block(view, {});
  EXPECT_EQ(text.find("TOOL ERROR"), 0u) << text;
  EXPECT_NE(text.find("gunflint recover"), std::string::npos);
}

TEST(Impact, CountsTheRedTimeOfAnyHypothesisOnce) {
  JournalBuilder j("x");
  j.traffic("l", 0, 60, {});
  j.injection("i", "f", "m", 10, 30).at(30).add(FaultEnded{"f"});
  j.at(12).add(HypothesisTurned{"a", "red", ""}).at(20).add(HypothesisTurned{"a", "green", ""});
  j.at(15).add(HypothesisTurned{"b", "red", ""}).at(34).add(HypothesisTurned{"b", "green", ""});
  j.at(5).add(HypothesisTurned{"c", "red", ""}).at(8).add(HypothesisTurned{"c", "green", ""});
  const Impact impact = impact_of(view_of(j.events()));
  EXPECT_EQ(impact.red, 22s);  // 12 to 34; what was red before the first injection is not impact
  EXPECT_EQ(*impact.first_red, 2s);
  EXPECT_EQ(*impact.back_to_green, 4s);
}

TEST(Impact, ASecondThatWasJudgedLateStandsWhereItWas) {
  JournalBuilder j("x");
  j.traffic("l", 0, 60, {});
  j.injection("i", "f", "m", 10, 30).at(30).add(FaultEnded{"f"});
  j.at(14).add(HypothesisTurned{"a", "red", "", 12});
  j.at(32.3).add(HypothesisTurned{"a", "unknown", "its window begins anew", 30});
  const Impact impact = impact_of(view_of(j.events()));
  EXPECT_EQ(impact.red, 18s);
  EXPECT_EQ(*impact.first_red, 2s);
  EXPECT_EQ(impact.back_to_green, std::nullopt);
}

TEST(Trust, ASaturatedGeneratorComesFirst) {
  const auto notes = trust_of(
      view_of(JournalBuilder("x").traffic("l", 0, 5, {.saturated = true}).verdict(6, {}).events()));
  EXPECT_EQ(notes.at(0).tone, Tone::Bad);
  EXPECT_NE(notes.at(0).text.find("limit in 5 of 5 s"), std::string::npos);
}

TEST(Trust, ArrivalsThatDoNotAddUpAreNoticed) {
  Slice slice;
  slice.load = "l";
  JourneySlice journey;
  journey.journey = "j";
  journey.due = 10;
  journey.ended = 9;
  slice.journeys.push_back(journey);
  const auto notes =
      trust_of(view_of(JournalBuilder("x").at(1).add(SliceTaken{slice}).verdict(2, {}).events()));
  EXPECT_NE(notes.at(0).text.find("the journal is not complete"), std::string::npos);
}

TEST(Markdown, TextFromElsewhereStaysInItsCell) {
  Verdict verdict;
  Finding f;
  f.name = "a|b\n<script>";
  f.held = Held::No;
  verdict.findings.push_back(f);
  const std::string text =
      markdown_report(view_of(JournalBuilder("x").verdict(1, verdict).events()));
  EXPECT_NE(text.find("a\\|b &lt;script>"), std::string::npos) << text;
}

TEST(Markdown, ASignInsideCodeIsNoEntity) {
  Verdict verdict;
  verdict.sentence = "`p95 < 200ms` was red, a < b, and a lone ` < c";
  const std::string text =
      markdown_report(view_of(JournalBuilder("x").verdict(1, verdict).events()));
  EXPECT_NE(text.find("`p95 < 200ms` was red, a &lt; b, and a lone ` &lt; c"), std::string::npos)
      << text;
}

TEST(VerdictBlock, WhatDoesNotFitItsColumnIsToldBelowIt) {
  Verdict verdict;
  Finding f;
  f.name = "works", f.held = Held::Yes, f.limit = "error_rate < 5%";
  f.measured = "error_rate 0%, 100% in 6 s of recovery (not judged)";
  verdict.findings.push_back(f);
  Style style;
  style.width = 60;
  const std::string text =
      verdict_block(view_of(JournalBuilder("x").verdict(1, verdict).events()), style);
  EXPECT_NE(text.find("     error_rate 0%, 100% in 6 s of recovery (not judged)\n"),
            std::string::npos)
      << text;
}

TEST(Json, ReadsBackAsJson) {
  auto value = parse_json(json_report(sample()));
  ASSERT_TRUE(value);
  EXPECT_EQ(value->find("run")->text_or("outcome"), "failed");
  EXPECT_EQ(value->find("loads")->items().at(0).find("seconds")->find("asked")->items().size(),
            80u);
}

TEST(WriteReport, IsWholeOrNotThere) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("gunflint-report-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const std::string path = folder / "report.md";
  ASSERT_TRUE(write_report(sample(), Format::Markdown, path));
  std::ifstream in(path);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  EXPECT_EQ(text, markdown_report(sample()));
  EXPECT_FALSE(std::filesystem::exists(path + ".new"));
  auto failed = write_report(sample(), Format::Markdown, folder / "no" / "report.md");
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().message.find("report.md"), std::string::npos);
  std::filesystem::remove_all(folder);
}

TEST(Limits, AreThoseThatCanBeDrawn) {
  const auto decoded = decode<Experiment>(sample().start.experiment);
  ASSERT_TRUE(decoded) << decoded.error().message;
  const auto limits = limits_of(sample());
  ASSERT_EQ(limits.size(), 3u);
  EXPECT_EQ(limits[0].metric, "p95");
  EXPECT_EQ(limits[0].load, "shoppers");
  EXPECT_DOUBLE_EQ(limits[0].value, 0.4);
  EXPECT_TRUE(limits[0].from_above);
  EXPECT_DOUBLE_EQ(limits[1].value, 0.01);
  EXPECT_EQ(limits[2].target, "web");
  EXPECT_FALSE(limits[2].from_above);
}

TEST(Impact, WhoThoughtWhenTheLoadWasOverMakesNoWorstSecond) {
  RunView view;
  LoadView load;
  LoadSecond busy, last;
  busy.second = 3, busy.ended = 10, busy.completed = 9;
  last.second = 4, last.ended = 10, last.completed = 1, last.unfinished = 9;
  load.seconds = {busy, last};
  view.loads.push_back(load);
  const Impact impact = impact_of(view);
  EXPECT_EQ(impact.worst_second, 3);
  EXPECT_DOUBLE_EQ(impact.worst_share, 0.9);
}

TEST(Impact, NobodyIsAffectedByWhatWasNeverInjected) {
  Verdict verdict;
  verdict.outcome = Outcome::NotStarted;
  verdict.users_due = 1003;
  verdict.users_affected = 22;
  const auto view =
      view_of(JournalBuilder("x").traffic("l", 0, 3, {}).verdict(4, verdict).events());
  EXPECT_EQ(impact_of(view).users_due, 0);
  EXPECT_EQ(verdict_block(view, {}).find("users"), std::string::npos);
}
