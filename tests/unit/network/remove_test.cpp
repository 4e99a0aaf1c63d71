// Taking rules back on hosts that lack a part of the tools.
#include <set>

#include <gtest/gtest.h>

#include "host/network_netem.hpp"
#include "host/network_real.hpp"
#include "tag.hpp"

namespace gunflint {
namespace {

/// A host with tc and a netem of ours on eth0, and without, or with a broken, iptables.
class TcOnly final : public Processes {
 public:
  Cause iptables = Cause::Unsupported;
  bool delayed = true;
  std::set<std::string> asked;

  Result<Exit> run(const Command& command) override {
    asked.insert(command.argv[0]);
    if (command.argv[0] != "tc") return fail(iptables, "there is no program " + command.argv[0]);
    if (command.argv == netem_remove_command("eth0", tag).argv) delayed = false;
    if (command.argv != netem_show_command().argv) return Exit{};
    Exit shown;
    shown.out = delayed ? R"([{"kind":"prio","handle":")" + netem_handle(tag) +
                              R"(:","root":true,"dev":"eth0","options":{"bands":4}}])"
                        : R"([{"kind":"fq_codel","handle":"0:","root":true,"dev":"eth0"}])";
    return shown;
  }
  Result<ProcessInfo> look(int) override { return none(); }
  Result<std::vector<ProcessInfo>> all() override { return none(); }
  Result<void> signal(const ProcessId&, int) override { return none(); }
  Result<SoftLimit> limit(const ProcessId&, int) override { return none(); }
  Result<void> set_soft_limit(const ProcessId&, int, std::uint64_t) override { return none(); }
  Result<std::vector<ProcessInfo>> descendants(int) override { return none(); }

 private:
  static Failure none() { return fail(Cause::Gone, "there is no process"); }
};

TEST(NetworkRemove, NetemGoesOnAHostWithoutIptables) {
  TcOnly processes;
  const auto network = make_real_network(processes);
  ASSERT_TRUE(network->present(tag).value_or(false));
  const auto matched = network->matched(tag);
  EXPECT_TRUE(matched) << matched.error().message;
  const auto done = network->remove(tag);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_FALSE(processes.delayed);
  EXPECT_FALSE(network->present(tag).value_or(true));
  EXPECT_TRUE(processes.asked.contains("iptables-save"));
}

TEST(NetworkRemove, AnIptablesThatFailsDoesNotKeepNetemInForceAndIsTold) {
  TcOnly processes;
  processes.iptables = Cause::NotPermitted;
  const auto network = make_real_network(processes);
  const auto done = network->remove(tag);
  EXPECT_FALSE(processes.delayed);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().cause, Cause::NotPermitted);
}

}  // namespace
}  // namespace gunflint
