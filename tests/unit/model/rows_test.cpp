#include "model/rows.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "model/json_members.hpp"

namespace gunflint {
namespace {

using Table = std::vector<std::vector<std::string>>;
constexpr auto csv = Rows::Format::Csv;
constexpr auto json_lines = Rows::Format::JsonLines;

/// Head and rows as texts; a mistake as a table of one cell.
Table table(std::string_view text, Rows::Format format = csv) {
  const auto rows = Rows::parse(text, format, "x");
  if (!rows) return {{rows.error().message}};
  Table out{rows->columns()};
  for (std::size_t i = 0; i < rows->size(); ++i) {
    const auto cells = rows->row(i);
    out.emplace_back(cells.begin(), cells.end());
  }
  return out;
}

TEST(RowsCsv, HeadAndRows) {
  EXPECT_EQ(table("id,name\n1,anna\n2,\n"), (Table{{"id", "name"}, {"1", "anna"}, {"2", ""}}));
  EXPECT_EQ(table("id\n1"), (Table{{"id"}, {"1"}})) << "the last line break may be missing";
}

TEST(RowsCsv, QuotesAsRfc4180HasThem) {
  EXPECT_EQ(table("a,b\r\n\"x, y\",\"say \"\"hi\"\"\"\r\n\"two\nlines\",\"\"\r\n"),
            (Table{{"a", "b"}, {"x, y", "say \"hi\""}, {"two\nlines", ""}}));
  EXPECT_EQ(table("a,b\n1,\"x\""), (Table{{"a", "b"}, {"1", "x"}}));
  EXPECT_EQ(table("a\n\"\"\n"), (Table{{"a"}, {""}})) << "an empty cell, not an empty line";
}

TEST(RowsCsv, BomBlanksInTheHeadAndEmptyLines) {
  EXPECT_EQ(table("\xef\xbb\xbfid , name\n\n1, x\n\r\n2,y\n\n"),
            (Table{{"id", "name"}, {"1", " x"}, {"2", "y"}}));
}

TEST(RowsCsv, MistakesNameTheLine) {
  EXPECT_EQ(
      table("a,b\n1,2\n3\n"),
      (Table{{"x:3: 1 cell, and the head has 2; a cell with a comma in it stands in quotes"}}));
  EXPECT_EQ(table("a,b\n\"1\n\n\",2\n3,4,5\n").front().front().substr(0, 12), "x:5: 3 cells")
      << "lines inside quotes count";
  EXPECT_EQ(table("a\n1\n\"x\ny\n").front().front(), "x:3: a quote that is never closed");
  EXPECT_EQ(table("a\nx\"y\n").front().front().substr(0, 26), "x:2: a quote inside a cell");
  EXPECT_EQ(table("a\n\"x\"y\n").front().front().substr(0, 31), "x:2: text after a closing quote");
  EXPECT_EQ(table("a,a\n1,2\n").front().front(),
            "x:1: the column `a` stands there twice; rename one");
  EXPECT_EQ(table("a,,b\n").front().front(), "x:1: a column without a name; give it one");
  EXPECT_EQ(table("a}b\n").front().front(),
            "x:1: a column's name cannot stand in `${…}`; use a short word");
  EXPECT_EQ(table("a\xff\n").front().front(),
            "x:1: a column's name cannot stand in `${…}`; use a short word");
  EXPECT_EQ(table(std::string_view("a\n1\n\0\n", 6)).front().front(),
            "x:3: a NUL byte; is the file UTF-16? save it as UTF-8");
  EXPECT_EQ(table("").front().front(), "x is empty; its first line names the columns");
  EXPECT_EQ(table("a,b\n").front().front(), "x has a head and no row");
}

TEST(RowsJsonLines, TextsAsTheyAreEverythingElseAsSpelled) {
  EXPECT_EQ(table(R"({"id": 12345678901234567890, "name": "A\u00e9\"", "vip": true, "x": null}
{"name":"b","id":1.50,"vip":false,"x":{"k": [1, 2]} , "more": 1}

)",
                  json_lines),
            (Table{{"id", "name", "vip", "x"},
                   {"12345678901234567890", "A\xc3\xa9\"", "true", "null"},
                   {"1.50", "b", "false", "{\"k\": [1, 2]}"}}));
}

TEST(RowsJsonLines, MistakesNameTheLine) {
  EXPECT_EQ(table("{\"a\":1,\"b\":2}\n{\"a\":1}\n", json_lines).front().front(),
            "x:2: the key `b` is missing");
  EXPECT_EQ(table("[1]\n", json_lines).front().front(),
            "x:1: this is a list; each line is a JSON object: {\"name\": \"value\"}");
  EXPECT_EQ(table("{\"a\":1}\n{\n", json_lines).front().front().substr(0, 24),
            "x:2: not valid JSON at b");
  EXPECT_EQ(table("{}\n", json_lines).front().front(), "x:1: the first object has no keys");
  EXPECT_EQ(table("{\"a\":\"\\u0000\"}\n", json_lines).front().front(), "x:1: a NUL in `a`");
  EXPECT_EQ(table("\n\n", json_lines).front().front(),
            "x is empty; each of its lines is a JSON object");
}

TEST(RowsJsonLines, MembersAreSlicedAsTheyStand) {
  std::string seen;
  for_each_member(R"( {"a" : "x}\"," ,"b\n": [1, {"c": 2}], "d":{} , "e": -1e5})",
                  [&](std::string_view key, std::string_view value) {
                    seen.append(key).append("=").append(value).append(";");
                  });
  EXPECT_EQ(seen, "a=\"x}\\\",\";b\n=[1, {\"c\": 2}];d={};e=-1e5;");
}

class RowsFile : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) {
    const auto path = folder_ / name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

 private:
  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("gunflint-rows-" + std::to_string(getpid()));
};

TEST_F(RowsFile, TheEndingOfItsNameSaysWhatItIs) {
  const auto rows = Rows::load(write("a.jsonl", "{\"a\":1}\n"));
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ(rows->columns(), (std::vector<std::string>{"a"}));
  EXPECT_EQ(Rows::format_of("a.ndjson"), json_lines);
  EXPECT_EQ(Rows::format_of("a.csv"), csv);
  EXPECT_EQ(Rows::format_of("a.txt"), csv);
}

TEST_F(RowsFile, AMillionRowsCostLittleMoreThanTheFile) {
  std::string text = "id,mail\n";
  constexpr std::size_t count = 1'000'000;
  for (std::size_t i = 0; i < count; ++i) text += std::to_string(i) + ",u@x\n";
  const auto rows = Rows::load(write("many.csv", text));
  ASSERT_TRUE(rows) << rows.error().message;
  ASSERT_EQ(rows->size(), count);
  EXPECT_EQ(rows->row(999'999), (std::vector<std::string_view>{"999999", "u@x"}));
  EXPECT_LE(rows->bytes(), text.size() + 4 * count);
}

TEST_F(RowsFile, OnlyTheHeadIsReadWhereThatIsAsked) {
  // The third line is wrong, and nobody asked for it.
  const auto columns = Rows::head(write("a.csv", "a,b\n1,2\n\"\n"));
  ASSERT_TRUE(columns) << columns.error().message;
  EXPECT_EQ(*columns, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(*Rows::head(write("b.jsonl", "{\"k\":1}\nrubbish")), (std::vector<std::string>{"k"}));
  EXPECT_EQ(*Rows::head(write("c.csv", "a,b")), (std::vector<std::string>{"a", "b"}));
}

TEST_F(RowsFile, WhatIsNoFileIsRefused) {
  EXPECT_NE(Rows::load("/not/there.csv").error().message.find("no such file"), std::string::npos);
  EXPECT_NE(Rows::load("/").error().message.find("is a folder"), std::string::npos);
  EXPECT_NE(Rows::load("/dev/zero").error().message.find("no regular file"), std::string::npos);
}

}  // namespace
}  // namespace gunflint
