// Rule 10: never ourselves, and never what keeps the machine reachable.
#include "gunflint/host/victims.hpp"

#include <csignal>
#include <cstdlib>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "host/no_http.hpp"
#include "host/real_host.hpp"
#include "host/rehearsal.hpp"

namespace gunflint {
namespace {

TEST(TakesAway, OnlyWhatLeavesLessThanBefore) {
  EXPECT_TRUE(takes_away("memory.max", "max\n", "1000"));
  EXPECT_TRUE(takes_away("memory.max", "2000\n", "1000"));
  EXPECT_FALSE(takes_away("memory.max", "1000\n", "2000"));
  EXPECT_FALSE(takes_away("memory.max", "1000\n", "max"));
  EXPECT_TRUE(takes_away("cpu.max", "max 100000\n", "50000 100000"));
  EXPECT_FALSE(takes_away("cpu.max", "50000 100000\n", "100000 200000"));
  EXPECT_FALSE(takes_away("cpu.max", "50000 100000\n", "max 100000"));
  EXPECT_TRUE(takes_away("cpu.cfs_quota_us", "-1\n", "50000"));
  EXPECT_FALSE(takes_away("cpu.cfs_quota_us", "50000\n", "-1"));
  EXPECT_TRUE(takes_away("cpu.cfs_period_us", "100000\n", "200000"));
  EXPECT_TRUE(takes_away("memory.limit_in_bytes", "9223372036854771712\n", "4096"));
  EXPECT_TRUE(takes_away("cpuset.cpus", "0-3\n", "1"));
  EXPECT_TRUE(takes_away("cpuset.cpus", "\n", "0-3"));
  EXPECT_FALSE(takes_away("cpuset.cpus", "1\n", "0-3"));
  EXPECT_FALSE(takes_away("cpuset.cpus", "0,2\n", "1-2"));
  EXPECT_TRUE(takes_away("cgroup.freeze", "0\n", "1"));
  EXPECT_FALSE(takes_away("cgroup.freeze", "1\n", "0"));
  EXPECT_TRUE(takes_away("cgroup.kill", "", "1"));
  EXPECT_FALSE(takes_away("cgroup.subtree_control", "\n", "+cpu"));
  EXPECT_TRUE(takes_away("io.of.tomorrow", "5\n", "5"));
}

TEST(OwnGroup, IsOneWhoseLastPartIsATag) {
  EXPECT_TRUE(is_own_group("/shop/gf-abcdefghij"));
  EXPECT_FALSE(is_own_group("/gf-abcdefghij/shop"));
  EXPECT_TRUE(is_own_group("/gunflint-guard-1"));
  EXPECT_FALSE(is_own_group("/"));
}

/// A child of ours that is called as the machine's way in is, and its rehearsal.
class SomebodyCalledSshd : public testing::Test {
 protected:
  RealHost real;
  std::unique_ptr<Network> network = make_no_network();
  std::unique_ptr<Holders> holders = make_no_holders();
  NoHttp http;
  Host host = real.with(*network, *holders, http);
  Rehearsal rehearsal{host};
  ProcessId sshd;
  int ask_[2] = {}, told_[2] = {};

  void SetUp() override {
    ASSERT_EQ(::pipe(ask_), 0);
    ASSERT_EQ(::pipe(told_), 0);
    const int child = ::fork();
    if (child == 0) {
      ::close(ask_[1]);
      char byte = 0;
      if (::read(ask_[0], &byte, 1) == 1) ::prctl(PR_SET_NAME, "sshd");
      (void)!::write(told_[1], &byte, 1);
      for (;;) ::pause();
    }
    sshd = host.processes.look(child).value().id;
  }
  void take_the_name() const {
    char byte = 'x';
    ASSERT_EQ(::write(ask_[1], &byte, 1), 1);
    ASSERT_EQ(::read(told_[0], &byte, 1), 1);
  }
  void TearDown() override {
    ::kill(sshd.pid, SIGKILL);
    ::waitpid(sshd.pid, nullptr, 0);
    for (const int fd : {ask_[0], ask_[1], told_[0], told_[1]}) ::close(fd);
  }
  static void expect_refused(const Result<void>& answer) {
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().cause, Cause::NotPermitted) << answer.error().message;
    EXPECT_NE(answer.error().message.find("never a victim"), std::string::npos);
  }
};

TEST_F(SomebodyCalledSshd, IsNeitherStoppedNorLimitedNorRehearsedToBe) {
  take_the_name();
  const SoftLimit before = host.processes.limit(sshd, RLIMIT_NOFILE).value();
  for (Host* on : {&host, &rehearsal.host()}) {
    expect_refused(on->processes.signal(sshd, SIGSTOP));
    expect_refused(on->processes.signal(sshd, SIGKILL));
    expect_refused(on->processes.set_soft_limit(sshd, RLIMIT_NOFILE, before.soft - 1));
  }
  EXPECT_TRUE(rehearsal.take_notes().empty());
  EXPECT_EQ(host.processes.limit(sshd, RLIMIT_NOFILE)->soft, before.soft);
}

TEST_F(SomebodyCalledSshd, GetsBackWhatItHadAndMayBeWoken) {
  take_the_name();
  const SoftLimit before = host.processes.limit(sshd, RLIMIT_NOFILE).value();
  const rlimit lowered{16, before.hard};
  ASSERT_EQ(::prlimit(sshd.pid, RLIMIT_NOFILE, &lowered, nullptr), 0);
  ASSERT_EQ(::kill(sshd.pid, SIGSTOP), 0);
  EXPECT_TRUE(host.processes.set_soft_limit(sshd, RLIMIT_NOFILE, before.soft));
  EXPECT_EQ(host.processes.limit(sshd, RLIMIT_NOFILE)->soft, before.soft);
  EXPECT_TRUE(host.processes.signal(sshd, SIGCONT));
}

TEST_F(SomebodyCalledSshd, IsNotMovedAndItsGroupIsNotLimitedOrFrozen) {
  const auto version = host.cgroups.version("pids");
  if (!version || ::geteuid() != 0) GTEST_SKIP() << "needs root and the cgroup controller pids";
  const auto home = host.cgroups.path_of(sshd, "pids");
  ASSERT_TRUE(home);
  const std::string group = (*home == "/" ? "" : *home) + "/victims-" + std::to_string(::getpid());
  if (const auto made = host.cgroups.create("pids", group); !made)
    GTEST_SKIP() << "no cgroup can be made here: " << made.error().message;
  ASSERT_TRUE(host.cgroups.move(sshd, "pids", group));  // still called something else
  take_the_name();
  for (Host* on : {&host, &rehearsal.host()}) {
    expect_refused(on->cgroups.move(sshd, "pids", *home));
    expect_refused(on->cgroups.write("pids", group, "pids.max", "100"));
    expect_refused(on->cgroups.write("pids", group, "cgroup.kill", "1"));
  }
  EXPECT_EQ(host.cgroups.path_of(sshd, "pids").value(), group);
  ::kill(sshd.pid, SIGKILL);
  siginfo_t ended{};
  ::waitid(P_PID, static_cast<id_t>(sshd.pid), &ended, WEXITED | WNOWAIT);
  EXPECT_TRUE(host.cgroups.write("pids", group, "pids.max", "100"));  // of nobody
  EXPECT_TRUE(host.cgroups.remove("pids", group));
}

TEST_F(SomebodyCalledSshd, LeavesAGroupOfOursWhatItsNameIs) {
  const auto home = host.cgroups.path_of(sshd, "pids");
  if (!home || ::geteuid() != 0) GTEST_SKIP() << "needs root and the cgroup controller pids";
  const std::string group =
      (*home == "/" ? "" : *home) + "/gf-victims" + std::to_string(::getpid());
  if (const auto made = host.cgroups.create("pids", group); !made)
    GTEST_SKIP() << "no cgroup can be made here: " << made.error().message;
  ASSERT_TRUE(host.cgroups.move(sshd, "pids", group));
  take_the_name();
  EXPECT_TRUE(host.cgroups.move(sshd, "pids", *home));
  EXPECT_EQ(host.cgroups.path_of(sshd, "pids").value(), *home);
  EXPECT_TRUE(host.cgroups.remove("pids", group));
}

}  // namespace
}  // namespace gunflint
