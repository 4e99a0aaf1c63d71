// What the reader accepts the schema accepts; structural problems fail both.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "model/problem_codes.hpp"
#include "model/schema.hpp"
#include "reading.hpp"

namespace gunflint {
namespace {

namespace fs = std::filesystem;
const std::string root = GUNFLINT_SOURCE_DIR;

class Validator {
 public:
  Validator() {
    const auto json = nlohmann::json::parse(to_json(json_schema(with_catalogue().faults)));
    valijson::adapters::NlohmannJsonAdapter adapter(json);
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    parser.populateSchema(adapter, schema_);
  }
  /// Why the document is refused; empty when it is accepted.
  std::string refusal(const std::string& yaml) {
    Reader reader;
    const auto value = parse_yaml(source_of(yaml), reader);
    if (!value) return "no YAML";
    const auto json = nlohmann::json::parse(to_json(resolve_plain(*value)));
    valijson::adapters::NlohmannJsonAdapter adapter(json);
    valijson::ValidationResults results;
    valijson::Validator validator;
    if (validator.validate(schema_, adapter, &results)) return {};
    std::string why = "refused";
    valijson::ValidationResults::Error error;
    while (results.popError(error)) {
      why += "\n";
      for (const auto& part : error.context) why += part;
      why += ": " + error.description;
    }
    return why;
  }

 private:
  valijson::Schema schema_;
};

TEST(Schema, AcceptsWhatTheReaderAccepts) {
  Validator validator;
  std::vector<fs::path> files{root + "/tests/golden/language/whole.yaml"};
  for (const char* folder : {"/experiments", "/tests/problems"})
    for (const auto& entry : fs::recursive_directory_iterator(root + folder))
      if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  int accepted = 0;
  for (const auto& file : files) {
    if (!read_experiment_file(file.string(), with_catalogue()).experiment) continue;
    ++accepted;
    EXPECT_EQ(validator.refusal(content_of(file)), "") << file;
  }
  EXPECT_GT(accepted, 4);
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
  Validator validator;
  int structural = 0;
  for (const auto& entry : fs::directory_iterator(root + "/tests/problems")) {
    if (entry.path().extension() != ".yaml") continue;
    const auto read = read_experiment_file(entry.path().string(), with_catalogue());
    std::string found;
    for (const Problem& p : read.problems)
      if (const auto* code = find_problem_code(p.code); code && code->structural)
        found += p.code + " " + p.path + "\n";
    if (found.empty()) continue;
    ++structural;
    const std::string name = entry.path().stem().string();
    EXPECT_EQ(validator.refusal(content_of(entry.path())).empty(), passed.contains(name))
        << name << "\n"
        << found;
  }
  EXPECT_GT(structural, 30);
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
