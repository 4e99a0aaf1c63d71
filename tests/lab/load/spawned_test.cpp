#include "load/spawned_worker.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <sstream>

#include "lab/load/collect.hpp"
#include "support/server.hpp"

namespace gunflint {
namespace {

using namespace test;

/// The one child of this process that runs the worker program.
int worker_pid() {
  const std::string self = std::to_string(getpid());
  std::ifstream children("/proc/" + self + "/task/" + self + "/children");
  for (int pid = 0; children >> pid;) {
    std::ifstream name("/proc/" + std::to_string(pid) + "/comm");
    std::string comm;
    name >> comm;
    if (comm.starts_with("load_test_worke")) return pid;
  }
  return 0;
}

struct Spawned {
  Collector collector;
  std::unique_ptr<Worker> worker =
      *spawn_worker({LOAD_TEST_WORKER}, collector.on_slice(), collector.on_lost());
};

TEST(SpawnedWorker, CountsLikeOneInThisProcess) {
  TestServer server;
  auto spec = load(server.url(), 300, 1200ms,
                   {request("GET", "/a"), Think{1ms, 5ms}, request("GET", "/b")});
  spec.arrivals = ArrivalKind::Poisson;
  Collector in_process;
  run(in_process, {spec}, 1300ms);
  Spawned s;
  const auto prepared = s.worker->prepare({spec}, 7, {});
  ASSERT_TRUE(prepared) << prepared.error().message;
  const Time begin = now();
  ASSERT_TRUE(s.worker->begin(begin));
  std::this_thread::sleep_for(1300ms);
  s.worker->stop();
  ASSERT_TRUE(s.collector.wait());
  EXPECT_EQ(s.collector.lost, "");
  EXPECT_EQ(s.collector.due(), in_process.due());
  EXPECT_EQ(s.collector.completed(), s.collector.due());
  EXPECT_EQ(s.collector.requests(), 2 * s.collector.due());
  EXPECT_EQ(s.collector.latency().count(), s.collector.requests());
}

TEST(SpawnedWorker, SaysWhyItCannotPrepare) {
  Spawned s;
  const auto refused = s.worker->prepare({load("ftp://shop", 1, 1s)}, 7, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().cause, Cause::BadInput);
  EXPECT_NE(refused.error().message.find("load speaks http and https"), std::string::npos);
}

TEST(SpawnedWorker, ItsDeathIsToldAtOnce) {
  TestServer server;
  Spawned s;
  ASSERT_TRUE(s.worker->prepare({load(server.url(), 100, 60s)}, 7, {}));
  ASSERT_TRUE(s.worker->begin(now()));
  std::this_thread::sleep_for(300ms);
  const int pid = worker_pid();
  ASSERT_GT(pid, 0);
  const Time killed = now();
  ASSERT_EQ(kill(pid, SIGKILL), 0);
  ASSERT_TRUE(s.collector.wait());
  EXPECT_LT(seconds(now() - killed), 0.5);
  EXPECT_EQ(s.collector.lost,
            "the load worker (pid " + std::to_string(pid) + ") was ended by signal 9 (Killed)");
  s.worker->stop();  // no SIGPIPE
}

TEST(SpawnedWorker, ItEndsWithItsCoordinator) {
  TestServer server;
  int pid = 0;
  {
    Spawned s;
    ASSERT_TRUE(s.worker->prepare({load(server.url(), 100, 60s)}, 7, {}));
    ASSERT_TRUE(s.worker->begin(now()));
    std::this_thread::sleep_for(200ms);
    pid = worker_pid();
    ASSERT_GT(pid, 0);
  }
  EXPECT_NE(kill(pid, 0), 0);
  const auto served = server.served();
  EXPECT_GT(served, 0u);
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(server.served(), served);
}

TEST(SpawnedWorker, AProgramThatIsNoWorkerIsNamed) {
  Collector c;
  auto worker = spawn_worker({"/bin/true"}, c.on_slice(), c.on_lost());
  ASSERT_TRUE(worker);
  EXPECT_FALSE((*worker)->prepare({load("http://127.0.0.1:1", 1, 1s)}, 7, {}));
  EXPECT_FALSE(spawn_worker({"no-such-program-here"}, c.on_slice(), c.on_lost()));
}

}  // namespace
}  // namespace gunflint
