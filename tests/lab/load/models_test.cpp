// Load models: closed loops, warm-up, data, replay, retries; against a server of our own.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>

#include <unistd.h>

#include "lab/load/collect.hpp"
#include "support/server.hpp"

namespace gunflint {
namespace {

using namespace test;

/// Users in a closed loop for `length`, then none.
LoadSpec closed(const std::string& url, int users, Duration length, std::vector<Step> steps = {}) {
  auto spec = load(url, 1, length, std::move(steps));
  spec.stages[0].rate.reset();
  spec.stages[0].users = users;
  return spec;
}

/// A file that is there as long as the test.
class TempFile {
 public:
  TempFile(const std::string& name, const std::string& text)
      : path_(std::filesystem::temp_directory_path() /
              ("gunflint-" + std::to_string(getpid()) + "-" + name)) {
    std::ofstream(path_) << text;
  }
  ~TempFile() { std::filesystem::remove(path_); }
  std::string path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// What a server was asked for, in order.
class Heard {
 public:
  TestBehaviour behaviour() {
    return [this](const TestRequest& r) {
      const std::lock_guard lock(mutex_);
      paths.push_back(std::string(r.method) + " " + std::string(r.path));
      return answer();
    };
  }
  std::vector<std::string> paths;

 private:
  std::mutex mutex_;
};

TEST(ClosedLoop, AUserBeginsAgainWhenAnswered) {
  TestServer server([](const TestRequest&) { return answer().after(50ms); });
  Collector c;
  run(c, {closed(server.url(), 4, 1s)}, 1s);
  EXPECT_EQ(c.due(), c.ended() + c.dropped());
  EXPECT_EQ(c.completed(), c.ended());
  // Four at a time, twenty rounds of 50 ms: at most 84 begin, and no more are ever under way.
  EXPECT_LE(c.due(), 84u);
  EXPECT_GE(c.due(), 40u);
  for (const auto& slice : c.slices) EXPECT_LE(slice.in_flight, 4u);
  EXPECT_EQ(c.slices.front().users, 4u);
  EXPECT_DOUBLE_EQ(c.slices.front().asked, static_cast<double>(c.slices.front().journeys[0].due));
}

TEST(ClosedLoop, ThinkTimeIsKeptAndSharesAreTheWhole) {
  TestServer server;
  std::uint64_t due = 0, users = 0;
  for (int i = 0; i < 2; ++i) {
    Collector c;
    run(c, {closed(server.url(), 5, 1s, {request("GET", "/"), Think{200ms, 200ms}})}, 1s, 1,
        {i, 2});
    due += c.due();
    users += c.slices.front().users;
  }
  EXPECT_EQ(users, 5u);
  EXPECT_GE(due, 15u);
  EXPECT_LE(due, 30u) << "five users, five rounds of 200 ms, and the one that stopping cuts off";
}

TEST(ClosedLoop, StagesLetUsersInAndOut) {
  TestServer server([](const TestRequest&) { return answer().after(20ms); });
  auto spec = closed(server.url(), 2, 1s);
  Stage more = spec.stages[0];
  more.users = 6;
  spec.stages.insert(spec.stages.begin() + 1, more);
  Collector c;
  run(c, {spec}, 2s);
  ASSERT_GE(c.slices.size(), 2u);
  EXPECT_EQ(c.slices[0].users, 2u);
  EXPECT_EQ(c.slices[1].users, 6u);
  EXPECT_GT(c.slices[1].journeys[0].due, 2 * c.slices[0].journeys[0].due);
  EXPECT_EQ(c.due(), c.ended());
}

/// Nobody there: no storm of connections.
TEST(ClosedLoop, NobodyElseArrivesWhereUsersAreAskedFor) {
  TestServer server([](const TestRequest&) { return answer().after(50ms); });
  auto spec = load(server.url(), 200, 1s);
  Stage users;
  users.users = 4;
  users.length = 1s;
  spec.stages.insert(spec.stages.begin() + 1, users);
  Collector c;
  run(c, {spec}, 2s);
  EXPECT_EQ(c.slices[0].journeys[0].due, 200u);
  EXPECT_LE(c.slices[1].journeys[0].due, 84u) << "four at a time, twenty rounds of 50 ms";
  EXPECT_GE(c.slices[1].journeys[0].due, 40u);
}

TEST(ClosedLoop, TheRefusedWaitAMoment) {
  auto spec = closed("http://127.0.0.1:1", 3, 1s);
  Collector c;
  run(c, {spec}, 1s);
  EXPECT_EQ(c.errors().at("refused"), c.requests());
  EXPECT_LE(c.requests(), 36u);
  EXPECT_GE(c.requests(), 12u);
}

TEST(WarmUp, IsSentAndCountedApart) {
  TestServer server([](const TestRequest&) { return answer().after(300ms); });
  auto spec = load(server.url(), 20, 2s);
  spec.warm_up = 900ms;  // a whole second
  Collector c;
  run(c, {spec}, 2s);
  ASSERT_GE(c.slices.size(), 2u);
  EXPECT_TRUE(c.slices[0].warm_up);
  EXPECT_FALSE(c.slices[1].warm_up);
  std::uint64_t due = 0, ended = 0, requests = 0;
  for (const auto& slice : c.slices) {
    if (slice.warm_up) continue;
    due += slice.journeys[0].due;
    ended += slice.journeys[0].ended;
    requests += slice.steps[0].ended;
  }
  EXPECT_EQ(due, 20u);
  EXPECT_EQ(ended, 20u) << "those of the warm-up that end later are no part of it";
  EXPECT_EQ(requests, 20u);
}

TEST(Data, RowsGoIntoRequests) {
  Heard heard;
  TestServer server(heard.behaviour());
  const TempFile file("users.csv", "name,id\nann,1\nbob,2\n\"c d\",3\n");
  auto spec = load(server.url(), 6, 1s, {request("GET", "/${people.name}?id=${people.id}")});
  spec.data = {{"people", file.path(), RowOrder::Sequential, {}}};
  Collector c;
  run(c, {spec}, 1s);
  EXPECT_EQ(heard.paths,
            (std::vector<std::string>{"GET /ann?id=1", "GET /bob?id=2", "GET /c%20d?id=3",
                                      "GET /ann?id=1", "GET /bob?id=2", "GET /c%20d?id=3"}));
}

TEST(Data, UniqueRowsAreTakenOnce) {
  Heard heard;
  TestServer server(heard.behaviour());
  const TempFile file("ids.jsonl", "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n");
  auto spec = load(server.url(), 10, 1s, {request("GET", "/${ids.id}")});
  spec.data = {{"ids", file.path(), RowOrder::Unique, {}}};
  Collector c;
  run(c, {spec}, 1s);
  EXPECT_EQ(std::set<std::string>(heard.paths.begin(), heard.paths.end()).size(), 3u);
  EXPECT_EQ(c.completed(), 3u);
  EXPECT_EQ(c.dropped(), 7u);
  EXPECT_EQ(c.due(), 10u);
}

TEST(Data, AMemberOfAClosedLoopKeepsItsRow) {
  Heard heard;
  TestServer server(heard.behaviour());
  const TempFile file("rows.csv", "id\n1\n2\n3\n4\n");
  auto spec = closed(server.url(), 2, 500ms, {request("GET", "/${rows.id}"), Think{50ms, 50ms}});
  spec.data = {{"rows", file.path(), RowOrder::Sequential, {}}};
  Collector c;
  run(c, {spec}, 500ms);
  EXPECT_GT(heard.paths.size(), 6u);
  EXPECT_EQ(std::set<std::string>(heard.paths.begin(), heard.paths.end()),
            (std::set<std::string>{"GET /1", "GET /2"}));
}

/// Whoever begins again at the very end of the warm-up counts in the second in which that is.
TEST(WarmUp, OfAClosedLoopLeavesNobodyOver) {
  TestServer server([](const TestRequest&) { return answer(); });
  auto spec = closed(server.url(), 32, 3s);
  spec.warm_up = 1s;
  Collector c;
  run(c, {spec}, 3s);
  std::uint64_t due = 0, ended = 0;
  for (const auto& slice : c.slices) {
    EXPECT_LE(slice.in_flight, 32u);
    if (slice.warm_up) continue;
    due += slice.journeys[0].due;
    ended += slice.journeys[0].ended;
  }
  EXPECT_EQ(due, ended);
}

/// Exactly so many begin, over all shares and loops, and then the load is silent.
TEST(MaxJourneys, AreAllThatBegin) {
  TestServer server([](const TestRequest&) { return answer().after(5ms); });
  auto open = load(server.url(), 200, 1s);
  open.arrivals = ArrivalKind::Poisson;
  open.max_journeys = 37;
  auto users = closed(server.url(), 8, 1s);
  users.name = "closed";
  users.max_journeys = 101;
  std::map<std::string, std::uint64_t> due, ended;
  std::uint64_t silent_users = 0;
  double asked = 0;
  for (int i = 0; i < 2; ++i) {
    Collector c;
    run(c, {open, users}, 3s, 2, {i, 2});
    EXPECT_EQ(c.failed(), 0u);
    for (const auto& slice : c.slices) {
      due[slice.load] += slice.journeys[0].due;
      ended[slice.load] += slice.journeys[0].ended;
      if (slice.load == "users") asked += slice.asked;
      if (slice.second > 1) silent_users += slice.users;
      EXPECT_LE(slice.last_end, 2) << "the last journey ended long before the load";
    }
  }
  EXPECT_EQ(due, (std::map<std::string, std::uint64_t>{{"closed", 101}, {"users", 37}}));
  EXPECT_EQ(ended, due);
  EXPECT_EQ(silent_users, 0u) << "nobody is wanted any more";
  EXPECT_DOUBLE_EQ(asked, 37) << "nothing is asked any more";
}

/// A loop without a user keeps nothing of it to itself.
TEST(MaxJourneys, AreReachedByFewUsersOnManyLoops) {
  TestServer server([](const TestRequest&) { return answer().after(5ms); });
  for (const bool shrinking : {false, true}) {
    auto spec = closed(server.url(), shrinking ? 4 : 1, shrinking ? 100ms : 3s);
    if (shrinking) {
      Stage one = spec.stages[0];
      one.users = 1;
      one.length = 3s;
      spec.stages.insert(spec.stages.begin() + 1, one);
    }
    spec.max_journeys = 100;
    Collector c;
    run(c, {spec}, 2500ms, 3);
    EXPECT_EQ(c.due(), 100u);
    EXPECT_EQ(c.completed(), 100u);
    EXPECT_TRUE(c.slices[c.slices.size() - 2].over) << "before it was stopped";
    EXPECT_FALSE(c.slices.front().over && c.slices.front().journeys[0].ended < 100);
  }
}

/// What a core was used for a tenth of a second is not a tenth of its use.
TEST(MaxJourneys, TheProcessorIsCountedWhileTheyLast) {
  TestServer server;
  auto spec = closed(server.url(), 8, 1s);
  spec.max_journeys = 3000;
  Collector c;
  run(c, {spec}, 3s);
  ASSERT_EQ(c.due(), 3000u);
  const auto& first = c.slices.front();
  if (first.journeys[0].ended < 3000 || first.last_end > 0.5) GTEST_SKIP() << "a slow machine";
  EXPECT_GT(first.cpu, 0.15) << first.last_end << " s";
}

TEST(CutOff, WhoThinksHasTakenAsLongAsUntilThePause) {
  TestServer server([](const TestRequest&) { return answer().after(30ms); });
  auto spec =
      load(server.url(), 4, 1s, {request("GET", "/"), Think{30s, 30s}, request("GET", "/")});
  spec.timeout = 500ms;
  Collector c;
  run(c, {spec}, 1s);
  std::uint64_t unfinished = 0, ended_by_due = 0, completed_by_due = 0;
  Histogram durations;
  for (const auto& slice : c.slices) {
    unfinished += slice.journeys[0].unfinished;
    for (const auto& [second, n] : slice.journeys[0].ended_by_due) ended_by_due += n;
    for (const auto& [second, n] : slice.journeys[0].completed_by_due) completed_by_due += n;
    durations.merge(slice.journeys[0].duration);
    EXPECT_LE(slice.last_end, 3) << "no pause is waited for";
  }
  EXPECT_EQ(unfinished, 4u);
  EXPECT_EQ(ended_by_due, 4u);
  EXPECT_EQ(completed_by_due, 4u) << "nobody let them down";
  EXPECT_EQ(c.ended(), 4u);
  EXPECT_EQ(c.completed(), 0u);
  EXPECT_EQ(c.failed(), 0u);
  EXPECT_EQ(durations.count(), 4u);
  EXPECT_GE(durations.quantile(0.01), 29ms);
  EXPECT_LE(durations.max(), 5s);
}

TEST(Statuses, OfEveryAttemptAndRedirectAreCounted) {
  std::atomic<int> asked = 0;
  TestServer server([&](const TestRequest& r) {
    if (r.path == "/old") return answer(302, "", "Location: /new\r\n");
    return answer(asked++ % 2 == 0 ? 503 : 200);
  });
  auto get = request("GET", "/old");
  get.retries.times = 1;
  auto spec = load(server.url(), 10, 1s, {get});
  spec.http.redirects = 1;
  spec.http.connections = 1;
  Collector c;
  run(c, {spec}, 1s);
  EXPECT_EQ(c.failed(), 0u);
  std::map<std::string, std::uint64_t> statuses, spoken;
  for (const auto& slice : c.slices) {
    for (const auto& [status, n] : slice.steps[0].statuses) statuses[status] += n;
    for (const auto& [kind, n] : slice.spoken) spoken[kind] += n;
  }
  EXPECT_EQ(statuses,
            (std::map<std::string, std::uint64_t>{{"200", 10}, {"302", 20}, {"503", 10}}));
  EXPECT_EQ(spoken, (std::map<std::string, std::uint64_t>{{"HTTP/1.1", 1}}));
}

TEST(Connections, ThatWeCloseOrNeverHadAreNoReconnects) {
  TestServer server([](const TestRequest&) { return answer(); });
  auto spec = load(server.url(), 20, 1s);
  spec.http.keep_alive = false;
  Collector c;
  run(c, {spec}, 1s);
  const auto counts = [](const Collector& of) {
    std::pair<std::uint64_t, std::uint64_t> sum{};
    for (const auto& slice : of.slices) {
      sum.first += slice.opened;
      sum.second += slice.reconnects;
    }
    return sum;
  };
  EXPECT_EQ(counts(c), (std::pair<std::uint64_t, std::uint64_t>{20, 0}));
  const auto nobody_there = [] {
    TestServer gone([](const TestRequest&) { return answer(); });
    return gone.url();
  }();
  Collector refused;
  run(refused, {load(nobody_there, 20, 1s)}, 1s);
  EXPECT_EQ(refused.failed(), 20u);
  EXPECT_EQ(counts(refused), (std::pair<std::uint64_t, std::uint64_t>{0, 0}));
}

TEST(Replay, ALoadThatEndsInSilenceEndsWithItsLog) {
  Heard heard;
  TestServer server(heard.behaviour());
  const TempFile file("short.log",
                      "1.2.3.4 - - [10/Oct/2000:13:55:30 +0000] \"GET /a HTTP/1.1\" 200 1\n"
                      "1.2.3.4 - - [10/Oct/2000:13:55:31 +0000] \"GET /b HTTP/1.1\" 200 1\n");
  auto spec = load(server.url(), 10, 200ms);  // the log's two seconds at ten times its speed
  spec.replay.emplace();
  spec.replay->file = file.path();
  spec.replay->speed = 10;
  spec.replay->timed = true;
  Collector c;
  run(c, {spec}, 1s);
  EXPECT_EQ(heard.paths, (std::vector<std::string>{"GET /a", "GET /b"}));
}

TEST(Replay, SendsALogAgainAtItsOwnTimes) {
  Heard heard;
  TestServer server(heard.behaviour());
  const auto line = [](int second, const std::string& request) {
    return "1.2.3.4 - - [10/Oct/2000:13:55:3" + std::to_string(second) + " +0000] \"" + request +
           " HTTP/1.1\" 200 12\n";
  };
  const TempFile file("access.log", line(0, "GET /a?x=1") + line(0, "POST /b") +
                                        line(1, "HEAD /c") + line(2, "GET /d"));
  auto spec = load(server.url(), 1, 1s);
  spec.journeys.clear();
  for (const char* method : {"GET", "HEAD"}) {
    Journey journey;
    journey.name = method;
    journey.steps = {request(method, "/")};
    spec.journeys.push_back(journey);
  }
  spec.replay.emplace();
  spec.replay->file = file.path();
  spec.replay->speed = 4;
  spec.replay->timed = true;
  Collector c;
  run(c, {spec}, 700ms);
  EXPECT_EQ(heard.paths, (std::vector<std::string>{"GET /a?x=1", "HEAD /c", "GET /d"}));
  EXPECT_EQ(c.completed(), 3u);
}

TEST(Retries, PauseAndKeepToTheirBudget) {
  TestServer server([](const TestRequest&) { return answer(503); });
  Request tried = request("GET", "/");
  tried.retries = {3, 20ms, 40ms, std::nullopt};
  auto spec = load(server.url(), 50, 1s, {tried});
  Collector c;
  run(c, {spec}, 1s);
  EXPECT_EQ(c.requests(), 50u);
  EXPECT_EQ(c.attempts(), 200u);
  EXPECT_GT(seconds(c.latency().max()), 0.02);
  std::get<Request>(spec.journeys[0].steps[0]).retries.budget = Share{0.2};
  Collector held;
  run(held, {spec}, 1s);
  EXPECT_EQ(held.requests(), 50u);
  EXPECT_LE(held.attempts(), 61u) << "of 50 requests, ten may be tried again";
  EXPECT_GE(held.attempts(), 55u);
}

TEST(Arrivals, BurstsComeTogether) {
  TestServer server;
  auto spec = load(server.url(), 100, 1s);
  spec.arrivals = ArrivalKind::Bursty;
  spec.burst = 20;
  Collector c;
  run(c, {spec}, 1s);
  EXPECT_EQ(c.due() % 20, 0u);
  EXPECT_EQ(c.due(), c.completed());
}

TEST(Pacing, PreciseNeedsACoreOfItsOwn) {
  auto worker = loop_worker([](Slice) {}, [](std::string) {}, 1024);
  auto spec = load("http://127.0.0.1:1", 1, 1s);
  spec.pacing = Pacing::Precise;
  const auto refused = worker->prepare({spec}, 1, {});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("`pacing: precise` spins on a core per loop"),
            std::string::npos)
      << refused.error().message;
}

TEST(Honesty, WaitingForAConnectionIsToldApartFromOurOwnDelay) {
  TestServer server([](const TestRequest&) { return answer().after(50ms); });
  auto spec = load(server.url(), 40, 1s);
  spec.http.connections = 1;
  Collector c;
  run(c, {spec}, 1s);
  Histogram queued;
  for (const auto& slice : c.slices) queued.merge(slice.queued);
  EXPECT_GE(queued.count(), 30u);
  EXPECT_GT(seconds(queued.max()), 0.3);
  EXPECT_LE(queued.count(), c.requests());
  // Until it is asked for, the delay is ours: everybody's.
  EXPECT_GE(c.late().count(), queued.count());
  EXPECT_LT(seconds(c.late().quantile(0.5)), 0.05);
}

}  // namespace
}  // namespace gunflint
