// One process's connections, and nobody else's, on a host where all share a cgroup.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "network_lab.hpp"

namespace gunflint {
namespace {

using ProcessNetwork = NetworkLab;

std::string cgroup_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/cgroup");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("0::")) return line.substr(3);
  return {};
}

TEST_F(ProcessNetwork, ItsNewAndItsOpenConnectionsAreDelayed) {
  EchoServer server;
  RemoteClient target("127.0.0.1", server.port()), other("127.0.0.1", server.port());
  target.connect();
  other.connect();
  const double before = calm_median(target, 50);
  const std::string home = cgroup_of(target.pid());
  bench_->inject(bench_->process(target.pid(), {}),
                 R"({"delay": "50ms", "to": {"ports": [)" + std::to_string(server.port()) + "]}}",
                 tag_);
  EXPECT_EQ(cgroup_of(target.pid()), (home == "/" ? "" : home) + "/" + tag_.text);
  expect_added([&] { return target.median(30); }, before, 50);  // open before the injection
  EXPECT_LT(calm_median(other, 100), 1.0);
  target.connect();
  expect_added([&] { return target.median(30); }, before, 50);  // opened after it
  other.connect();
  EXPECT_LT(calm_median(other, 100), 1.0);
  const Bite bite = bench_->bite(tag_);
  EXPECT_TRUE(bite.in_force) << bite.sentence;
  bench_->restore(tag_);
  EXPECT_EQ(cgroup_of(target.pid()), home);
  EXPECT_LT(calm_median(target, 100), 1.0);
  target.connect();
  EXPECT_LT(calm_median(target, 100), 1.0);
}

TEST_F(ProcessNetwork, WithoutToAndFromBothItsSidesAreDelayedOnce) {
  EchoServer server;
  EchoClient client("127.0.0.1", server.port());
  const double before = calm_median(client, 50);
  bench_->inject(bench_->process(server.pid(), {server.port()}), R"({"delay": "50ms"})", tag_);
  expect_added([&] { return client.median(30); }, before, 50);
  bench_->restore(tag_);
}

TEST_F(ProcessNetwork, AClientOfAnyPortIsDelayedOnceOnLoopback) {
  EchoServer server;
  RemoteClient target("127.0.0.1", server.port());
  target.connect();
  const double before = calm_median(target, 50);
  bench_->inject(bench_->process(target.pid(), {}), R"({"delay": "50ms"})", tag_);
  expect_added([&] { return target.median(30); }, before, 50);
  target.connect();
  expect_added([&] { return target.median(30); }, before, 50);
  bench_->restore(tag_);
}

TEST_F(ProcessNetwork, ManyOpenConnectionsAreToldByTheirMark) {
  EchoServer server;
  RemoteClient target("127.0.0.1", server.port()), other("127.0.0.1", server.port());
  // Each rule takes 15 of them, and there are at most 16 rules.
  for (int i = 0; i < 260; ++i) target.keep();
  target.connect();
  other.connect();
  const double before = calm_median(target, 50);
  bench_->inject(bench_->process(target.pid(), {}), R"({"delay": "50ms"})", tag_);
  EXPECT_NE(lab_->run({"iptables-save"}).out.find("connmark"), std::string::npos);
  expect_added([&] { return target.median(20); }, before, 50);
  EXPECT_LT(calm_median(other, 100), 1.0);
  EXPECT_NE(picture(*lab_).find("marked connection"), std::string::npos);
  target.connect();
  expect_added([&] { return target.median(20); }, before, 50);
  bench_->restore(tag_);
  EXPECT_EQ(picture(*lab_).find("marked connection"), std::string::npos);
  EXPECT_LT(calm_median(target, 100), 1.0);
}

TEST_F(ProcessNetwork, AMarkThatSomebodyUsesIsNotTaken) {
  lab_->run({"iptables", "-t", "mangle", "-A", "PREROUTING", "-p", "tcp", "--dport", "9", "-j",
             "CONNMARK", "--set-xmark", "0x80000000/0x80000000"});
  const std::string before = picture(*lab_);
  EchoServer server;
  RemoteClient target("127.0.0.1", server.port());
  bench_->inject(bench_->process(target.pid(), {}), R"({"delay": "20ms"})", tag_);
  const std::string rules = lab_->run({"iptables-save"}).out;
  EXPECT_NE(rules.find("0x40000000/0x40000000"), std::string::npos) << rules;
  target.connect();
  EXPECT_GT(target.median(5), 19);
  bench_->restore(tag_);
  EXPECT_EQ(picture(*lab_), before);
  lab_->run({"nft", "flush", "ruleset"});
}

TEST_F(ProcessNetwork, InAnotherNamespaceItIsRefused) {
  const pid_t pid = lab_->start("elsewhere", {"unshare", "--net", "sleep", "60"});
  ::usleep(200'000);
  const FaultKind& fault = *find_fault("network");
  const auto seen = fault.observe(bench_->host(), bench_->process(pid, {}),
                                  parse_json(R"({"delay": "50ms"})").value());
  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error().cause, Cause::Unsupported);
  EXPECT_NE(seen.error().message.find("network namespace"), std::string::npos);
}

}  // namespace
}  // namespace gunflint
