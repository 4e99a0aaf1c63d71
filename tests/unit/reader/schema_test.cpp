// What the reader accepts the schema accepts; structural problems fail both.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "model/problem_codes.hpp"
#include "model/schema.hpp"
#include "reading.hpp"
#include "support/json_schema.hpp"

namespace gunflint {
namespace {

namespace fs = std::filesystem;

/// Why the schema refuses each of these YAML texts; empty when it accepts it.
std::vector<std::string> refusals(const std::vector<std::string>& texts) {
  SchemaTrial trial;
  trial.by(json_schema(with_catalogue().faults));
  std::vector<bool> readable;
  for (const auto& text : texts) {
    Reader reader;
    const auto value = parse_yaml(source_of(text), reader);
    readable.push_back(value.has_value());
    trial.add(value ? resolve_plain(*value) : Value());
  }
  auto refusals = trial.refusals();
  for (std::size_t i = 0; i < texts.size(); ++i)
    if (!readable[i]) refusals[i] = "no YAML";
  return refusals;
}

TEST(Schema, AcceptsWhatTheReaderAccepts) {
  std::vector<fs::path> files{root + "/tests/golden/language/whole.yaml"};
  for (const char* folder : {"/experiments", "/tests/problems"})
    for (const auto& entry : fs::recursive_directory_iterator(root + folder))
      if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  std::erase_if(files, [](const fs::path& file) {
    return !read_experiment_file(file.string(), with_catalogue()).experiment;
  });
  EXPECT_GT(files.size(), 4u);
  std::vector<std::string> texts;
  for (const auto& file : files) texts.push_back(content_of(file));
  const auto why = refusals(texts);
  for (std::size_t i = 0; i < files.size(); ++i) EXPECT_EQ(why[i], "") << files[i];
}

/// Every code is listed in docs/reference/problems.md as one that the schema refuses too, or as one
/// that only the reader finds. Both are tried on every bad file; what the schema lets pass all the
/// same is named here.
TEST(Schema, RefusesStructuralProblems) {
  const std::set<std::string> passed{
      // E103: needed only because of another key, or one of several keys.
      "fault-no-target",      "load-no-journey",  "load-no-stages", "load-nothing-sent",
      "load-stage-two-rates", "reference-scrape", "source-none",    "target-two-kinds",
      "fault-one-of",         // the faults of `one_of` have no schema of their own
      "yaml-on-in-capitals",  // true to a YAML 1.1 parser
  };
  struct Bad {
    std::string name, found;
  };
  std::vector<Bad> bad;
  std::vector<std::string> texts;
  for (const auto& entry : fs::directory_iterator(root + "/tests/problems")) {
    if (entry.path().extension() != ".yaml") continue;
    const auto read = read_experiment_file(entry.path().string(), with_catalogue());
    std::string found;
    for (const Problem& p : read.problems)
      if (const auto* code = find_problem_code(p.code); code && code->structural)
        found += p.code + " " + p.path + "\n";
    if (found.empty()) continue;
    bad.push_back({entry.path().stem().string(), found});
    texts.push_back(content_of(entry.path()));
  }
  EXPECT_GT(bad.size(), 30u);
  const auto why = refusals(texts);
  for (std::size_t i = 0; i < bad.size(); ++i)
    EXPECT_EQ(why[i].empty(), passed.contains(bad[i].name)) << bad[i].name << "\n" << bad[i].found;
}

TEST(Schema, EveryCodeThatTheTestsMeetIsInTheTable) {
  for (const auto& entry : fs::directory_iterator(root + "/tests/problems")) {
    if (entry.path().extension() != ".yaml") continue;
    for (const auto& p : read_experiment_file(entry.path().string(), with_catalogue()).problems)
      EXPECT_NE(find_problem_code(p.code), nullptr) << p.code << " of " << entry.path();
  }
}

}  // namespace
}  // namespace gunflint
