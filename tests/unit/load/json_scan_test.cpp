#include "load/json_scan.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>

#include "support/json_tree.hpp"

namespace gunflint {
namespace {

std::string scanned(std::string_view text, const char* path_text) {
  std::string out = "as it was";
  switch (find_json(text, *JsonPath::compile(path_text), out)) {
    case JsonFound::Value:
      return out;
    case JsonFound::Null:
      EXPECT_EQ(out, "as it was");
      return "(null)";
    case JsonFound::Absent:
      EXPECT_EQ(out, "as it was");
      return "(absent)";
    case JsonFound::Malformed:
      EXPECT_EQ(out, "as it was");
      return "(malformed)";
  }
  return {};
}

TEST(JsonScan, SpellsEveryKindOfValue) {
  const auto value = [](const std::string& written) {
    return scanned("{\"a\":0, \"v\" :\t" + written + " }", "$.v");
  };
  EXPECT_EQ(value("12"), "12");
  EXPECT_EQ(value("-0"), "0");
  EXPECT_EQ(value("1.50"), "1.5");
  EXPECT_EQ(value("1e3"), "1000");
  EXPECT_EQ(value("1E-2"), "0.01");
  EXPECT_EQ(value("1e-400"), "0");
  EXPECT_EQ(value("9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(value("9223372036854775808"), print_number(9223372036854775808.0));
  EXPECT_EQ(value("true"), "true");
  EXPECT_EQ(value("false"), "false");
  EXPECT_EQ(value("null"), "(null)");
  EXPECT_EQ(value("\"\""), "");
  EXPECT_EQ(value("\"a text that is longer than eight\""), "a text that is longer than eight");
  EXPECT_EQ(value(R"("\"\\\/\b\f\n\r\t")"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(value(R"("\u0041\u00e9\u20AC\ud83d\ude00!")"), "Aé€😀!");
  EXPECT_EQ(value("\"\x7f é€😀\""), "\x7f é€😀");
  EXPECT_EQ(value("{ \"k\" : [ 1 , 2.0, \"\\u0041\" ] , \"k\": 3 }"), "{\"k\":3}");
  EXPECT_EQ(value("[ 1, 2.0, \"\\u0041\", {} ]"), "[1,2.0,\"A\",{}]");
}

TEST(JsonScan, WalksNamesAndIndexes) {
  const char* text = R"( {"items":[{"id":1},{"id":"two"},[]],"a b":[[7]],"":5,"n":null} )";
  EXPECT_EQ(scanned(text, "$.items[0].id"), "1");
  EXPECT_EQ(scanned(text, "$.items[-2].id"), "two");
  EXPECT_EQ(scanned(text, "$['a b'][0][0]"), "7");
  EXPECT_EQ(scanned(text, "$['']"), "5");
  EXPECT_EQ(scanned(text, "$.n"), "(null)");
  EXPECT_EQ(scanned(text, "$.items[3]"), "(absent)");
  EXPECT_EQ(scanned(text, "$.items[-4]"), "(absent)");
  EXPECT_EQ(scanned(text, "$.items[-1][-1]"), "(absent)");
  EXPECT_EQ(scanned(text, "$.items.id"), "(absent)");
  EXPECT_EQ(scanned(text, "$[0]"), "(absent)");
  EXPECT_EQ(scanned(text, "$.n.x"), "(absent)");
  EXPECT_EQ(scanned("\xef\xbb\xbf[\"x\"]", "$[0]"), "x");
  EXPECT_EQ(scanned(" 12\n", "$"), "12");
  std::string list = "[0";
  for (int i = 1; i < 20; ++i) list += "," + std::to_string(i);
  EXPECT_EQ(scanned(list + "]", "$[-1]"), "19");
  EXPECT_EQ(scanned(list + "]", "$[-8]"), "12");
  EXPECT_EQ(scanned(list + "]", "$[-9]"), "11");
  EXPECT_EQ(scanned(list + "]", "$[-20]"), "0");
  EXPECT_EQ(scanned(list + "]", "$[-21]"), "(absent)");
}

TEST(JsonScan, TheLastOfEqualNamesCounts) {
  EXPECT_EQ(scanned(R"({"a":1,"a":2})", "$.a"), "2");
  EXPECT_EQ(scanned(R"({"a":1,"\u0061":2,"b":3})", "$.a"), "2");
  EXPECT_EQ(scanned(R"({"a":1,"b":{"a":2},"c":"\"a\":3"})", "$.a"), "1");
  EXPECT_EQ(scanned(R"({"a":{"b":1},"a":{"b":2}})", "$.a.b"), "2");
  EXPECT_EQ(scanned(R"({"a":{"b":1,"b":2},"a":{"b":3,"b":4}})", "$.a.b"), "4");
  EXPECT_EQ(scanned(R"({"a":{"b":1},"a":{"c":2}})", "$.a.b"), "(absent)");
  EXPECT_EQ(scanned(R"({"a":5,"a":{"b":2}})", "$.a.b"), "2");
  EXPECT_EQ(scanned(R"({"a":{"b":2},"a":null})", "$.a"), "(null)");
  EXPECT_EQ(scanned(R"([{"a":1},{"a":2}])", "$[0].a"), "1");
  EXPECT_EQ(scanned(R"({"a/b":1,"a\/b":2})", "$['a/b']"), "2");
  EXPECT_EQ(scanned(R"({"é":1,"\u00e9":2})", "$.é"), "2");
}

TEST(JsonScan, RefusesWhatIsMalformedBeforeOrInTheValue) {
  for (const char* text : {"",
                           " ",
                           "{",
                           "{\"v\"",
                           "{\"v\":",
                           "{\"v\":1",
                           "{\"v\":12x}",
                           "{\"v\":01}",
                           "{\"v\":-}",
                           "{\"v\":1.}",
                           "{\"v\":.5}",
                           "{\"v\":1e}",
                           "{\"v\":1e400}",
                           "{\"v\":+1}",
                           "{\"v\":tru}",
                           "{\"v\":nul}",
                           "{\"v\":True}",
                           "{\"v\":\"x}",
                           "{\"v\":\"\\x\"}",
                           "{\"v\":\"\\u12g4\"}",
                           "{\"v\":\"\\u-123\"}",
                           "{\"v\":\"\\ud800\"}",
                           "{\"v\":\"\\ud800\\u0041\"}",
                           "{\"v\":\"\\udc00\"}",
                           "{\"v\":\"\x01\"}",
                           "{\"v\":\"\n\"}",
                           "{\"v\":\"\x80\"}",
                           "{\"v\":\"\xc0\xaf\"}",
                           "{\"v\":\"\xed\xa0\x80\"}",
                           "{\"v\":\"\xf5\x80\x80\x80\"}",
                           "{\"v\":\"\xe2\x82\"}",
                           "{\"v\":[1,]}",
                           "{\"v\":{\"a\"}}",
                           "{\"v\":{,}}",
                           "{\"v\":[1 2]}",
                           "{\"v\":[}]}",
                           "{\"a\":[1,],\"v\":1}",
                           "{\"a\":{]},\"v\":1}",
                           "{\"a\" 1,\"v\":1}",
                           "{\"a\":\"\\q\",\"v\":1}",
                           "{,\"v\":1}",
                           "{a:1,\"v\":1}",
                           "{'v':1}",
                           "{\"v\":1]",
                           "{\"a\":1e999,\"v\":1}",
                           "\xef\xbb{\"v\":1}",
                           "{\"v\":1;}"})
    EXPECT_EQ(scanned(text, "$.v"), "(malformed)") << text;
  EXPECT_EQ(scanned("12 13", "$"), "(malformed)");
  EXPECT_EQ(scanned(std::string("{\"v\":\"a\0b\"}", 11), "$.v"), "(malformed)");
}

TEST(JsonScan, WhatComesLaterNeedNotBeWhole) {
  EXPECT_EQ(scanned("{\"v\":1,\"w\":[[[", "$.v"), "1");
  EXPECT_EQ(scanned("{\"v\":\"x\",,,", "$.v"), "x");
  EXPECT_EQ(scanned("[[1],2", "$[0][0]"), "1");
}

TEST(JsonScan, GoesAsDeepAsTheTree) {
  for (const std::size_t depth : {63u, 64u, 65u, 5000u}) {
    const auto text = "[" + std::string(depth, '[') + std::string(depth, ']') + ",7]";
    EXPECT_EQ(scanned(text, "$[1]"), depth + 1 <= 64 ? "7" : "(malformed)") << depth;
    EXPECT_EQ(parse_json(text).has_value(), depth + 1 <= 64) << depth;
  }
  std::string text = "7", path = "$";
  for (int i = 0; i < 64; ++i) {
    text = "{\"a\":" + text + "}";
    path += ".a";
  }
  EXPECT_EQ(scanned(text, path.c_str()), "7");
  EXPECT_EQ(scanned("[" + text + "]", "$[0]"), "(malformed)");
}

/// Documents as no program writes them: blanks and escapes where they may be, few names, so that
/// they meet.
class Writer {
 public:
  explicit Writer(unsigned seed) : draw_(seed) {}
  std::size_t upto(std::size_t most) { return draw_() % (most + 1); }

  std::string value(int depth) {
    const auto kind = upto(depth > 0 ? 9 : 5);
    if (kind <= 1) return scalar();
    if (kind <= 3) return text();
    if (kind <= 5) return number();
    const bool list = kind <= 7;
    std::string out = list ? "[" : "{";
    const auto size = upto(4);
    for (std::size_t i = 0; i < size; ++i) {
      if (i > 0) out += blank() + ",";
      out += blank();
      if (!list) out += name() + blank() + ":" + blank();
      out += value(depth - 1);
    }
    return out + blank() + (list ? "]" : "}");
  }

  std::string path() {
    constexpr std::array parts{".a",     ".b",  ".id",  "['a b']", "['é']", "['/']",
                               "['\"']", "[0]", "[1]",  "[2]",     "[-1]",  "[-2]",
                               ".a",     ".a",  "['']", "['\\']"};
    std::string out = "$";
    for (auto left = upto(4); left > 0; --left) out += parts[upto(parts.size() - 1)];
    return out;
  }

 private:
  std::string one_of(std::initializer_list<const char*> all) {
    return all.begin()[upto(all.size() - 1)];
  }
  std::string blank() { return one_of({"", "", "", "", " ", "\n  ", "\t", "\r\n"}); }
  std::string scalar() { return one_of({"true", "false", "null"}); }
  std::string name() {
    return one_of({"\"a\"", "\"a\"", "\"b\"", "\"id\"", "\"a b\"", "\"\\u0061\"", "\"\\u0069d\"",
                   "\"é\"", "\"\\u00e9\"", "\"/\"", "\"\\/\"", "\"\\\"\"", "\"\"", "\"\\\\\"",
                   "\"another one, which is long\""});
  }
  std::string number() {
    return one_of({"0", "-0", "7", "-12", "1.5", "2.50", "1e2", "1E-7", "123456789012345678901",
                   "9223372036854775807", "-9223372036854775808", "18446744073709551616", "1e308",
                   "0.1", "-1.0", "5e-324", "1e-400", "100000000000000000.5"});
  }
  std::string text() {
    std::string out = "\"";
    for (auto left = upto(6); left > 0; --left)
      out += one_of({"x", "word ", "é", "\\n", "\\\"", "\\\\", "\\/", "\\u0041", "\\ud83d\\ude00",
                     "😀", "\\u20ac", "a\\\":", ",", "]", "}", "\\u0000", "\\t"});
    return out + "\"";
  }
  std::mt19937 draw_;
};

void expect_as_in_the_tree(const std::string& text, const std::string& path_text) {
  const auto path = *JsonPath::compile(path_text);
  const auto document = parse_json(text);
  std::string by_scan;
  const auto found = find_json(text, path, by_scan);
  if (!document) return;  // found or not: only what stands before the value must be right
  const Value* value = find_in_tree(*document, path);
  const auto by_tree = value ? spelled(*value) : std::nullopt;
  const auto expected = by_tree ? JsonFound::Value : value ? JsonFound::Null : JsonFound::Absent;
  ASSERT_EQ(found, expected) << path_text << " in " << text;
  if (by_tree) {
    ASSERT_EQ(by_scan, *by_tree) << path_text << " in " << text;
  }
}

TEST(JsonScan, AgreesWithTheTree) {
  std::size_t documents = 0;
  for (unsigned seed = 1; seed <= 4000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Writer writer(seed);
    auto text = writer.value(5);
    documents += parse_json(text).has_value();
    for (int i = 0; i < 8; ++i) expect_as_in_the_tree(text, writer.path());
    // And damaged: it may still be a document, and must be no harm.
    for (int i = 0; i < 4 && !text.empty(); ++i) {
      text.erase(writer.upto(text.size() - 1), writer.upto(3));
      expect_as_in_the_tree(text, writer.path());
    }
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(documents, 3900u) << "the writer no longer writes JSON";
}

}  // namespace
}  // namespace gunflint
