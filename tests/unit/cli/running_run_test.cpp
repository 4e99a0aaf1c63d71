// A run that is at work is neither over nor broken.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "cli/commands.hpp"
#include "engine/journal.hpp"

namespace gunflint {
namespace {

class RunningRun : public ::testing::Test {
 protected:
  void SetUp() override {
    out_ = std::filesystem::temp_directory_path() /
           ("gunflint-running-run-" + std::to_string(::getpid()));
    std::filesystem::create_directories(out_ / id_);
    auto journal = Journal::create(out_ / id_ / "journal.jsonl");
    ASSERT_TRUE(journal) << journal.error().message;
    Event event;
    event.what = RunStarted{};
    ASSERT_TRUE(journal->append(event, Durable::Yes));
    journal_.emplace(std::move(*journal));
  }
  void TearDown() override { std::filesystem::remove_all(out_); }
  std::string id_ = "20261122-000300-0a2e";
  std::filesystem::path out_;
  std::optional<Journal> journal_;  ///< open: the run is alive
};

TEST_F(RunningRun, IsRunningInTheHistoryUntilItsProcessIsGone) {
  HistoryOptions options;
  options.out = out_;
  testing::internal::CaptureStdout();
  EXPECT_EQ(history_command(options), 0);
  std::string text = testing::internal::GetCapturedStdout();
  EXPECT_NE(text.find(id_ + "  running "), std::string::npos) << text;
  EXPECT_NE(text.find("`gunflint stop 0a2e` ends it"), std::string::npos) << text;
  journal_.reset();
  testing::internal::CaptureStdout();
  EXPECT_EQ(history_command(options), 0);
  text = testing::internal::GetCapturedStdout();
  EXPECT_NE(text.find("unfinished"), std::string::npos) << text;
}

TEST_F(RunningRun, IsNeitherJudgedNorReported) {
  JudgeOptions judge;
  judge.out = out_, judge.run = "0a2e";
  ReportOptions report;
  report.out = out_, report.run = "0a2e", report.format = "text";
  testing::internal::CaptureStderr();
  EXPECT_EQ(judge_command(judge), 2);
  EXPECT_EQ(report_command(report), 2);
  const std::string text = testing::internal::GetCapturedStderr();
  const std::string said = "run 20261122-000300-0a2e is still at work";
  EXPECT_NE(text.find(said), std::string::npos) << text;
  EXPECT_NE(text.rfind(said), text.find(said)) << text;
}

}  // namespace
}  // namespace gunflint
