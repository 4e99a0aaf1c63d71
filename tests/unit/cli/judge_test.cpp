// A finished run, judged again: by its own experiment, or by another one that fits it.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "cli/commands.hpp"
#include "cli/reading.hpp"
#include "engine/journal.hpp"
#include "support/journal_builder.hpp"

namespace gunflint {
namespace {

constexpr const char* own = R"(version: 1
name: steady
load:
  shoppers:
    base_url: http://127.0.0.1:1
    stages: [ { rate: 100/s, for: 20s } ]
    journeys: [ { name: buy, steps: [ { get: / } ] } ]
steady_state: [ { name: fast, load: shoppers, expect: p95 < 1s } ]
)";

class JudgedAgain : public ::testing::Test {
 protected:
  void SetUp() override {
    out_ =
        std::filesystem::temp_directory_path() / ("gunflint-judged-" + std::to_string(::getpid()));
    std::filesystem::create_directories(out_ / id_);
    const auto options = read_options({}, true);
    ASSERT_TRUE(options);
    const auto read =
        read_experiment(std::make_shared<const SourceText>(SourceText{"own.yaml", own}), *options);
    ASSERT_TRUE(read.experiment) << print_problems(read.problems, false);
    auto journal = Journal::create(out_ / id_ / "journal.jsonl");
    ASSERT_TRUE(journal) << journal.error().message;
    for (Event event : support::JournalBuilder("steady")
                           .experiment(own, encode(*read.experiment))
                           .traffic("shoppers", 0, 20, {.asked = 100, .median = 10ms})
                           .phase(20, "drain")
                           .at(20)
                           .add(Drained{})
                           .at(21)
                           .add(RunEnded{0})
                           .events())
      ASSERT_TRUE(journal->append(event, Durable::No));
  }
  void TearDown() override { std::filesystem::remove_all(out_); }

  int judge(const std::string& with = {}, bool json = false) {
    JudgeOptions options;
    options.out = out_, options.run = "7f3a", options.json = json;
    if (!with.empty()) {
      options.with = out_ / "other.yaml";
      std::ofstream(options.with) << with;
    }
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int exit = judge_command(options);
    said_ = testing::internal::GetCapturedStdout();
    complained_ = testing::internal::GetCapturedStderr();
    return exit;
  }
  bool says(const std::string& part) const { return said_.find(part) != std::string::npos; }

  const std::string id_ = "20261118-094640-7f3a";
  std::filesystem::path out_;
  std::string said_, complained_;
};

TEST_F(JudgedAgain, ByItsOwnExperimentAndTheNextStepsFindTheRun) {
  EXPECT_EQ(judge(), 0) << said_ << complained_;
  EXPECT_TRUE(says("HELD")) << said_;
  EXPECT_TRUE(says(" --out " + out_.string())) << said_;
}

TEST_F(JudgedAgain, ByAStricterExperimentItFails) {
  std::string stricter = own;
  stricter.replace(stricter.find("p95 < 1s"), 8, "p95 < 1ms");
  EXPECT_EQ(judge(stricter), 1) << said_ << complained_;
  EXPECT_TRUE(says("other.yaml")) << said_;
}

TEST_F(JudgedAgain, AnExperimentOfOtherLoadsIsRefusedAndToldWhichThereWere) {
  std::string other = own;
  for (std::size_t at; (at = other.find("shoppers")) != other.npos;)
    other.replace(at, 8, "crawlers");
  EXPECT_EQ(judge(other), 2);
  EXPECT_NE(complained_.find("speaks of load `crawlers`"), std::string::npos) << complained_;
  EXPECT_NE(complained_.find("`shoppers`"), std::string::npos) << complained_;
  EXPECT_EQ(judge(other, true), 2);
  const auto document = parse_json(said_);
  ASSERT_TRUE(document) << said_;
  EXPECT_EQ(document->integer_or("exit"), 2);
}

TEST_F(JudgedAgain, AWrongFileIsADocumentInJson) {
  EXPECT_EQ(judge("version: 1\nname: x\nfault: []\n", true), 2);
  const auto document = parse_json(said_);
  ASSERT_TRUE(document) << said_;
  EXPECT_FALSE(document->bool_or("valid", true));
}

}  // namespace
}  // namespace gunflint
