#include <gtest/gtest.h>

#include "load/cookies.hpp"
#include "load/extract.hpp"
#include "load/text.hpp"
#include "load/traffic.hpp"
#include "load/url.hpp"
#include "load/users.hpp"

namespace gunflint {
namespace {

TEST(Traffic, SumsThatDoNotAddUpAreToldInEveryBuild) {
  EXPECT_EQ(unbalanced("shoppers", {100, 3, 90, 7}), "");
  const auto why = unbalanced("shoppers", {100, 3, 90, 6});
  EXPECT_NE(why.find("`shoppers` has miscounted: 100 journeys fell due, 3 were dropped"),
            std::string::npos)
      << why;
}

TEST(Url, IsAbsoluteOrUnderTheBase) {
  const auto a = *parse_url("http://shop:8080/a?b=1#c");
  EXPECT_EQ(a.host, "shop");
  EXPECT_EQ(a.port, 8080);
  EXPECT_EQ(a.authority, "shop:8080");
  EXPECT_EQ(a.target, "/a?b=1");
  EXPECT_EQ(parse_url("http://shop")->target, "/");
  EXPECT_EQ(parse_url("http://shop?x")->target, "/?x");
  EXPECT_EQ(parse_url("http://[::1]:81/")->host, "::1");
  EXPECT_EQ(parse_url("http://[::1]:81/")->authority, "[::1]:81");
  EXPECT_EQ(parse_url("/b", "http://shop/api/")->target, "/api/b");
  EXPECT_EQ(parse_url("b?to=http://x", "http://shop/api")->target, "/api/b?to=http://x");
  EXPECT_EQ(parse_url("", "http://shop/api")->target, "/api");
  EXPECT_EQ(parse_url("http://other/x", "http://shop/api")->host, "other");
}

TEST(Url, RefusesWithAReason) {
  EXPECT_EQ(parse_url("/a").error().message,
            "`/a` is no absolute address; write `http://…`, or give `base_url`");
  EXPECT_TRUE(parse_url("https://a")->tls);
  EXPECT_EQ(parse_url("https://a")->port, 443);
  for (const char* text : {"ftp://a", "http://", "http://a:0", "http://a:99999", "http://a:x",
                           "http://a:", "http://[::1", "http://u@a", "http://${h}/"})
    EXPECT_EQ(parse_url(text).error().cause, Cause::BadInput) << text;
}

/// Values of the variables a, b, c … in their order.
class Given final : public Values {
 public:
  explicit Given(std::vector<std::string> values) : values_(std::move(values)) {}
  std::string_view at(const Slot& slot) const override {
    return slot.index < values_.size() ? std::string_view(values_[slot.index]) : "";
  }

 private:
  std::vector<std::string> values_;
};

Slot extracted(std::uint32_t index) { return {Slot::From::Extracted, 0, index}; }

TEST(Text, FillsInAndEscapes) {
  const SlotNames names{{"a", extracted(0)}, {"b", extracted(1)}};
  const Given values({"x y\"\r\n", "ü&="});
  const auto text = *Text::compile("1${a}2${b}", names, "step");
  const auto filled = [&](Escape escape) {
    std::string out;
    text.fill(out, values, escape);
    return out;
  };
  EXPECT_EQ(filled(Escape::None), "1x y\"\r\n2ü&=");
  EXPECT_EQ(filled(Escape::Target), "1x%20y\"%0D%0A2%C3%BC&=");
  EXPECT_EQ(filled(Escape::Header), "1x y\"2ü&=");
  EXPECT_EQ(filled(Escape::Json), "1x y\\\"\\u000d\\u000a2ü&=");
  EXPECT_EQ(filled(Escape::Form), "1x%20y%22%0D%0A2%C3%BC%26%3D");
  EXPECT_TRUE(Text::compile("plain $5 {}", names, "step")->constant());
  EXPECT_EQ(Text::compile("${c}", names, "step `s`").error().message,
            "step `s`: no earlier step extracts `c`; known are `a` and `b`");
  EXPECT_FALSE(Text::compile("${a", names, "step"));
}

TEST(JsonPath, WalksNamesAndIndexes) {
  const Value v = *parse_json(R"({"items":[{"id":1},{"id":"two"}],"a b":[[7]],"n":null})");
  const auto at = [&](const char* path) { return JsonPath::compile(path)->find(v); };
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

TEST(Extractor, GivesTextForEveryKindOfValue) {
  const auto from = [](Extract::From how, std::string what, AnswerView answer) {
    return Extractor::compile({"v", how, std::move(what)})->from(answer);
  };
  const AnswerView answer{"X-Id: 7\n", R"({"i":12,"f":1.5,"b":true,"o":{"k":[1]},"n":null})"};
  using From = Extract::From;
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

std::string sent(const CookieJar& jar, std::string_view host, std::string_view target) {
  std::string head;
  jar.append_to(head, host, target);
  return head;
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
  EXPECT_EQ(sent(jar, "shop.example", "/cart/x"), "Cookie: a=1; b=2; c=3\r\n");
  EXPECT_EQ(sent(jar, "shop.example", "/cartoon"), "Cookie: a=1; c=3\r\n");
  EXPECT_EQ(sent(jar, "api.example", "/"), "Cookie: c=3\r\n");
  EXPECT_EQ(sent(jar, "elsewhere", "/"), "");
}

TEST(CookieJar, ReplacesAndDeletes) {
  CookieJar jar;
  const std::time_t now = 1'800'000'000;
  jar.take("a=1; Path=/", "h", "/", now);
  jar.take("a=2; Path=/", "h", "/", now);
  EXPECT_EQ(sent(jar, "h", "/"), "Cookie: a=2\r\n");
  jar.take("a=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "h", "/", now);
  EXPECT_EQ(sent(jar, "h", "/"), "");
  jar.take("b=1; Expires=Wed, 21-Oct-2065 07:28:00 GMT", "h", "/", now);
  EXPECT_EQ(sent(jar, "h", "/"), "Cookie: b=1\r\n");
  jar.take("b=1; Max-Age=0; Expires=Wed, 21 Oct 2065 07:28:00 GMT", "h", "/", now);
  EXPECT_TRUE(jar.empty());
  for (int i = 0; i < 60; ++i) jar.take("n" + std::to_string(i) + "=1", "h", "/", now);
  EXPECT_EQ(jar.find("n9"), nullptr);
  EXPECT_NE(jar.find("n10"), nullptr);
}

TEST(UserQueue, LetsGoFromTheMiddle) {
  Users users;
  UserQueue<&User::queued> queue(users);
  for (int i = 0; i < 4; ++i) queue.push(users.add());
  queue.remove(1);
  queue.remove(1);
  queue.remove(3);
  queue.push(1);
  std::string order;
  for (; !queue.empty(); queue.remove(queue.first())) order += std::to_string(queue.first());
  EXPECT_EQ(order, "021");
  EXPECT_EQ(queue.size(), 0u);
}

TEST(Users, AWaitingOneIsSmall) { EXPECT_LE(sizeof(User), 128u); }

}  // namespace
}  // namespace gunflint
