#include "setting/place_in_text.hpp"

#include <gtest/gtest.h>

namespace gunflint {
namespace {

std::string found(const std::string& text, const Wanted& wanted) {
  const auto place = find_place(text, wanted);
  return place ? text.substr(place->begin, place->size) : "none";
}

TEST(PlaceInText, KnowsTheUsualSpellings) {
  EXPECT_EQ(found("workers 8;\n", {.key = "workers"}), "8");
  EXPECT_EQ(found("  workers = 8  \n", {.key = "workers"}), "8");
  EXPECT_EQ(found("workers=8", {.key = "workers"}), "8");
  EXPECT_EQ(found("a: 1\nworkers: 8 # why\n", {.key = "workers"}), "8");
  EXPECT_EQ(found("{\n  \"workers\": 8,\n  \"b\": 2\n}", {.key = "workers"}), "8");
  EXPECT_EQ(found("name = \"a b\"\n", {.key = "name"}), "a b");
  EXPECT_EQ(found("events { worker_connections 64; }\n", {.key = "worker_connections"}), "64");
  EXPECT_EQ(found("a 1; workers 8; b 2;\n", {.key = "workers"}), "8");
  EXPECT_EQ(found("workers = 8\r\n", {.key = "workers"}), "8");
}

TEST(PlaceInText, SkipsCommentsAndLongerNames) {
  EXPECT_EQ(
      found("# workers 1;\n;workers = 2\nworkers_max 3;\nmin_workers 4;\nworkers 8; # workers 9\n",
            {.key = "workers"}),
      "8");
  EXPECT_EQ(found("x 1; # workers 9;\n", {.key = "workers"}), "none");
}

TEST(PlaceInText, AmbiguityIsAnErrorThatTellsTheWayOut) {
  const auto twice = find_place("[a]\nn = 1\n[b]\nn = 2\n", {.key = "n"});
  ASSERT_FALSE(twice);
  EXPECT_TRUE(twice.error().message.starts_with("`n` is in the file 2 times; say which one by"));
  EXPECT_EQ(found("[a]\nn = 1\n[b]\nn = 2\n", {.key = "n", .section = "b"}), "2");
}

TEST(PlaceInText, AWholeLineFindsItsHole) {
  const std::string text =
      "frontend f\n  maxconn 100\nbackend b\n  server s1 :80 maxconn 5 check\n";
  EXPECT_EQ(found(text, {.line = "maxconn {value}"}), "100");
  EXPECT_EQ(found(text, {.line = "server s1 :80 maxconn {value} check"}), "5");
  EXPECT_EQ(found(text, {.line = "server s2 {value}"}), "none");
}

}  // namespace
}  // namespace gunflint
