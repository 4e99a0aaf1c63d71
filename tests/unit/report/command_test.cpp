#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "cli/commands.hpp"
#include "engine/journal.hpp"
#include "support/sample_run.hpp"

using namespace gunflint;

namespace {

/// A folder of runs with the sample in it.
class ReportCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    runs_ = std::filesystem::temp_directory_path() /
            ("gunflint-report-command-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder());
    auto journal = Journal::create(folder() / "journal.jsonl");
    ASSERT_TRUE(journal) << journal.error().message;
    for (Event& event : support::sample_run()) ASSERT_TRUE(journal->append(event, Durable::No));
  }
  void TearDown() override { std::filesystem::remove_all(runs_); }
  std::filesystem::path folder() const { return runs_ / "20261118-094640-7f3a"; }
  static std::string text(const std::filesystem::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  ReportOptions options(std::string format, std::string to = {}) {
    ReportOptions o;
    o.run = "7f3a";
    o.out = runs_;
    o.format = std::move(format);
    o.to = std::move(to);
    return o;
  }
  std::filesystem::path runs_;
};

}  // namespace

TEST_F(ReportCommand, WritesThePageBesideTheJournal) {
  testing::internal::CaptureStdout();
  EXPECT_EQ(report_command(options("html")), 0);
  const std::string out = testing::internal::GetCapturedStdout();
  EXPECT_NE(out.find("FAILED  2 of 5 verdicts not held"), std::string::npos) << out;
  EXPECT_NE(out.find("report.html"), std::string::npos);
  EXPECT_EQ(text(folder() / "report.html").find("<!doctype html>"), 0u);
}

TEST_F(ReportCommand, OtherFormatsGoToStdoutOrToAFile) {
  testing::internal::CaptureStdout();
  EXPECT_EQ(report_command(options("markdown")), 0);
  EXPECT_EQ(testing::internal::GetCapturedStdout().find("# checkout-surge: failed"), 0u);
  EXPECT_EQ(report_command(options("junit", runs_ / "junit.xml")), 0);
  EXPECT_EQ(text(runs_ / "junit.xml").find("<?xml"), 0u);
}

TEST_F(ReportCommand, AJournalFileIsARunToo) {
  auto o = options("json", runs_ / "x.json");
  o.run = folder() / "journal.jsonl";
  EXPECT_EQ(report_command(o), 0);
  EXPECT_TRUE(parse_json(text(runs_ / "x.json")));
}

TEST_F(ReportCommand, ATornLastLineIsWhatAKilledRunLeaves) {
  const auto file = folder() / "journal.jsonl";
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 100);
  testing::internal::CaptureStdout();
  EXPECT_EQ(report_command(options("text")), 0);
  EXPECT_NE(testing::internal::GetCapturedStdout().find("The journal ends at"), std::string::npos);
}

TEST_F(ReportCommand, WhatCannotBeSoftIsRefused) {
  auto o = options("junit", runs_ / "junit.xml");
  o.soft = {"failed"};
  testing::internal::CaptureStderr();
  EXPECT_EQ(report_command(o), 2);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("a failure stays a failure"),
            std::string::npos);
  o.soft = {"inconclusive", "not_started"};
  EXPECT_EQ(report_command(o), 0);
}

TEST_F(ReportCommand, AnUnknownRunIsASentenceAndExit2) {
  auto o = options("text");
  o.run = "nosuch";
  testing::internal::CaptureStderr();
  EXPECT_EQ(report_command(o), 2);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("nosuch"), std::string::npos);
}
