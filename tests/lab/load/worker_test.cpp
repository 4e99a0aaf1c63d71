#include <gtest/gtest.h>

#include "lab/load/collect.hpp"
#include "support/server.hpp"

namespace gunflint {
namespace {

using namespace test;

/// What always holds when a load has ended.
void expect_sums(const Collector& c, std::uint64_t due) {
  EXPECT_EQ(c.due(), due);
  EXPECT_EQ(c.ended() + c.dropped(), due);
  EXPECT_LE(c.completed(), c.ended());
  EXPECT_GE(c.attempts(), c.requests());
  std::uint64_t errors = 0;
  for (const auto& [name, n] : c.errors()) errors += n;
  EXPECT_EQ(errors, c.failed());
  EXPECT_EQ(c.latency().count(), c.requests());
  EXPECT_EQ(c.slices.back().in_flight, 0u);
  std::map<std::string, std::uint64_t> ended, completed;
  std::uint64_t by_due = 0, done_by_due = 0, unfinished = 0;
  for (const auto& slice : c.slices)
    for (const auto& journey : slice.journeys) {
      unfinished += journey.unfinished;
      for (const auto& [second, n] : journey.ended_by_due) by_due += n;
      for (const auto& [second, n] : journey.completed_by_due) done_by_due += n;
    }
  EXPECT_EQ(by_due, due);
  EXPECT_EQ(done_by_due, c.completed() + unfinished) << "nobody let the unfinished down";
}

TEST(Worker, AnswersAreCountedAndTheConnectionIsKept) {
  std::atomic<std::uint64_t> most{0};
  TestServer server([&](const TestRequest& r) {
    most = std::max(most.load(), r.on_connection + 1);
    return answer();
  });
  Collector c;
  run(c, {load(server.url(), 200, 500ms)}, 600ms);
  expect_sums(c, 100);
  EXPECT_EQ(c.completed(), 100u);
  EXPECT_EQ(server.served(), 100u);
  EXPECT_GT(most, 10u);
  EXPECT_EQ(c.slices.front().journeys[0].due, 100u);
  EXPECT_NEAR(c.slices.front().asked, 100, 1e-6);
}

TEST(Worker, SlicesComeInOrderOncePerSecondAndOnceMore) {
  TestServer server;
  auto busy = load(server.url(), 50, 2100ms), idle = load(server.url(), 0, 1s);
  idle.name = "nobody";
  Collector c;
  run(c, {busy, idle}, 2200ms, 2);
  for (const std::string name : {"users", "nobody"}) {
    std::vector<int> seconds;
    for (const auto& slice : c.slices)
      if (slice.load == name) {
        seconds.push_back(slice.second);
        EXPECT_EQ(slice.last, slice.second == 2);
        EXPECT_EQ(slice.steps.size(), 1u);
      }
    EXPECT_EQ(seconds, (std::vector{0, 1, 2})) << name;
  }
}

TEST(Worker, SharesOfTwoWorkersAreTheWhole) {
  TestServer server;
  Collector a, b;
  auto spec = load(server.url(), 300, 400ms);
  spec.arrivals = ArrivalKind::Poisson;
  run(a, {spec}, 450ms, 2, {0, 2});
  run(b, {spec}, 450ms, 1, {1, 2});
  Collector whole;
  run(whole, {spec}, 450ms, 3);
  EXPECT_EQ(a.due() + b.due(), whole.due());
  EXPECT_GT(a.due(), 20u);
  EXPECT_GT(b.due(), 20u);
}

TEST(Semantics21, LatencyRunsFromTheDueTime) {
  // One connection, 100 ms per answer, 50/s: request k is due at 20 k ms and answered at
  // 100 (k + 1) ms.
  TestServer server([](const TestRequest&) { return answer().after(100ms); });
  auto spec = load(server.url(), 50, 200ms);
  spec.http.connections = 1;
  Collector c;
  run(c, {spec}, 250ms);
  expect_sums(c, 10);
  EXPECT_NEAR(seconds(c.latency().max()), 1.0 - 0.18, 0.06);
  EXPECT_NEAR(seconds(c.latency().quantile(0.5)), 0.1 + 0.08 * 4, 0.06);
  EXPECT_EQ(c.slices.front().steps[0].service.empty(), false);
}

TEST(Semantics19, TheTimeoutCountsFromTheDueTime) {
  TestServer server([](const TestRequest&) { return nothing(); });
  auto spec = load(server.url(), 50, 100ms);
  spec.timeout = 300ms;
  spec.http.connections = 1;  // four of five never get a connection
  Collector c;
  run(c, {spec}, 150ms);
  expect_sums(c, 5);
  EXPECT_EQ(c.errors()["timeout"], 5u);
  EXPECT_NEAR(seconds(c.latency().max()), 0.3, 0.05);
  EXPECT_NEAR(seconds(c.latency().quantile(0)), 0.3, 0.05);
}

TEST(Worker, AServerThatSpeaksFirstSpeaksNoHttp) {
  int port = 0;
  const int listener = test::detail::listen_on(port);
  std::thread smtp([listener] {
    for (int n = 0, tries = 0; n < 2 && tries < 3000; ++tries) {
      const int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) {
        std::this_thread::sleep_for(1ms);
        continue;
      }
      ++n;
      EXPECT_EQ(send(fd, "220 smtp\r\n", 10, MSG_NOSIGNAL), 10);
      std::this_thread::sleep_for(100ms);
      close(fd);
    }
  });
  Collector c;
  run(c, {load("http://127.0.0.1:" + std::to_string(port), 10, 200ms)}, 250ms);
  smtp.join();
  close(listener);
  expect_sums(c, 2);
  EXPECT_EQ(c.errors(), (std::map<std::string, std::uint64_t>{{"protocol", 2}}));
}

TEST(Semantics19, StatusFrom400IsAnErrorUnlessTheCheckSaysOtherwise) {
  TestServer server([](const TestRequest& r) {
    return answer(r.path == "/404" ? 404 : r.path == "/503" ? 503 : 302);
  });
  auto expects_404 = request("GET", "/404");
  expects_404.check.status = {{404, 404}};
  auto expects_200 = request("GET", "/302");
  expects_200.check.status = {{200, 299}};
  auto spec = load(server.url(), 20, 100ms,
                   {request("GET", "/302"), request("GET", "/404"), request("GET", "/503"),
                    expects_404, expects_200});
  for (auto& step : spec.journeys[0].steps)
    std::get<Request>(step).on_failure = OnFailure::Continue;
  std::get<Request>(spec.journeys[0].steps[3]).name = "expects 404";
  std::get<Request>(spec.journeys[0].steps[4]).name = "expects 200";
  Collector c;
  run(c, {spec}, 150ms);
  expect_sums(c, 2);
  EXPECT_EQ(c.requests(), 10u);
  EXPECT_EQ(c.completed(), 0u);
  EXPECT_EQ(c.errors(),
            (std::map<std::string, std::uint64_t>{{"http_4xx", 2}, {"http_5xx", 2}, {"check", 2}}));
}

TEST(Semantics20, OneResultPerStepAfterItsRetries) {
  std::atomic<int> asked{0};
  TestServer server([&](const TestRequest&) { return answer(asked++ % 3 == 2 ? 200 : 500); });
  auto get = request("GET", "/");
  get.retries.times = 2;
  Collector c;
  run(c, {load(server.url(), 10, 500ms, {get})}, 550ms);
  expect_sums(c, 5);
  EXPECT_EQ(c.requests(), 5u);
  EXPECT_EQ(c.failed(), 0u);
  EXPECT_EQ(c.attempts(), 15u);
}

TEST(Semantics23, AFailedStepStopsTheJourneyWhichIsNotCompleted) {
  TestServer server([](const TestRequest& r) { return answer(r.path == "/a" ? 500 : 200); });
  Collector c;
  run(c, {load(server.url(), 20, 100ms, {request("GET", "/a"), request("GET", "/b")})}, 150ms);
  expect_sums(c, 2);
  EXPECT_EQ(c.requests(), 2u);
  EXPECT_EQ(c.completed(), 0u);
}

TEST(Semantics5, WhatIsUnansweredAfterTheDrainHasFailedWithItsAge) {
  // The second step is due 250 ms after the first: its answer would take longer than the drain.
  TestServer server(
      [](const TestRequest& r) { return r.path == "/a" ? answer().after(200ms) : nothing(); });
  auto spec = load(server.url(), 20, 100ms,
                   {request("GET", "/a"), Think{50ms, 50ms}, request("GET", "/b")});
  spec.timeout = 500ms;
  Collector c;
  run(c, {spec}, 100ms);
  expect_sums(c, 2);
  EXPECT_EQ(c.errors(), (std::map<std::string, std::uint64_t>{{"cut_off", 2}}));
  EXPECT_NEAR(seconds(c.latency("GET /b").max()), 0.35, 0.06);  // due at 250, cut off at 600
}

TEST(Semantics5, AJourneyInItsThinkTimeIsCutOffToo) {
  TestServer server;
  auto spec = load(server.url(), 20, 100ms, {request("GET", "/"), Think{10s, 10s}});
  spec.timeout = 200ms;
  Collector c;
  run(c, {spec}, 100ms);
  expect_sums(c, 2);
  EXPECT_EQ(c.failed(), 0u);
  EXPECT_EQ(c.completed(), 0u);
}

TEST(Semantics22, AJourneysDurationHasNoThinkTime) {
  TestServer server([](const TestRequest&) { return answer().after(50ms); });
  auto spec = load(server.url(), 20, 100ms,
                   {request("GET", "/"), Think{100ms, 200ms}, request("GET", "/")});
  Collector c;
  run(c, {spec}, 600ms);
  expect_sums(c, 2);
  Histogram all;
  for (const auto& slice : c.slices) all.merge(slice.journeys[0].duration);
  EXPECT_EQ(c.completed(), 2u);
  EXPECT_NEAR(seconds(all.max()), 0.1, 0.03);
}

TEST(Worker, ExtractsFillsInAndKeepsCookies) {
  std::mutex mutex;
  std::vector<std::string> seen;
  TestServer server([&](const TestRequest& r) {
    const std::lock_guard lock(mutex);
    seen.push_back(std::string(r.method) + " " + std::string(r.path) + " " + r.header("Cookie") +
                   " " + r.header("X-Token") + " " + std::string(r.body));
    if (r.path == "/items")
      return answer(200, R"({"items":[{"id":"a b\"c"},{"id":7}]})",
                    "X-Token: t-1\r\nSet-Cookie: s=1; Path=/\r\nSet-Cookie: t=2\r\n");
    return answer(200, "order=42;");
  });
  auto items = request("GET", "/items");
  items.extract = {{"id", Extract::From::Json, "$.items[0].id"},
                   {"second", Extract::From::Json, "$['items'][-1].id"},
                   {"token", Extract::From::Header, "x-token"},
                   {"session", Extract::From::Cookie, "s"}};
  auto cart = request("POST", "/cart?id=${id}");
  cart.headers = {{"content-type", "application/json"}, {"X-Token", "${token}"}};
  cart.body = R"({"id":"${id}","n":${second},"s":"${session}"})";
  cart.extract = {{"order", Extract::From::Regex, "order=([0-9]+)"}};
  auto spec = load(server.url(), 10, 100ms, {items, cart, request("GET", "/order/${order}")});
  Collector c;
  run(c, {spec}, 150ms);
  expect_sums(c, 1);
  EXPECT_EQ(c.completed(), 1u);
  EXPECT_EQ(seen,
            (std::vector<std::string>{
                "GET /items   ",
                "POST /cart?id=a%20b\"c s=1; t=2 t-1 {\"id\":\"a b\\\"c\",\"n\":7,\"s\":\"1\"}",
                "GET /order/42 s=1; t=2  "}));
}

TEST(Worker, AnExtractThatFindsNothingFailsTheStep) {
  TestServer server;
  auto get = request("GET", "/");
  get.extract = {{"id", Extract::From::Json, "$.id"}};
  Collector c;
  run(c, {load(server.url(), 20, 100ms, {get})}, 150ms);
  expect_sums(c, 2);
  EXPECT_EQ(c.errors()["extract"], 2u);
}

TEST(Worker, ChecksLookAtBodyHeaderAndLatency) {
  TestServer server([](const TestRequest& r) {
    return answer(200, "the order", "X-Kind: shop\r\n").after(r.path == "/slow" ? 80ms : 0ms);
  });
  auto good = request("GET", "/good");
  good.check.body_contains = {"order"};
  good.check.body_matches = {"^the [a-z]+$"};
  good.check.header_contains = {{"x-kind", "sho"}};
  good.check.latency = 5s;
  auto slow = request("GET", "/slow");
  slow.check.latency = 50ms;
  Collector c;
  run(c, {load(server.url(), 20, 100ms, {good, slow})}, 300ms);
  expect_sums(c, 2);
  EXPECT_EQ(c.errors(), (std::map<std::string, std::uint64_t>{{"check", 2}}));
}

TEST(Worker, EveryKindOfBrokenServerHasItsClass) {
  TestServer server([](const TestRequest& r) {
    if (r.path == "/reset") return raw("").and_reset();
    if (r.path == "/close") return raw("").and_close();
    if (r.path == "/half")
      return raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc").and_close();
    if (r.path == "/garbage") return raw("220 smtp.example ESMTP\r\n");
    return answer().after(1ms).and_close();
  });
  auto spec = load(server.url(), 20, 100ms,
                   {request("GET", "/reset"), request("GET", "/close"), request("GET", "/half"),
                    request("GET", "/garbage"), request("GET", "/fine"),
                    request("GET", "http://127.0.0.1:" + std::to_string(closed_port()) + "/")});
  for (auto& step : spec.journeys[0].steps)
    std::get<Request>(step).on_failure = OnFailure::Continue;
  Collector c;
  run(c, {spec}, 300ms);
  expect_sums(c, 2);
  EXPECT_EQ(c.errors(),
            (std::map<std::string, std::uint64_t>{{"reset", 6}, {"protocol", 2}, {"refused", 2}}));
}

TEST(Worker, DropsOrGivesUpWhenToldTo) {
  TestServer server([](const TestRequest&) { return answer().after(600ms); });
  auto spec = load(server.url(), 100, 200ms);
  spec.max_in_flight = 4;
  spec.on_overload = OnOverload::Drop;
  Collector c;
  run(c, {spec}, 250ms);
  expect_sums(c, 20);
  EXPECT_EQ(c.dropped(), 16u);
  EXPECT_EQ(c.completed(), 20 - c.dropped());
  spec.on_overload = OnOverload::Abort;
  Collector given_up;
  run(given_up, {spec}, 250ms);
  EXPECT_TRUE(is_overload_abort(given_up.lost)) << given_up.lost;
  // Those who were under way are no secret.
  EXPECT_EQ(given_up.errors(), (std::map<std::string, std::uint64_t>{{"cut_off", 4}}));
}

TEST(Worker, MaxInFlightQueuesByDefault) {
  std::atomic<int> now_open{0}, most{0};
  TestServer server([](const TestRequest&) { return answer().after(30ms); });
  auto spec = load(server.url(), 100, 200ms);
  spec.max_in_flight = 2;
  Collector c;
  run(c, {spec}, 250ms);
  expect_sums(c, 20);
  EXPECT_EQ(c.completed(), 20u);
  EXPECT_GT(seconds(c.latency().max()), 0.08);  // 20 answers of 30 ms by two: 300 ms
}

TEST(Worker, RefusesWhatCannotBeSent) {
  auto worker = loop_worker([](Slice) {}, [](std::string) {});
  auto spec = load("https://127.0.0.1:1", 1, 1s);
  spec.tls.ca = "/no/such/file.pem";
  auto refused = worker->prepare({spec}, 1, {});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("`tls.ca`: `/no/such/file.pem` cannot be used"),
            std::string::npos)
      << refused.error().message;
  spec = load("http://127.0.0.1:1", 1, 1s);
  spec.connect.source_address = "192.0.2.7";
  EXPECT_NE(worker->prepare({spec}, 1, {}).error().message.find("this machine does not have it"),
            std::string::npos);
  spec = load("http://127.0.0.1:1", 1, 1s, {request("GET", "/${id}")});
  EXPECT_EQ(worker->prepare({spec}, 1, {}).error().message,
            "step `GET /${id}` of journey `look`: no earlier step extracts `id`; add an `extract` "
            "to an earlier step");
  spec = load("http://no-such-host.invalid", 1, 1s);
  EXPECT_EQ(worker->prepare({spec}, 1, {}).error().cause, Cause::Unreachable);
}

}  // namespace
}  // namespace gunflint
