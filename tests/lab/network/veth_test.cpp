// Two hosts: this test's network namespace and a peer's, joined by a veth pair. What loopback
// cannot show: packets that come from outside, told by address, and by the socket they are for.
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <csignal>

#include "network_lab.hpp"

namespace gunflint {
namespace {

class TwoHostNetwork : public NetworkLab {
 protected:
  static constexpr const char* ours = "10.77.0.1";
  static constexpr const char* theirs = "10.77.0.2";
  static constexpr const char* theirs6 = "fd77::2";

  void SetUp() override {
    NetworkLab::SetUp();
    if (IsSkipped()) return;
    auto pair = make_socket_pair();
    ASSERT_TRUE(pair);
    peer_ = ::fork();
    if (peer_ == 0) {
      pair->first = Fd();
      live_elsewhere(std::move(pair->second));
    }
    control_ = std::move(pair->first);
    (void)heard<char>();  // it is in its namespace
    const std::string pid = std::to_string(peer_);
    for (const auto& argv : std::vector<std::vector<std::string>>{
             {"ip", "link", "add", "gfa", "type", "veth", "peer", "name", "gfb", "netns", pid},
             {"ip", "addr", "add", "10.77.0.1/24", "dev", "gfa"},
             {"ip", "addr", "add", "fd77::1/64", "dev", "gfa", "nodad"},
             {"ip", "link", "set", "gfa", "up"}})
      ASSERT_EQ(lab_->run(argv).code, 0) << argv[2];
    (void)::send(control_.get(), "g", 1, MSG_NOSIGNAL);
    port_ = heard<int>();
    other_port_ = heard<int>();
    port6_ = heard<int>();
    sink_port_ = heard<int>();
    ASSERT_GT(port_, 0);
    before_ = picture(*lab_);
  }
  void TearDown() override {
    if (peer_ > 0) {
      control_ = Fd();
      ::waitpid(peer_, nullptr, 0);
    }
    bench_.reset();
  }

  template <class T>
  T heard() {
    T value{};
    (void)::recv(control_.get(), &value, sizeof value, MSG_WAITALL);
    return value;
  }
  /// The peer: two echo servers on its side of the veth pair, until we close the socket.
  [[noreturn]] static void live_elsewhere(Fd control) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    char byte = ::unshare(CLONE_NEWNET) == 0 ? 'o' : 'x';
    (void)::send(control.get(), &byte, 1, MSG_NOSIGNAL);
    (void)::recv(control.get(), &byte, 1, 0);
    const auto processes = make_real_processes();
    (void)processes->run({.argv = {"ip", "addr", "add", "10.77.0.2/24", "dev", "gfb"}});
    (void)processes->run({.argv = {"ip", "addr", "add", "fd77::2/64", "dev", "gfb", "nodad"}});
    (void)processes->run({.argv = {"ip", "link", "set", "gfb", "up"}});
    {
      EchoServer first(theirs), second(theirs), sixth(theirs6);
      SinkServer sink(theirs, 1 << 20);
      for (const int port : {first.port(), second.port(), sixth.port(), sink.port()})
        (void)::send(control.get(), &port, sizeof port, MSG_NOSIGNAL);
      (void)::recv(control.get(), &byte, 1, 0);
    }
    ::_exit(0);
  }

  pid_t peer_ = 0;
  Fd control_;
  int port_ = 0, other_port_ = 0, port6_ = 0, sink_port_ = 0;
};

TEST_F(TwoHostNetwork, AnAddressIsDelayed) {
  EchoClient client(theirs, port_);
  const double before = calm_median(client, 100);
  bench_->inject(bench_->host_member(), R"({"delay": "50ms", "to": {"hosts": ["10.77.0.0/24"]}})",
                 tag_);
  expect_added([&] { return client.median(30); }, before, 50);
  bench_->restore(tag_);
  EXPECT_EQ(picture(*lab_), before_);
}

TEST_F(TwoHostNetwork, AnAddressOfIPv6IsDelayed) {
  EchoClient client(theirs6, port6_), other(theirs, port_);
  const double before = calm_median(client, 100);
  bench_->inject(bench_->host_member(), R"({"delay": "50ms", "to": {"hosts": ["fd77::2"]}})", tag_);
  expect_added([&] { return client.median(30); }, before, 50);
  EXPECT_LT(calm_median(other, 100), 1.5);
  bench_->restore(tag_);
  EXPECT_EQ(picture(*lab_), before_);
}

TEST_F(TwoHostNetwork, OnlyTheChosenPortOfAnAddressIsDelayed) {
  EchoClient client(theirs, port_), other(theirs, other_port_);
  const double before = calm_median(client, 100);
  bench_->inject(bench_->host_member(),
                 R"({"delay": "50ms", "to": {"hosts": ["10.77.0.2"], "ports": [)" +
                     std::to_string(port_) + "]}}",
                 tag_);
  expect_added([&] { return client.median(30); }, before, 50);
  EXPECT_LT(calm_median(other, 100), 1.5);
  bench_->restore(tag_);
  EXPECT_EQ(picture(*lab_), before_);
}

TEST_F(TwoHostNetwork, WithoutASelectorTheWholeHostIsDelayed) {
  EchoClient client(theirs, port_);
  const double before = calm_median(client, 100);
  bench_->inject(bench_->host_member(), R"({"delay": "50ms"})", tag_);
  expect_added([&] { return client.median(30); }, before, 50);
  bench_->restore(tag_);
  EXPECT_EQ(picture(*lab_), before_);
}

TEST_F(TwoHostNetwork, OneProcessIsDelayedAndItsNeighbourIsNot) {
  RemoteClient target(theirs, port_), other(theirs, port_);
  target.connect();
  other.connect();
  const double before = calm_median(target, 100);
  bench_->inject(bench_->process(target.pid(), {}),
                 R"({"delay": "50ms", "to": {"hosts": ["10.77.0.2"]}})", tag_);
  expect_added([&] { return target.median(30); }, before, 50);
  target.connect();
  expect_added([&] { return target.median(30); }, before, 50);
  EXPECT_LT(calm_median(other, 100), 1.5);
  bench_->restore(tag_);
  EXPECT_LT(calm_median(target, 100), 1.5);
  EXPECT_EQ(picture(*lab_), before_);
}

/// What is under way at most, over the time it is under way: more no connection can carry, and a
/// delayer that is slow, or holds packets before they are sent, gets less. A new connection: one
/// that was open before has left slow start for good when its round trips suddenly got longer
/// (CUBIC's HyStart), and grows slowly; so it would with a real line, or netem.
TEST_F(TwoHostNetwork, ABulkTransferGetsItsWindowOverTheDelay) {
  const Bulk before = send_bulk(theirs, sink_port_);
  bench_->inject(bench_->host_member(), R"({"delay": "20ms", "to": {"hosts": ["10.77.0.2"]}})",
                 tag_);
  const Bulk delayed = send_bulk(theirs, sink_port_);
  const double limit = delayed.window / 0.020;
  std::printf("    %.1f MiB/s, the window allows %.1f; %.0f without the fault\n",
              delayed.rate / 1048576, limit / 1048576, before.rate / 1048576);
  EXPECT_GE(delayed.rate, 0.8 * limit);
  EXPECT_LE(delayed.rate, 1.05 * limit);
  bench_->restore(tag_);
}

}  // namespace
}  // namespace gunflint
