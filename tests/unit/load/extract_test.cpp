#include "load/extract.hpp"

#include <gtest/gtest.h>

namespace gunflint {
namespace {

using From = Extract::From;

Extractor extractor(From how, std::string what) {
  return *Extractor::compile({"v", how, std::move(what)});
}

TEST(Extractor, GivesTextForEveryKindOfValue) {
  const auto from = [](From how, std::string what, const AnswerView& answer) {
    return extractor(how, std::move(what)).from(answer);
  };
  const AnswerView answer{"X-Id: 7\n", R"({"i":12,"f":1.5,"b":true,"o":{"k":[1]},"n":null})"};
  EXPECT_EQ(*from(From::Json, "$.i", answer), "12");
  EXPECT_EQ(*from(From::Json, "$.f", answer), "1.5");
  EXPECT_EQ(*from(From::Json, "$.b", answer), "true");
  EXPECT_EQ(*from(From::Json, "$.o", answer), R"({"k":[1]})");
  EXPECT_FALSE(from(From::Json, "$.n", answer));
  EXPECT_FALSE(from(From::Json, "$.i", AnswerView{"", "no json"}));
  EXPECT_EQ(*from(From::Regex, "\"i\":(\\d+)", answer), "12");
  EXPECT_EQ(*from(From::Header, "x-id", answer), "7");
  EXPECT_FALSE(from(From::Cookie, "c", answer));
  EXPECT_FALSE(Extractor::compile({"v", From::Regex, "(a)(b)"}));
}

TEST(Extractor, ReadsCookiesThatAreStillThere) {
  CookieJar jar;
  jar.take("s=abc; Max-Age=10", "h", "/", 100);
  const auto session = extractor(From::Cookie, "s");
  std::string out = "before";
  EXPECT_FALSE(session.from({.cookies = &jar, .now = 110}, out));
  EXPECT_EQ(out, "before");
  EXPECT_TRUE(session.from({.cookies = &jar, .now = 109}, out));
  EXPECT_EQ(out, "abc");
}

TEST(Extractor, UsesTheMemoryThatIsThere) {
  std::string out(200, 'x');
  const auto* before = out.data();
  EXPECT_TRUE(
      extractor(From::Json, "$[0]").from({"", R"(["a text of more than sixteen bytes"])"}, out));
  EXPECT_EQ(out, "a text of more than sixteen bytes");
  EXPECT_EQ(out.data(), before);
}

TEST(Extractor, SaysWhyItFoundNothing) {
  const AnswerView answer{"X-Id: 7\n", R"({"n":null,"a":[]})"};
  const auto why = [&answer](From how, std::string what) {
    return extractor(how, std::move(what)).why_not(answer);
  };
  EXPECT_EQ(why(From::Json, "$.a[0].id"), "the body has no `$.a[0].id`");
  EXPECT_EQ(why(From::Json, "$.n"), "`$.n` is null in the body");
  EXPECT_EQ(extractor(From::Json, "$.n").why_not({"", "<html>"}), "the body is no JSON");
  EXPECT_EQ(extractor(From::Json, "$.n").why_not({"", ""}), "the body is empty, no JSON");
  EXPECT_EQ(why(From::Regex, "id=(\\d+)"), "nothing in the body matches `id=(\\d+)`");
  EXPECT_EQ(why(From::Header, "x-other"), "the header `x-other` is missing");
  EXPECT_EQ(why(From::Cookie, "s"), "there is no cookie `s`");
}

}  // namespace
}  // namespace gunflint
