#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>

#include "reading.hpp"

namespace gunflint {
namespace {

namespace fs = std::filesystem;
const std::string root = GUNFLINT_SOURCE_DIR;

const std::string small = R"(version: 1
name: x
vars: { rate: 50/s, word: "a" }
description: "${word}"
load:
  shop:
    base_url: http://127.0.0.1
    stages: [ { name: normal, rate: "${rate}", for: 2m } ]
    requests: [ { get: / } ]
steady_state: [ { load: shop, expect: error_rate < 1% } ]
)";

TEST(Reader, TheWholeExampleOfTheLanguageIsValid) {
  const auto read =
      read_experiment_file(root + "/tests/golden/language/whole.yaml", with_catalogue());
  EXPECT_TRUE(read.experiment) << print_problems(read.problems, false);
  EXPECT_EQ(codes(read), "");
}

TEST(Reader, WhatWasReadIsWrittenAndReadAgain) {
  const auto read =
      read_experiment_file(root + "/tests/golden/language/whole.yaml", with_catalogue());
  ASSERT_TRUE(read.experiment);
  const std::string written = to_json(encode(*read.experiment));
  const auto back = decode<Experiment>(*parse_json(written));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(to_json(encode(*back)), written);
}

/// Every ```yaml block that begins an experiment, of README.md and docs.
TEST(Reader, EveryExperimentOfTheDocsIsValid) {
  std::vector<fs::path> pages{root + "/README.md"};
  for (const auto& entry : fs::recursive_directory_iterator(root + "/docs"))
    if (entry.path().extension() == ".md") pages.push_back(entry.path());
  int blocks = 0;
  for (const auto& page : pages) {
    const std::string text = content_of(page);
    for (auto at = text.find("```yaml\n"); at != text.npos; at = text.find("```yaml\n", at + 1)) {
      const auto begin = at + 8;
      const std::string block = text.substr(begin, text.find("```", begin) - begin);
      if (block.find("version:") == block.npos) continue;  // a fragment
      ++blocks;
      const auto read = read_experiment(source_of(block), with_catalogue());
      EXPECT_TRUE(read.experiment) << page << "\n" << print_problems(read.problems, false);
    }
  }
  std::printf("%d blocks\n", blocks);
}

TEST(Reader, EveryReadyMadeExperimentIsValid) {
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(root + "/experiments")) {
    if (entry.path().extension() != ".yaml") continue;
    const std::string text = content_of(entry.path());
    if (text.find("\nname:") == text.npos) continue;  // brought in by `use`
    ++files;
    const auto read = read_experiment_file(entry.path().string(), with_catalogue());
    EXPECT_TRUE(read.experiment) << print_problems(read.problems, false);
  }
  EXPECT_GT(files, 0);
}

TEST(Vars, SetWinsOverTheEnvironmentAndThatOverTheFile) {
  ReadOptions options;
  EXPECT_EQ(read_experiment(source_of(small), options).experiment->description, "a");
  options.environment = [](const std::string& name) {
    return name == "GUNFLINT_VAR_WORD" ? std::optional<std::string>("b") : std::nullopt;
  };
  EXPECT_EQ(read_experiment(source_of(small), options).experiment->description, "b");
  options.set["word"] = "c";
  EXPECT_EQ(read_experiment(source_of(small), options).experiment->description, "c");
  options.set["rate"] = "7/s";
  EXPECT_EQ(read_experiment(source_of(small), options).experiment->loads[0].stages[0].rate,
            Rate{7});
  options.set["wrod"] = "c";
  EXPECT_EQ(codes(read_experiment(source_of(small), options)), "E140");
}

TEST(Vars, SecretsAreRedactedEverywhere) {
  ReadOptions options;
  options.secret = [](const std::string&) { return std::optional<std::string>("hunter2"); };
  std::string text = small;
  text.replace(text.find("\"${word}\""), 9, "\"${secret:key} and ${secret:key}\"");
  const auto read = read_experiment(source_of(text), options);
  ASSERT_TRUE(read.experiment);
  EXPECT_EQ(read.experiment->description, "hunter2 and hunter2");
  const std::string written = to_json(redact(encode(*read.experiment), read.secrets));
  EXPECT_EQ(written.find("hunter2"), written.npos);
  EXPECT_NE(written.find("${secret:key} and ${secret:key}"), written.npos);
}

TEST(Reader, NamesFaultsThatHaveNone) {
  const auto read =
      read_experiment(source_of(small + "targets: { web: { local: {} } }\nfaults:\n"
                                        "  - { type: noop, target: web, at: 40s, for: 5s }\n"
                                        "  - { type: noop, target: web, at: 60s, for: 5s }\n"),
                      with_catalogue());
  ASSERT_TRUE(read.experiment) << print_problems(read.problems, false);
  EXPECT_EQ(read.experiment->faults[0].name, "noop");
  EXPECT_EQ(read.experiment->faults[1].name, "noop 2");
}

TEST(Reader, KnowsWhatIsNotInThisVersion) {
  const auto read =
      read_experiment_file(root + "/tests/golden/language/whole.yaml", with_catalogue());
  ASSERT_TRUE(read.experiment);
  std::string said;
  for (const auto& p : not_in_this_version(*read.experiment, with_catalogue().faults))
    said += p.sentence + "\n";
  EXPECT_NE(said.find("targets of kind `container`: not in this version"), said.npos) << said;
  const auto plain = read_experiment(source_of(small), with_catalogue());
  EXPECT_TRUE(not_in_this_version(*plain.experiment, with_catalogue().faults).empty());
}

// ---- attacks: refused while the parser reads ----

/// Reads and prints how long it took; what is asserted is the code, and that few nodes were kept.
std::string attack(const char* name, std::string text) {
  const auto begin = std::chrono::steady_clock::now();
  const auto read = read_experiment(source_of(std::move(text)), ReadOptions{});
  const auto took = std::chrono::steady_clock::now() - begin;
  const double ms = std::chrono::duration<double, std::milli>(took).count();
  std::printf("%-28s %7.1f ms  %zu problems\n", name, ms, read.problems.size());
  EXPECT_LT(ms, 2000) << name;  // 50 ms on a quiet machine; the printed time says
  EXPECT_FALSE(read.experiment) << name;
  return read.problems.empty() ? "" : read.problems.front().code;
}
std::string many(const std::string& text, int n) {
  std::string out;
  for (int i = 0; i < n; ++i) out += text;
  return out;
}

TEST(Attack, IsRefusedEarly) {
  EXPECT_EQ(attack("2 MiB", std::string(2 << 20, 'a')), "E002");
  EXPECT_EQ(attack("brackets", many("[", 1 << 20)), "E002");
  EXPECT_EQ(attack("braces", many("{a: ", 1 << 18)), "E002");
  EXPECT_EQ(attack("list in list", many("- ", 1 << 19)), "E002");
  EXPECT_EQ(attack("nodes", "a:\n" + many("- x\n", 200000)), "E002");
  EXPECT_EQ(attack("keys",
                   [] {
                     std::string out;
                     for (int i = 0; i < 60000; ++i) out += "k" + std::to_string(i) + ": 1\n";
                     return out;
                   }()),
            "E002");
  EXPECT_EQ(attack("unknown keys",
                   [] {
                     std::string out = "version: 1\nname: x\n";
                     for (int i = 0; i < 4900; ++i) out += "k" + std::to_string(i) + ": 1\n";
                     return out;
                   }()),
            "E102");
  EXPECT_EQ(attack("duplicate keys", "version: 1\n" + many("a: 1\n", 4900)), "E004");
  EXPECT_EQ(attack("billion laughs", "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n"), "E005");
  EXPECT_EQ(attack("aliases", "a: [" + many("*x,", 1 << 18) + "]"), "E005");
  EXPECT_EQ(attack("one long line", "version: 1\nname: \"" + many("é", 500000) + "\"\nx: 1\n"),
            "E102");
  EXPECT_EQ(attack("variables that grow",
                   [] {
                     std::string out =
                         "version: 1\nname: x\nvars: { a: \"" + many("x", 100000) + "\" }\ntags:\n";
                     for (int i = 0; i < 900; ++i) out += "- \"${a}${a}${a}${a}\"\n";
                     return out;
                   }()),
            "E002");
  EXPECT_EQ(attack("question marks", many("? ", 1 << 19)), "E009");
  EXPECT_EQ(attack("open quotes", "a: " + many("'", (1 << 19) + 1)), "E003");
}

}  // namespace
}  // namespace gunflint
