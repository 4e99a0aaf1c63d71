#include "gunflint/model/pattern.hpp"

#include <gtest/gtest.h>

namespace gunflint {
namespace {

TEST(Pattern, FindsAnywhereInTheText) {
  const auto p = *Pattern::compile("ord[er]+ [0-9]+");
  EXPECT_TRUE(p.found_in("your order 17 is placed"));
  EXPECT_FALSE(p.found_in("your order is placed"));
}

TEST(Pattern, GivesTheGroupOrTheWholeMatch) {
  EXPECT_EQ(*Pattern::compile("id=([0-9]+)")->first_in("x id=42 id=43"), "42");
  EXPECT_EQ(*Pattern::compile("id=[0-9]+")->first_in("x id=42"), "id=42");
  EXPECT_FALSE(Pattern::compile("id=([0-9]+)")->first_in("nothing"));
  EXPECT_EQ(Pattern::compile("(a)(b)")->groups(), 2);
}

TEST(Pattern, RefusesWithAReasonAndAFix) {
  EXPECT_EQ(Pattern::compile("a(b").error().message,
            "`a(b` is no regular expression (missing ): a(b); close every `(`, or write `\\(` for "
            "the character");
  EXPECT_NE(Pattern::compile("(?=a)").error().message.find("look-around"), std::string::npos);
  EXPECT_FALSE(Pattern::compile(std::string(5000, 'a')));
}

TEST(Pattern, StaysLinearOnThePatternsThatBlowUpElsewhere) {
  const auto p = *Pattern::compile("(a*)*b");
  EXPECT_FALSE(p.found_in(std::string(100'000, 'a')));
}

}  // namespace
}  // namespace gunflint
