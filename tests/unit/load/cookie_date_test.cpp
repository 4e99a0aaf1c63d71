#include "load/cookie_date.hpp"

#include <gtest/gtest.h>

namespace gunflint {
namespace {

constexpr std::time_t in_1994 = 784'111'777;  // Sun, 06 Nov 1994 08:49:37 GMT (RFC 9110, 5.6.7)

TEST(CookieDate, ReadsWhatServersWrite) {
  for (const char* text :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994", "6 november 1994 8:49:37", "08:49:37 6 NOV 94",
        "1994 nov 06 08:49:37", "Sun, 06-Nov-1994 08:49:37 +0000", "6;Nov;1994;08:49:37.123"})
    EXPECT_EQ(parse_cookie_date(text), in_1994) << text;
  EXPECT_EQ(parse_cookie_date("Thu, 01 Jan 1970 00:00:00 GMT"), 0);
  EXPECT_EQ(parse_cookie_date("1 Jan 69 00:00:00"), parse_cookie_date("1 Jan 2069 00:00:00"));
  EXPECT_EQ(parse_cookie_date("1 Jan 70 00:00:00"), 0);
  EXPECT_EQ(parse_cookie_date("29 Feb 2024 00:00:00"), 1'709'164'800);
  EXPECT_LT(*parse_cookie_date("1 Jan 1601 00:00:00"), 0);
}

TEST(CookieDate, RefusesWhatIsNone) {
  for (const char* text :
       {"", "0", "-1", "tomorrow", "06 Nov 1994", "Nov 1994 08:49:37", "06 1994 08:49:37",
        "06 Nov 08:49:37", "30 Feb 2024 00:00:00", "29 Feb 2023 00:00:00", "32 Jan 2024 00:00:00",
        "0 Jan 2024 00:00:00", "1 Jan 2024 24:00:00", "1 Jan 2024 00:60:00", "1 Jan 2024 00:00:60",
        "1 Jan 1600 00:00:00", "1 Jan 12345 00:00:00", "1 Jan 2024 100:00:00", "1 Jan 2024 1:2"})
    EXPECT_EQ(parse_cookie_date(text), std::nullopt) << text;
}

}  // namespace
}  // namespace gunflint
