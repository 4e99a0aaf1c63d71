#include "load/cookies.hpp"

#include <gtest/gtest.h>

namespace gunflint {
namespace {

std::string sent(const CookieJar& jar, std::string_view host, std::string_view target,
                 std::time_t now = 100, bool tls = false) {
  std::string head;
  jar.append_to(head, host, target, now, tls);
  return head;
}

/// What comes back to the same place after this one cookie.
std::string back(std::string_view set_cookie, std::string_view host = "shop.example",
                 bool tls = false) {
  CookieJar jar;
  jar.take(set_cookie, host, "/", 100, tls);
  return sent(jar, host, "/", 100, tls);
}

TEST(CookieJar, SendsWhatTheServerMayHaveBack) {
  CookieJar jar;
  jar.take("a=1; Path=/; HttpOnly", "shop.example", "/login", 100);
  jar.take("b=2", "shop.example", "/cart/add?x=/y/z", 100);
  jar.take("c=3; Domain=.example; Path=/", "shop.example", "/", 100);
  jar.take("d=4; Domain=other.example", "shop.example", "/", 100);
  jar.take("=5", "shop.example", "/", 100);
  jar.take("nonsense", "shop.example", "/", 100);
  EXPECT_EQ(sent(jar, "shop.example", "/"), "Cookie: a=1; c=3\r\n");
  EXPECT_EQ(sent(jar, "SHOP.example", "/"), "Cookie: a=1; c=3\r\n");
  EXPECT_EQ(sent(jar, "shop.example", "/cart/x"), "Cookie: b=2; a=1; c=3\r\n");
  EXPECT_EQ(sent(jar, "shop.example", "/cart?x"), "Cookie: b=2; a=1; c=3\r\n");
  EXPECT_EQ(sent(jar, "shop.example", "/cartoon"), "Cookie: a=1; c=3\r\n");
  EXPECT_EQ(sent(jar, "api.example", "/"), "Cookie: c=3\r\n");
  EXPECT_EQ(sent(jar, "badexample", "/"), "");
  EXPECT_EQ(sent(jar, "elsewhere", "/"), "");
}

TEST(CookieJar, LongerPathsComeFirstThenOlderCookies) {
  CookieJar jar;
  for (const char* cookie : {"a=1; Path=/", "b=2; Path=/x", "c=3; Path=/x/y", "d=4; Path=/x",
                             "e=5; Path=/", "b=6; Path=/x"})
    jar.take(cookie, "h", "/", 100);
  EXPECT_EQ(sent(jar, "h", "/x/y/z"), "Cookie: c=3; b=6; d=4; a=1; e=5\r\n");
}

TEST(CookieJar, ReplacesAndDeletes) {
  CookieJar jar;
  const std::time_t now = 1'800'000'000;
  const auto sent_now = [&] { return sent(jar, "h", "/", now); };
  jar.take("a=1; Path=/", "h", "/", now);
  jar.take("a=2; Path=/", "h", "/", now);
  EXPECT_EQ(sent_now(), "Cookie: a=2\r\n");
  jar.take("a=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "h", "/", now);
  EXPECT_EQ(sent_now(), "");
  jar.take("b=1; Expires=Wed, 21-Oct-2065 07:28:00 GMT", "h", "/", now);
  EXPECT_EQ(sent_now(), "Cookie: b=1\r\n");
  jar.take("b=1; Max-Age=0; Expires=Wed, 21 Oct 2065 07:28:00 GMT", "h", "/", now);
  EXPECT_TRUE(jar.empty());
  for (int i = 0; i < 60; ++i) jar.take("n" + std::to_string(i) + "=1", "h", "/", now);
  EXPECT_EQ(jar.find("n9"), std::nullopt);
  EXPECT_EQ(jar.find("n10"), "1");
}

TEST(CookieJar, ForgetsWhatExpiresOnTheWay) {
  CookieJar jar;
  jar.take("a=1; Max-Age=30", "h", "/", 100);
  jar.take("b=2; Expires=Thu, 01 Jan 1970 00:02:00 GMT", "h", "/", 100);
  jar.take("c=3; Max-Age=99999999999999999999; Expires=Thu, 01 Jan 1970 00:00:01 GMT", "h", "/",
           100);
  EXPECT_EQ(sent(jar, "h", "/", 119), "Cookie: a=1; b=2; c=3\r\n");
  EXPECT_EQ(sent(jar, "h", "/", 120), "Cookie: a=1; c=3\r\n");
  EXPECT_EQ(sent(jar, "h", "/", 130), "Cookie: c=3\r\n");
  EXPECT_EQ(jar.find("a", 129), "1");
  EXPECT_EQ(jar.find("a", 130), std::nullopt);
  // What is no number says nothing.
  for (const char* age : {"x", "1x", "+5", "", "-", "0 1"})
    EXPECT_EQ(back(std::string("a=1; Max-Age=") + age), "Cookie: a=1\r\n") << age;
  EXPECT_EQ(back("a=1; Max-Age=-1"), "");
  EXPECT_EQ(back("a=1; Max-Age=-99999999999999999999"), "");
}

TEST(CookieJar, SecureOnesGoOverTlsOnly) {
  CookieJar jar;
  jar.take("a=1; Secure", "h", "/", 100, true);
  jar.take("b=2", "h", "/", 100, true);
  EXPECT_EQ(sent(jar, "h", "/", 100, false), "Cookie: b=2\r\n");
  EXPECT_EQ(sent(jar, "h", "/", 100, true), "Cookie: a=1; b=2\r\n");
}

TEST(CookieJar, PrefixesKeepTheirPromise) {
  EXPECT_EQ(back("__Secure-a=1; Secure", "h", true), "Cookie: __Secure-a=1\r\n");
  EXPECT_EQ(back("__Secure-a=1", "h", true), "");
  CookieJar plain;
  plain.take("__Secure-a=1; Secure", "h", "/", 100, false);
  EXPECT_TRUE(plain.empty());
  EXPECT_EQ(back("__Host-a=1; Secure; Path=/", "h", true), "Cookie: __Host-a=1\r\n");
  EXPECT_EQ(back("__host-a=1; Path=/", "h", true), "");
  EXPECT_EQ(back("__Host-a=1; Secure", "h", true), "");
  EXPECT_EQ(back("__Host-a=1; Secure; Path=/; Domain=h", "h", true), "");
}

TEST(CookieJar, AnAddressHasNoDomainAboveIt) {
  EXPECT_EQ(back("a=1", "10.0.0.1"), "Cookie: a=1\r\n");
  EXPECT_EQ(back("a=1; Domain=10.0.0.1", "10.0.0.1"), "Cookie: a=1\r\n");
  EXPECT_EQ(back("a=1; Domain=0.0.1", "10.0.0.1"), "");
  EXPECT_EQ(back("a=1; Domain=.0.1", "10.0.0.1"), "");
  EXPECT_EQ(back("a=1; Domain=3.4", "::ffff:1.2.3.4"), "");
  EXPECT_EQ(back("a=1; Domain=::1", "::1"), "Cookie: a=1\r\n");
  EXPECT_EQ(back("a=1; Domain=example", "10.example"), "Cookie: a=1\r\n");
}

TEST(CookieJar, TheLastAttributeCountsAndQuotesStay) {
  EXPECT_EQ(back("a=\"x y\""), "Cookie: a=\"x y\"\r\n");
  EXPECT_EQ(back(" a = 1 = 2 ;Path=/"), "Cookie: a=1 = 2\r\n");
  EXPECT_EQ(back("a="), "Cookie: a=\r\n");
  EXPECT_EQ(back("a=1; Domain="), "Cookie: a=1\r\n");
  EXPECT_EQ(back("a=1; Domain=."), "Cookie: a=1\r\n");
  EXPECT_EQ(back("a=1; Path=/other; Path=nowhere"), "Cookie: a=1\r\n");
  EXPECT_EQ(back("a=1; Path=/; Path=/other"), "");
  EXPECT_EQ(back("a=1; Domain=other; Domain=example"), "Cookie: a=1\r\n");
}

TEST(CookieJar, IgnoresWhatABrowserIgnores) {
  EXPECT_EQ(back(std::string_view("a=1\r\nX: y")), "");
  EXPECT_EQ(back(std::string_view("a=1\0", 4)), "");
  EXPECT_EQ(back("a=1; Path=/\x7f"), "");
  EXPECT_EQ(back("a=\t1\t2"), "Cookie: a=1\t2\r\n");
  EXPECT_EQ(back("a=" + std::string(4095, 'x')), "Cookie: a=" + std::string(4095, 'x') + "\r\n");
  EXPECT_EQ(back("a=" + std::string(4096, 'x')), "");
  EXPECT_EQ(back("a=1; Path=/" + std::string(1024, 'x')), "Cookie: a=1\r\n");
}

TEST(CookieJar, ADomainsCookieAndTheHostsOwnAreTwo) {
  CookieJar jar;
  jar.take("a=1", "h", "/", 100);
  jar.take("a=2; Domain=h", "h", "/", 100);
  EXPECT_EQ(sent(jar, "h", "/"), "Cookie: a=1; a=2\r\n");
  EXPECT_EQ(sent(jar, "x.h", "/"), "Cookie: a=2\r\n");
}

}  // namespace
}  // namespace gunflint
