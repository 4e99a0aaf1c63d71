#include "host/rehearsal.hpp"

#include <csignal>
#include <cstdlib>
#include <fstream>

#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "host/no_http.hpp"
#include "host/real_host.hpp"

namespace gunflint {
namespace {

class OnARealHost : public testing::Test {
 protected:
  RealHost real;
  std::unique_ptr<Network> network = make_no_network();
  std::unique_ptr<Holders> holders = make_no_holders();
  NoHttp http;
  Host host = real.with(*network, *holders, http);
  Rehearsal rehearsal{host};
};

TEST_F(OnARealHost, AFileIsNotWrittenButReadsAsIfItWere) {
  char path[] = "/tmp/gunflint-rehearsal-XXXXXX";
  ::close(::mkstemp(path));
  std::ofstream(path) << "a\nworkers 4\nz\n";
  Files& files = rehearsal.host().files;
  ASSERT_TRUE(files.replace(path, "a\nworkers 2\nz\n"));
  EXPECT_EQ(files.read(path)->content, "a\nworkers 2\nz\n");
  EXPECT_EQ(host.files.read(path)->content, "a\nworkers 4\nz\n");
  EXPECT_EQ(rehearsal.take_notes(), std::vector<std::string>{std::string("write ") + path +
                                                             "\n  - workers 4\n  + workers 2"});
  EXPECT_TRUE(rehearsal.take_notes().empty());
  ::unlink(path);
}

TEST_F(OnARealHost, ASignalIsNotSentButTheProcessLooksStopped) {
  const int child = ::fork();
  if (child == 0)
    for (;;) ::pause();
  const ProcessInfo info = host.processes.look(child).value();
  ASSERT_TRUE(rehearsal.host().processes.signal(info.id, SIGSTOP));
  EXPECT_EQ(rehearsal.host().processes.look(child)->state, 'T');
  EXPECT_NE(host.processes.look(child)->state, 'T');
  ASSERT_EQ(rehearsal.take_notes().size(), 1u);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST_F(OnARealHost, CommandsAreShownAsOneWouldTypeThem) {
  ASSERT_TRUE(rehearsal.host().processes.run({{"nginx", "-s", "re load"}}));
  EXPECT_EQ(rehearsal.take_notes(), std::vector<std::string>{"run nginx -s 're load'"});
}

TEST_F(OnARealHost, AControllerThatWasSwitchedOnReadsAsOn) {
  Cgroups& cgroups = rehearsal.host().cgroups;
  const auto reads = [&] { return " " + *cgroups.read("", "/", "cgroup.subtree_control") + " "; };
  ASSERT_TRUE(cgroups.write("", "/", "cgroup.subtree_control", "+rdma"));
  EXPECT_NE(reads().find(" rdma "), std::string::npos) << reads();
  ASSERT_TRUE(cgroups.write("", "/", "cgroup.subtree_control", "-rdma"));
  EXPECT_EQ(reads().find("rdma"), std::string::npos) << reads();
  EXPECT_EQ(rehearsal.take_notes().size(), 2u);
}

TEST_F(OnARealHost, ANetworkRuleIsShownAsItsExactCommands) {
  Rule rule;
  rule.traffic.push_back({.side = Side::Server, .ports = {8080}});
  rule.delay = 50ms;
  const Tag tag{"gf-abcdefghij"};
  ASSERT_TRUE(rehearsal.host().network.add(rule, tag));
  const auto actions = rehearsal.take_notes();
  ASSERT_FALSE(actions.empty());
  EXPECT_NE(actions[0].find("iptables-restore"), std::string::npos) << actions[0];
  ASSERT_TRUE(rehearsal.host().network.remove(tag));
  EXPECT_FALSE(rehearsal.take_notes().empty());
  EXPECT_FALSE(rehearsal.host().network.present(tag).value());
}

TEST_F(OnARealHost, SleepingTakesNoTime) {
  Clock& clock = rehearsal.host().clock;
  const Time before = clock.now(), real_before = real.clock->now();
  clock.sleep(1h);
  EXPECT_GE(clock.now() - before, 1h);
  EXPECT_LT(real.clock->now() - real_before, 1min);
}

}  // namespace
}  // namespace gunflint
