// A server that answers without end must cost its own request, and nobody else's.
#include <gtest/gtest.h>

#include "lab/load/collect.hpp"
#include "support/server.hpp"

namespace gunflint {
namespace {

using namespace test;

/// Answers every connection with one body that does not end, as fast as it is taken; closes after
/// eight seconds, so that a loop that never leaves such an answer fails the test and does not hang.
class EndlessServer {
 public:
  explicit EndlessServer(int connections) {
    const int listener = test::detail::listen_on(port_);
    accepts_ = std::jthread([this, listener, connections](const std::stop_token& stop) {
      for (int n = 0; n < connections && !stop.stop_requested();) {
        const int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) {
          std::this_thread::sleep_for(1ms);
          continue;
        }
        ++n;
        pours_.emplace_back([fd](const std::stop_token& end) { pour(fd, end); });
      }
      close(listener);
    });
  }
  ~EndlessServer() {
    accepts_.request_stop();
    accepts_.join();
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  static void pour(int fd, const std::stop_token& end) {
    const int large = 8 << 20;
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &large, sizeof large);
    std::string bytes = "HTTP/1.1 200 OK\r\n\r\n" + std::string(4 << 20, 'x');
    const Time last = now() + 8s;
    while (!end.stop_requested() && now() < last &&
           send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0)
      bytes.resize(4 << 20, 'x');
    close(fd);
  }
  int port_ = 0;
  std::vector<std::jthread> pours_;
  std::jthread accepts_;
};

TEST(Worker, AnAnswerWithoutEndIsOneTimeoutAndTheOthersGoOn) {
  EndlessServer endless(2);
  TestServer server;
  auto stuck = load(endless.url(), 10, 200ms);
  stuck.name = "stuck";
  stuck.timeout = 500ms;
  Collector c;
  run(c, {stuck, load(server.url(), 50, 1s)}, 1100ms);
  Histogram stuck_latency, latency;
  std::uint64_t timeouts = 0, completed = 0;
  std::vector<int> seconds_of_users;
  for (const auto& slice : c.slices) {
    const bool users = slice.load == "users";
    (users ? latency : stuck_latency).merge(slice.steps[0].latency);
    for (const auto& [name, n] : slice.steps[0].errors)
      if (!users && name == "timeout") timeouts += n;
    if (users) completed += slice.journeys[0].completed;
    if (users) seconds_of_users.push_back(slice.second);
  }
  EXPECT_EQ(timeouts, 2u);
  EXPECT_LT(seconds(stuck_latency.max()), 2.0);  // 0.5 asked
  EXPECT_EQ(completed, 50u);
  EXPECT_LT(seconds(latency.max()), 2.0);
  for (std::size_t i = 0; i < seconds_of_users.size(); ++i)
    EXPECT_EQ(seconds_of_users[i], static_cast<int>(i));
}

TEST(Worker, ALongAnswerIsReadToItsEndInParts) {
  const std::string body(6 << 20, 'y');  // 96 buffers
  TestServer server([&](const TestRequest&) { return answer(200, body); });
  Collector c;
  run(c, {load(server.url(), 20, 200ms)}, 250ms);
  EXPECT_EQ(c.completed(), 4u);
  EXPECT_TRUE(c.errors().empty());
}

}  // namespace
}  // namespace gunflint
