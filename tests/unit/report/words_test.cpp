#include "report/words.hpp"

#include <gtest/gtest.h>

using namespace gunflint;

TEST(Words, ClockReadsLikeAStopWatch) {
  EXPECT_EQ(clock_text(0s), "00:00");
  EXPECT_EQ(clock_text(123s + 900ms), "02:03");
  EXPECT_EQ(clock_text(3723s), "1:02:03");
  EXPECT_EQ(clock_text(-5s), "-00:05");
  EXPECT_EQ(clock_text(-200ms), "00:00");
}

TEST(Words, PercentNeverRoundsToNothingOrEverything) {
  EXPECT_EQ(percent(0), "0 %");
  EXPECT_EQ(percent(1), "100 %");
  EXPECT_EQ(percent(0.0002), "0.020 %");
  EXPECT_EQ(percent(0.9998), "99.980 %");
  EXPECT_EQ(percent(1e-9), "<0.001 %");
  EXPECT_EQ(percent(1 - 1e-9), ">99.999 %");
  EXPECT_EQ(percent(0.014), "1.4 %");
  EXPECT_EQ(percent(0.2), "20 %");
}

TEST(Words, ThousandsAreGrouped) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(88120), "88,120");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(grouped(-1234), "-1,234");
}

TEST(Words, ControlCharactersDoNotReachTheTerminal) {
  EXPECT_EQ(plain("a\033[31mb\nc\xc2\x9b"), "a?[31mb c?");
  EXPECT_EQ(plain("Grüße ✓"), "Grüße ✓");
}

TEST(Words, WidthCountsCodePoints) {
  EXPECT_EQ(columns("Grüße"), 5u);
  EXPECT_EQ(shortened("Grüße", 5), "Grüße");
  EXPECT_EQ(shortened("Grüße aus", 5), "Grüß…");
  EXPECT_EQ(shortened("abcdef", 4, false), "ab..");
  EXPECT_EQ(padded("ü", 3), "ü  ");
}
