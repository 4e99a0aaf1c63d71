// `gunflint explain` of every key there is.
#include <gtest/gtest.h>

#include <set>

#include "cli/example.hpp"
#include "cli/reading.hpp"
#include "model/schema.hpp"
#include "support/json_schema.hpp"

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
  std::vector<std::string> examples;
  SchemaTrial trial;
  walk_all([&](const std::string& path, const Shape::Member& member) {
    const std::string example = example_of(member);
    if (!tried.insert(path + example).second) return;
    Reader reader;
    const auto document = parse_yaml(
        std::make_shared<const SourceText>(SourceText{"example.yaml", example + "\n"}), reader);
    ASSERT_TRUE(document) << path << ": " << example;
    trial.by(json_schema(member.shape));
    trial.add(resolve_plain(*document->find(member.name)));
    examples.push_back(path + ": " + example);
  });
  const auto refusals = trial.refusals();
  for (std::size_t i = 0; i < examples.size(); ++i) EXPECT_EQ(refusals[i], "") << examples[i];
}

TEST(Explain, EveryKeyIsFoundByItsName) {
  const auto faults = known_faults();
  walk_all([&](const std::string& path, const Shape::Member& member) {
    EXPECT_FALSE(find_keys(member.name, faults).empty()) << path;
  });
}

}  // namespace
}  // namespace gunflint
