// What a value looks like is written in one place, for `explain` and for the reference page.
#include <gtest/gtest.h>

#include "cli/commands.hpp"
#include "cli/reading.hpp"
#include "cli/starter.hpp"
#include "cli/values.hpp"
#include "gunflint/model/condition.hpp"
#include "gunflint/model/target_spec.hpp"
#include "verdict/binomial.hpp"

namespace gunflint {
namespace {

std::string explained(const std::string& word) {
  testing::internal::CaptureStdout();
  ExplainOptions options;
  options.words = {word};
  const int exit = explain_command(options);
  const std::string out = testing::internal::GetCapturedStdout();
  return exit == 0 ? out : "";
}

TEST(Values, EveryWordThatANewcomerTriedIsExplained) {
  for (const char* word : {"duration", "rate", "share", "condition", "pick", "guard", "variable",
                           "member", "window", "red from", "baseline", "size", "start"}) {
    const std::string text = explained(word);
    EXPECT_NE(text.find("For example:"), text.npos) << word;
  }
}

TEST(Values, WhatProseCallsAValueCanBeAskedFor) {
  for (const char* word : {"duration", "rate", "share", "size", "condition"})
    EXPECT_NE(find_value_word(word), nullptr) << word;
  EXPECT_EQ(find_value_word("operators"), find_value_word("condition"));
  EXPECT_EQ(find_value_word("nothing"), nullptr);
}

TEST(Values, EverySpellingIsAccepted) {
  for (const Spelling& s : find_value_word("duration")->spellings)
    EXPECT_TRUE(parse_duration(s.text.substr(0, s.text.find(',')))) << s.text;
  for (const Spelling& s : find_value_word("rate")->spellings)
    EXPECT_TRUE(parse_rate(s.text)) << s.text;
  for (const Spelling& s : find_value_word("share")->spellings)
    EXPECT_TRUE(parse_share(s.text)) << s.text;
  for (const Spelling& s : find_value_word("size")->spellings)
    EXPECT_TRUE(parse_bytes(s.text)) << s.text;
  for (const Spelling& s : find_value_word("condition")->spellings)
    EXPECT_TRUE(parse_condition(std::string(s.text), {})) << s.text;
}

TEST(Values, EveryNameOfAMemberHasAValue) {
  Member member;
  member.id = "pid:4711@83920";
  member.label = "nginx[4711]";
  member.pid = 4711;
  member.address = "127.0.0.1";
  member.ports = {80};
  member.with["NAME"] = "x";
  for (const Spelling& s : find_value_word("member")->spellings)
    EXPECT_TRUE(expand_member(std::string(s.text), member)) << s.text;
}

TEST(Values, TheNumbersOfRedFromAreTheRulesOwn) {
  const std::string text(find_value_word("red from")->what);
  for (const auto& [n, words] :
       {std::pair{40, "red from {} failed of 40"}, std::pair{400, "red from {} of 400"},
        std::pair{2000, "from {} of 2000"}}) {
    std::string wanted = words;
    wanted.replace(wanted.find("{}"), 2, std::to_string(red_from(n, 0.05)));
    EXPECT_NE(text.find(wanted), text.npos) << wanted;
  }
}

TEST(Explain, KeysAreFoundByTheirPathAndCodesInAnyCase) {
  EXPECT_NE(explained("network.from").find("(network).from"), std::string::npos);
  EXPECT_EQ(explained("network.from").find("(cpu)"), std::string::npos);
  EXPECT_NE(explained("local.port").find("targets.local.port"), std::string::npos);
  EXPECT_EQ(explained("local.port").find("ssh"), std::string::npos);
  EXPECT_NE(explained("e144").find("E144 (gate)"), std::string::npos);
  EXPECT_NE(explained("P95").find("p95 (a metric"), std::string::npos);
  EXPECT_EQ(explained("local.prot"), "");
}

TEST(Explain, AnExperimentEndsWithAWholeOne) {
  const std::string text = explained("experiment");
  EXPECT_NE(text.find(starter_experiment()), text.npos);
}

TEST(Starter, IsValidAndNothingInItIsForLater) {
  const auto how = read_options({}, true);
  ASSERT_TRUE(how);
  const auto read = read_experiment(
      std::make_shared<SourceText>(SourceText{"first.yaml", std::string(starter_experiment())}),
      *how);
  ASSERT_TRUE(read.experiment) << print_problems(read.problems, false);
  EXPECT_TRUE(read.problems.empty()) << print_problems(read.problems, false);
  EXPECT_TRUE(not_in_this_version(*read.experiment, how->faults).empty());
  EXPECT_FALSE(read.experiment->loads.empty());
  EXPECT_FALSE(read.experiment->faults.empty());
  EXPECT_FALSE(read.experiment->steady_state.empty());
}

}  // namespace
}  // namespace gunflint
