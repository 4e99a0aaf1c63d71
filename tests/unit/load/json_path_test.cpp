#include <gtest/gtest.h>

#include "support/json_tree.hpp"

namespace gunflint {
namespace {

TEST(JsonPath, WalksNamesAndIndexes) {
  const Value v = *parse_json(R"({"items":[{"id":1},{"id":"two"}],"a b":[[7]],"n":null})");
  const auto at = [&](const char* path) { return find_in_tree(v, *JsonPath::compile(path)); };
  EXPECT_EQ(at("$.items[0].id")->integer(), 1);
  EXPECT_EQ(at("$.items[-1].id")->text(), "two");
  EXPECT_EQ(at("$['a b'][0][0]")->integer(), 7);
  EXPECT_EQ(at("$"), &v);
  EXPECT_EQ(at("$.items[2]"), nullptr);
  EXPECT_EQ(at("$.items[-3]"), nullptr);
  EXPECT_EQ(at("$.items.id"), nullptr);
  EXPECT_EQ(at("$.nothing[0].x"), nullptr);
  for (const char* bad : {"items", "$.", "$.items[", "$.items[x]", "$x", "$.*", "$..a", ""})
    EXPECT_FALSE(JsonPath::compile(bad)) << bad;
}

TEST(JsonPath, IsNoLongerThanADocumentIsDeep) {
  std::string path = "$";
  for (std::size_t i = 0; i < JsonPath::most_parts; ++i) path += "[0]";
  EXPECT_TRUE(JsonPath::compile(path));
  EXPECT_NE(JsonPath::compile(path + ".a").error().message.find("it has more than 64 parts"),
            std::string::npos);
}

}  // namespace
}  // namespace gunflint
