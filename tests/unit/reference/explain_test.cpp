// `gunflint explain` of every key there is.
#include <gtest/gtest.h>

#include <set>

#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "cli/example.hpp"
#include "cli/reading.hpp"
#include "model/schema.hpp"

namespace gunflint {
namespace {

/// Every member of a shape, with its path, however deep.
void walk(const Shape& shape, const std::string& path,
          const std::function<void(const std::string&, const Shape::Member&)>& each) {
  for (const auto& member : shape.members) {
    const std::string here = path.empty() ? member.name : path + "." + member.name;
    each(here, member);
    walk(member.shape, here, each);
  }
  for (const auto& inner : shape.of) walk(inner, path, each);
}
void walk_all(const std::function<void(const std::string&, const Shape::Member&)>& each) {
  walk(shape_of<Experiment>(), "", each);
  for (const auto& known : known_faults()) walk(known.shape, "faults." + known.name, each);
}

bool accepts(const Shape& shape, const Value& value) {
  const auto schema_json = nlohmann::json::parse(to_json(json_schema(shape)));
  valijson::adapters::NlohmannJsonAdapter schema_adapter(schema_json);
  valijson::Schema schema;
  valijson::SchemaParser(valijson::SchemaParser::kDraft7).populateSchema(schema_adapter, schema);
  const auto json = nlohmann::json::parse(to_json(value));
  valijson::adapters::NlohmannJsonAdapter adapter(json);
  return valijson::Validator().validate(schema, adapter, nullptr);
}

TEST(Explain, EveryKeySaysWhatItMeans) {
  int keys = 0;
  walk_all([&](const std::string& path, const Shape::Member& member) {
    ++keys;
    EXPECT_GE(member.help.size(), 5u) << path;
    EXPECT_FALSE(prose(member.shape).empty()) << path;
  });
  EXPECT_GT(keys, 150);
}

TEST(Explain, EveryKeyHasAnExampleThatItsSchemaAccepts) {
  std::set<std::string> tried;
  walk_all([&](const std::string& path, const Shape::Member& member) {
    const std::string example = example_of(member);
    if (!tried.insert(path + example).second) return;
    Reader reader;
    const auto document = parse_yaml(
        std::make_shared<const SourceText>(SourceText{"example.yaml", example + "\n"}), reader);
    ASSERT_TRUE(document) << path << ": " << example;
    const Value value = resolve_plain(*document->find(member.name));
    EXPECT_TRUE(accepts(member.shape, value)) << path << ": " << example;
  });
}

TEST(Explain, EveryKeyIsFoundByItsName) {
  const auto faults = known_faults();
  walk_all([&](const std::string& path, const Shape::Member& member) {
    EXPECT_FALSE(find_keys(member.name, faults).empty()) << path;
  });
}

}  // namespace
}  // namespace gunflint
