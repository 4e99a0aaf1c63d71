#include <gtest/gtest.h>

#include "gunflint/concepts/worker.hpp"
#include "load/loop.hpp"
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

TEST(Worker, BeginsSoThatRoundRatesMissTheTicksOfTheKernel) {
  for (const Duration earliest : {0us, 39us, 40us, 41us, 999us, 123'456'789us}) {
    const Time begin = between_ticks(Time(earliest));
    EXPECT_GE(begin, Time(earliest));
    EXPECT_LE(begin, Time(earliest + 1ms));
    for (const Duration apart : {100us, 200us, 500us, 1000us})
      for (int k = 0; k < 100; ++k) {
        const auto after_tick = (begin + k * apart).time_since_epoch() % 1ms;
        EXPECT_GE(after_tick, 40us) << apart.count();
        EXPECT_LE(after_tick, 940us) << apart.count();
      }
  }
}

TEST(Pacing, HalfOfTheTimeIsForAnswersHoweverDenseArrivalsAre) {
  EXPECT_EQ(blind_before(95us), 15us);
  EXPECT_EQ(blind_before(12us), 6us);
  EXPECT_LT(blind_before(1ns), 1ns) << "it looks at least once";
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
