// What must be true of every number: nothing hidden, nothing lost.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstdio>

#include "gunflint/base/units.hpp"
#include "lab/load/collect.hpp"
#include "load/draw.hpp"
#include "support/server.hpp"

namespace gunflint {
namespace {

using namespace test;

/// due = dropped + ended + under way, for the sums up to every second.
void expect_balance(const Collector& c) {
  std::uint64_t due = 0, gone = 0;
  for (const auto& slice : c.slices) {
    for (const auto& journey : slice.journeys) {
      due += journey.due;
      gone += journey.dropped + journey.ended;
    }
    EXPECT_EQ(due, gone + slice.in_flight) << "second " << slice.second;
  }
  EXPECT_EQ(due, gone);
}

TEST(Honesty, AStallOfOneSecondIsReportedAsItIs) {
  // 2,000/s for 10 s, the server stopped from 4 s to 5 s: the 2,000 requests due meanwhile wait
  // from 1 s down to 0, so that p99 is 900 ms and p99.9 is 990 ms, and a little more on a busy
  // machine. The truth of this very run comes from the server: it notes when it answered, and the
  // k-th answer is for the request due at k / 2000 s.
  constexpr std::size_t count = 20'000;
  auto* answered_at =
      static_cast<std::int64_t*>(mmap(nullptr, count * sizeof(std::int64_t), PROT_READ | PROT_WRITE,
                                      MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(answered_at, MAP_FAILED);
  ServerProcess server([answered_at](const TestRequest& r) {
    if (r.number < count) answered_at[r.number] = test::detail::now_ns();
    return answer();
  });
  Collector c;
  std::thread saboteur([&] {
    std::this_thread::sleep_for(4s);
    server.stop();
    std::this_thread::sleep_for(1s);
    server.go_on();
  });
  const Time begin = run(c, {load(server.url(), 2000, 10s)}, 10s);
  saboteur.join();
  Histogram truth;
  for (std::size_t k = 0; k < count; ++k)
    truth.record(Duration(answered_at[k]) - begin.time_since_epoch() -
                 Duration(500'000 * static_cast<std::int64_t>(k)));
  munmap(answered_at, count * sizeof(std::int64_t));
  const auto latency = c.latency();
  for (const double q : {0.5, 0.95, 0.99, 0.999})
    std::printf("stall of 1 s in 10 s at 2000/s, p%g: reported %s, the server says %s\n", q * 100,
                human(latency.quantile(q)).c_str(), human(truth.quantile(q)).c_str());
  EXPECT_EQ(c.due(), count);
  EXPECT_EQ(c.completed(), count);
  // At the end of the fifth second nearly all of its 2,000 still wait, the oldest for a second.
  const auto& waiting = c.slices.at(4).steps.at(0).waiting;
  EXPECT_GT(waiting.count(), 1'600u);
  EXPECT_NEAR(seconds(waiting.max()), 1, 0.1);
  EXPECT_TRUE(c.slices.back().steps.at(0).waiting.empty());
  for (const double q : {0.99, 0.999}) {
    const double right = seconds(truth.quantile(q));
    EXPECT_GE(right, q == 0.99 ? 0.89 : 0.98);
    EXPECT_NEAR(seconds(latency.quantile(q)), right, 0.03 * right);
  }
  expect_balance(c);
}

TEST(Honesty, TenThousandPerSecondAreTenThousandPerSecond) {
  ServerProcess server;
  Collector c;
  run(c, {load(server.url(), 10'000, 5s)}, 5s);
  std::uint64_t answered = 0;
  for (const auto& slice : c.slices)
    if (slice.second < 5) answered += slice.journeys[0].completed;
  const auto late = c.late();
  std::printf(
      "10000/s for 5 s: due %llu, answered within the 5 s %llu, sent late by p50 %s p99 %s "
      "max %s, latency p50 %s p99 %s\n",
      static_cast<unsigned long long>(c.due()), static_cast<unsigned long long>(answered),
      human(late.quantile(0.5)).c_str(), human(late.quantile(0.99)).c_str(),
      human(late.max()).c_str(), human(c.latency().quantile(0.5)).c_str(),
      human(c.latency().quantile(0.99)).c_str());
  EXPECT_EQ(c.due(), 50'000u);
  EXPECT_NEAR(static_cast<double>(answered), 50'000, 50);
  EXPECT_EQ(c.completed(), 50'000u);
  expect_balance(c);
}

TEST(Honesty, TheSumOverOutcomesIsTheArrivalsDueWhateverTheServerDoes) {
  const auto behave = [](std::uint64_t seed) {
    return [seed](const TestRequest& r) -> TestAnswer {
      const double x = draw(seed, r.number, Purpose::Journey);
      if (x < 0.05) return raw("").and_reset();
      if (x < 0.10) return raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhal").and_close();
      if (x < 0.15) return raw("\x16\x03\x01 no http here\r\n\r\n");
      if (x < 0.20) return nothing();
      if (x < 0.30) return answer(503);
      if (x < 0.40) return answer().after(250ms);
      if (x < 0.45) return raw("HTTP/1.1 200 OK\r\n\r\nuntil the end").and_close();
      if (x < 0.50)
        return raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
      if (x < 0.52) return raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more than that");
      return answer();
    };
  };
  for (const std::uint64_t seed : {1, 2, 3}) {
    ServerProcess server(behave(seed));
    auto spec = load(server.url(), 800, 2s,
                     {request("GET", "/a"), Think{0ms, 30ms}, request("POST", "/b")});
    spec.arrivals = ArrivalKind::Poisson;
    spec.timeout = 400ms;
    spec.http.connections = 40;
    auto& second = std::get<Request>(spec.journeys[0].steps[2]);
    second.retries.times = static_cast<int>(seed) - 1;
    second.on_failure = seed == 2 ? OnFailure::Continue : OnFailure::Stop;
    if (seed == 3) {
      spec.on_overload = OnOverload::Drop;
      spec.max_in_flight = 30;
    }
    spec.journeys.push_back(spec.journeys[0]);
    spec.journeys[1].name = "other";
    spec.journeys[1].weight = 0.5;
    Collector c;
    std::thread saboteur([&] {
      std::this_thread::sleep_for(700ms);
      server.stop();
      std::this_thread::sleep_for(300ms);
      server.go_on();
      std::this_thread::sleep_for(500ms);
      server.kill();
    });
    run(c, {spec}, 2s, 2);
    saboteur.join();
    EXPECT_EQ(c.ended() + c.dropped(), c.due());
    EXPECT_GT(c.due(), 1000u);
    EXPECT_GT(c.completed(), 50u);
    EXPECT_EQ(c.latency().count(), c.requests());
    std::uint64_t errors = 0;
    std::string text;
    for (const auto& [name, n] : c.errors()) {
      errors += n;
      text += " " + name + " " + std::to_string(n);
    }
    EXPECT_EQ(errors, c.failed());
    EXPECT_GT(c.errors()["refused"], 0u);
    std::printf("chaos %llu: due %llu = ended %llu + dropped %llu; completed %llu;%s\n",
                static_cast<unsigned long long>(seed), static_cast<unsigned long long>(c.due()),
                static_cast<unsigned long long>(c.ended()),
                static_cast<unsigned long long>(c.dropped()),
                static_cast<unsigned long long>(c.completed()), text.c_str());
    expect_balance(c);
  }
}

}  // namespace
}  // namespace gunflint
