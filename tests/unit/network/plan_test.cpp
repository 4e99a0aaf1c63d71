// What `plan` shows of a rule is what add and remove run, on the host as it is.
#include <algorithm>

#include <gtest/gtest.h>

#include "host/network_plan.hpp"
#include "tag.hpp"

namespace gunflint {
namespace {

Rule to_database() {
  Rule rule;
  rule.traffic = {{.hosts = {"10.0.0.5"}, .ports = {5432}, .protocol = "tcp"}};
  rule.queue = 7;
  rule.delay = 50ms;
  return rule;
}

/// The rule as it stands once it was made.
const std::string made =
    "-A gf-abcdefghij -m comment --comment \"made:tI\" -j NFQUEUE --queue-num 7 --queue-bypass\n";

const std::string only_ours =
    "(the table is made by this; if somebody else's rules are in it by then, only ours go)";

TEST(NetworkPlan, AHostWithoutRulesGetsATableThatIsDeletedAgain) {
  const auto planned = plan_rule(to_database(), tag, {}, {});
  EXPECT_EQ(
      planned.actions,
      std::vector<std::string>{
          "iptables-restore --noflush --wait 5 << END\n*mangle\n:gf-abcdefghij - [0:0]\n" + made +
          "-A INPUT -s 10.0.0.5 -p tcp -m tcp --sport 5432 -j gf-abcdefghij\nCOMMIT\nEND"});
  EXPECT_EQ(planned.undo,
            (std::vector<std::string>{"nft -f - << END\ndelete table ip mangle\nEND", only_ours}));
}

TEST(NetworkPlan, BothFamiliesGoInOneTransaction) {
  Rule rule = to_database();
  rule.traffic[0].hosts.clear();
  EXPECT_EQ(
      plan_rule(rule, tag, {}, {}).undo,
      (std::vector<std::string>{
          "nft -f - << END\ndelete table ip mangle\ndelete table ip6 mangle\nEND", only_ours}));
}

TEST(NetworkPlan, WhereSomebodyElseHasRulesOnlyOursGo) {
  const FamilySeen theirs{"*mangle\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp -j ACCEPT\nCOMMIT\n",
                          {.table = true, .input = true, .output = false, .other_chains = 1}};
  const auto planned = plan_rule(to_database(), tag, {}, {{Family::V4, theirs}});
  EXPECT_EQ(planned.undo,
            (std::vector<std::string>{
                "iptables-restore --noflush --wait 5 << END\n*mangle\n"
                "-D INPUT -s 10.0.0.5 -p tcp -m tcp --sport 5432 -j gf-abcdefghij\nCOMMIT\nEND",
                "iptables-restore --noflush --wait 5 << END\n*mangle\n"
                "-F gf-abcdefghij\n-X gf-abcdefghij\nCOMMIT\nEND"}));
}

TEST(NetworkPlan, TooManyOpenConnectionsAreMarkedAndTheMarkIsTakenBack) {
  Rule rule = to_database();
  rule.traffic[0].cgroup = "/shop";
  const auto planned = plan_rule(rule, tag, {.tracked = true}, {});
  EXPECT_EQ(planned.actions.back(), "(netlink) set the bit 0x80000000 of 0 open connections");
  ASSERT_GE(planned.undo.size(), 3u);
  EXPECT_NE(planned.undo[0].find("-D INPUT"), std::string::npos) << planned.undo[0];
  EXPECT_NE(planned.undo.end(),
            std::find(planned.undo.begin(), planned.undo.end(),
                      "(netlink) clear the bit 0x80000000 of every tracked connection"));
}

}  // namespace
}  // namespace gunflint
