#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>

#include "reading.hpp"
#include "support/attack_files.hpp"

namespace gunflint {
namespace {

namespace fs = std::filesystem;

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

/// A block of a page as a whole file: a fragment gets the header, and the names that it speaks of,
/// from a frame.
std::string completed(const std::string& block) {
  if (block.find("version:") != block.npos) return block;
  std::string out = "version: 1\nname: fragment\n";
  auto lacks = [&](const char* section) {
    return block.rfind(section, 0) != 0 && block.find("\n" + std::string(section)) == block.npos;
  };
  if (lacks("targets:")) out += "targets: { web: { local: { process: nginx } } }\n";
  if (lacks("load:"))
    out +=
        "load: { shoppers: { base_url: \"http://127.0.0.1\", stages: [ { name: surge, rate: 50/s, "
        "for: 5m } ], requests: [ { get: / } ] } }\n";
  if (block.rfind("- ", 0) == 0) out += "faults:\n";
  return out + block;
}

/// Every ```yaml block of every page: whole files as they are, fragments in a frame.
TEST(Reader, EveryYamlBlockOfTheDocsIsValid) {
  std::vector<fs::path> pages{root + "/README.md", root + "/CONTRIBUTING.md"};
  for (const char* folder : {"/docs", "/examples", "/experiments"})
    for (const auto& entry : fs::recursive_directory_iterator(root + folder))
      if (entry.path().extension() == ".md") pages.push_back(entry.path());
  int blocks = 0;
  for (const auto& page : pages) {
    const std::string text = content_of(page);
    for (auto at = text.find("```yaml\n"); at != text.npos; at = text.find("```yaml\n", at + 1)) {
      const auto begin = at + 8;
      const std::string block = text.substr(begin, text.find("```", begin) - begin);
      ++blocks;
      const auto read = read_experiment(source_of(completed(block)), with_catalogue());
      EXPECT_TRUE(read.experiment) << page << "\n" << print_problems(read.problems, false);
    }
  }
  EXPECT_GT(blocks, 0);
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

TEST(Reader, AFileThatOnlySpeaksOfAScriptIsNone) {
  const auto read = read_experiment(source_of("# was: import http from 'k6/http'\n"
                                              "version: 1\nname: x\n"
                                              "description: replaces ours from 'k6-checkout.js'\n"),
                                    with_catalogue());
  EXPECT_EQ(codes(read).find("E003"), std::string::npos) << codes(read);
  EXPECT_EQ(codes(read_experiment(source_of("import http from 'k6/http';\n"), with_catalogue())),
            "E003");
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

/// 50 ms each is the bar of `attack_files` in tests/bench, built for release on a quiet machine;
/// here the bound is what no unlucky moment reaches and anything quadratic does.
TEST(Attack, IsRefusedEarly) {
  auto files = attack_files();
  for (AttackFile& file : largest_files()) files.push_back(std::move(file));
  for (const AttackFile& file : files) {
    const auto source = source_of(file.text);
    const auto begin = std::chrono::steady_clock::now();
    const auto read = read_experiment(source, ReadOptions{});
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    EXPECT_LT(took.count(), 2) << file.name;
    EXPECT_FALSE(read.experiment) << file.name;
    ASSERT_FALSE(read.problems.empty()) << file.name;
    EXPECT_EQ(read.problems.front().code, file.code) << file.name;
    EXPECT_LE(read.problems.size(), 500u) << file.name;
  }
}

}  // namespace
}  // namespace gunflint
