// The exact commands of each selector.
#include <gtest/gtest.h>

#include "host/network_commands.hpp"
#include "host/network_netem.hpp"
#include "host/network_plan.hpp"
#include "tag.hpp"

namespace gunflint {
namespace {

Rule rule(std::vector<PacketMatch> traffic) {
  return {.traffic = std::move(traffic), .delay = 50ms, .queue = 7};
}
std::string v4(const Rule& rule, const Selection& selection = {}, const Made& made = {},
               const std::vector<std::string>& old = {}) {
  return restore_input(rule, tag, Family::V4, selection, made, old).value_or("nothing");
}
const std::string queue_it = "-A gf-abcdefghij -j NFQUEUE --queue-num 7 --queue-bypass\n";
std::string v6(const Rule& rule) {
  return restore_input(rule, tag, Family::V6, {}, {}, {}).value_or("nothing");
}

TEST(NetworkCommands, AServiceOnAnotherHost) {
  const Rule to = rule({{.hosts = {"10.0.0.5"}, .ports = {5432}, .protocol = "tcp"}});
  EXPECT_EQ(v4(to),
            "*mangle\n"
            ":gf-abcdefghij - [0:0]\n" +
                queue_it +
                "-A INPUT -s 10.0.0.5 -p tcp -m tcp --sport 5432 -j gf-abcdefghij\n"
                "COMMIT\n");
  EXPECT_EQ(v6(to), "nothing");
}

TEST(NetworkCommands, ClientsOfOurPorts) {
  const Rule from = rule({{.side = Side::Server, .hosts = {"10.1.0.0/16"}, .ports = {80, 443}}});
  EXPECT_EQ(v4(from),
            "*mangle\n"
            ":gf-abcdefghij - [0:0]\n" +
                queue_it +
                "-A INPUT -s 10.1.0.0/16 -p tcp -m tcp --dport 80 -j gf-abcdefghij\n"
                "-A INPUT -s 10.1.0.0/16 -p tcp -m tcp --dport 443 -j gf-abcdefghij\n"
                "-A INPUT -s 10.1.0.0/16 -p udp -m udp --dport 80 -j gf-abcdefghij\n"
                "-A INPUT -s 10.1.0.0/16 -p udp -m udp --dport 443 -j gf-abcdefghij\n"
                "COMMIT\n");
}

TEST(NetworkCommands, NeighbouringPortsAreOneRule) {
  const std::string text =
      v4(rule({{.side = Side::Server, .ports = {8002, 8000, 8001, 9000}, .protocol = "tcp"}}));
  EXPECT_NE(text.find("-A INPUT -p tcp -m tcp --dport 8000:8002 -j gf-abcdefghij\n"
                      "-A INPUT -p tcp -m tcp --dport 9000 -j gf-abcdefghij\n"),
            std::string::npos)
      << text;
}

TEST(NetworkCommands, SixteenScatteredPortsNeedTwoRules) {
  PacketMatch traffic{.side = Side::Server, .protocol = "tcp"};
  for (int port = 1; port <= 31; port += 2) traffic.ports.push_back(port);
  const std::string text = v4(rule({traffic}));
  EXPECT_NE(text.find("--dports 1,3,5,7,9,11,13,15,17,19,21,23,25,27,29 "), std::string::npos)
      << text;
  EXPECT_NE(text.find("--dports 31 "), std::string::npos) << text;
}

TEST(NetworkCommands, TheWholeHostLeavesLoopbackAlone) {
  const std::string rules =
      "*mangle\n"
      ":gf-abcdefghij - [0:0]\n" +
      queue_it +
      "-A INPUT ! -i lo -j gf-abcdefghij\n"
      "COMMIT\n";
  EXPECT_EQ(v4(rule({{}})), rules);
  EXPECT_EQ(v6(rule({{}})), rules);
}

TEST(NetworkCommands, AnAddressOfLoopbackIsHeldOnce) {
  const std::string text = v4(rule({{.hosts = {"127.0.0.1"}}}));
  EXPECT_NE(text.find("-i lo -s 127.0.0.1 -m conntrack --ctdir REPLY -j gf-"), std::string::npos)
      << text;
}

TEST(NetworkCommands, EachFamilyHasItsHosts) {
  const Rule to = rule({{.hosts = {"::1", "127.0.0.1"}, .ports = {80}, .protocol = "tcp"}});
  EXPECT_EQ(v4(to).find("::1"), std::string::npos);
  EXPECT_NE(v6(to).find("-s ::1 -p tcp"), std::string::npos);
  EXPECT_EQ(v6(to).find("127."), std::string::npos);
}

TEST(NetworkCommands, AnInterface) {
  const Rule one = rule({{.ports = {80}, .protocol = "udp", .interface = "eth0"}});
  EXPECT_NE(v4(one).find("-i eth0 -p udp -m udp --sport 80 -j gf-"), std::string::npos);
}

TEST(NetworkCommands, OneProcessesConnections) {
  const Rule both = rule({{.cgroup = "/shop/gf-abcdefghij"},
                          {.side = Side::Server, .ports = {8080}, .protocol = "tcp"}});
  Selection chosen{.mark = 0x40000000};
  Flow flow;
  flow.local = {std::byte{127}, {}, {}, std::byte{1}};
  flow.remote = {std::byte{10}, {}, {}, std::byte{5}};
  flow.local_port = 40000;
  flow.remote_port = 5432;
  chosen.open = {flow};
  EXPECT_EQ(v4(both, chosen),
            "*mangle\n"
            ":gf-abcdefghij - [0:0]\n"
            ":gf-abcdefghij-o - [0:0]\n" +
                queue_it +
                "-A gf-abcdefghij-o -p tcp -m tcp --sport 8080 -j RETURN\n"
                "-A gf-abcdefghij-o -j MARK --set-xmark 0x40000000/0x40000000\n"
                "-A INPUT ! -i lo -m cgroup --path \"shop/gf-abcdefghij\" -j gf-abcdefghij\n"
                "-A OUTPUT -o lo -m cgroup --path \"shop/gf-abcdefghij\" -j gf-abcdefghij-o\n"
                "-A INPUT -p tcp -m tcp --dport 8080 -j gf-abcdefghij\n"
                "-A INPUT -m mark --mark 0x40000000/0x40000000 -j gf-abcdefghij\n"
                "-A INPUT -s 10.0.0.5 -d 127.0.0.1 -p tcp -m tcp --sport 5432 --dport 40000 -j "
                "gf-abcdefghij\n"
                "COMMIT\n");
}

TEST(NetworkCommands, APoolOfConnectionsToOneServiceIsOneRule) {
  Selection chosen;
  for (std::uint16_t i = 0; i < 16; ++i) {
    Flow flow;
    flow.local = {std::byte{127}, {}, {}, std::byte{1}};
    flow.remote = {std::byte{10}, {}, {}, std::byte{5}};
    flow.local_port = static_cast<std::uint16_t>(40000 + 10 * i);
    flow.remote_port = 5432;
    chosen.open.push_back(flow);
  }
  const auto matches = open_matches(chosen.open, Family::V4);
  ASSERT_EQ(matches.size(), 2u);
  EXPECT_TRUE(matches[0].starts_with(
      " -s 10.0.0.5 -d 127.0.0.1 -p tcp -m tcp --sport 5432 -m multiport --dports 40000,40010,"))
      << matches[0];
  EXPECT_TRUE(matches[1].ends_with(" --dports 40150")) << matches[1];
  EXPECT_TRUE(open_matches(chosen.open, Family::V6).empty());
}

TEST(NetworkCommands, ManyOpenConnectionsShareOneRule) {
  const std::string text = v4(rule({{.cgroup = "/x"}}), {.tracked = true});
  EXPECT_NE(text.find("-m connmark --mark 0x80000000/0x80000000 -m conntrack --ctdir REPLY -j "
                      "gf-abcdefghij"),
            std::string::npos)
      << text;
}

TEST(NetworkCommands, WhatWasMadeIsWrittenIntoTheFirstRule) {
  const std::string text = v4(rule({{}}), {}, {.table = true, .input = true});
  EXPECT_NE(text.find("-A gf-abcdefghij -m comment --comment \"made:tI\" -j NFQUEUE"),
            std::string::npos);
}

TEST(NetworkCommands, AChangeReplacesTheJumpsInOneStep) {
  const std::string text = v4(rule({{}}), {}, {}, {"INPUT -s 10.0.0.5/32 -j gf-abcdefghij"});
  EXPECT_LT(text.find("-D INPUT -s 10.0.0.5/32 -j gf-abcdefghij\n"),
            text.find("-A INPUT ! -i lo -j gf-abcdefghij\n"))
      << text;
  EXPECT_TRUE(text.ends_with("COMMIT\n"));
}

TEST(NetemCommands, AServiceOnLoopback) {
  Rule to = rule({{.hosts = {"127.0.0.1"}, .ports = {5432}, .protocol = "tcp", .interface = "lo"}});
  to.backend = Backend::Netem;
  to.jitter = 10ms;
  const std::string h = netem_handle(tag);
  EXPECT_EQ(plan_rule(to, tag, {}, {}).actions,
            (std::vector<std::string>{
                "tc qdisc add dev lo root handle " + h +
                    ": prio bands 4 priomap 1 2 2 2 1 2 0 0 1 1 1 1 1 1 1 1",
                "tc qdisc add dev lo parent " + h + ":4 netem delay 50000us 10000us limit 1000000",
                "tc filter add dev lo parent " + h +
                    ": protocol ip prio 1 u32 match ip dst 127.0.0.1/32 match ip protocol 6 0xff "
                    "match ip dport 5432 0xffff flowid " +
                    h + ":4"}));
  EXPECT_EQ(plan_rule(to, tag, {}, {}).undo,
            (std::vector<std::string>{"tc qdisc del dev lo root handle " + h + ":"}));
}

TEST(NetemCommands, OurAnswersOfBothFamilies) {
  Rule from = rule({{.side = Side::Server, .ports = {80}, .protocol = "tcp", .interface = "eth0"}});
  from.backend = Backend::Netem;
  const auto commands = netem_add_commands(from, tag);
  ASSERT_EQ(commands.size(), 4u);
  const std::string h = netem_handle(tag);
  EXPECT_EQ(spelled(commands[3]), "tc filter add dev eth0 parent " + h +
                                      ": protocol ipv6 prio 2 u32 match ip6 protocol 6 0xff match "
                                      "ip6 sport 80 0xffff flowid " +
                                      h + ":4");
}

TEST(NetemCommands, OnlyADefaultRootIsReplaced) {
  const auto seen = parse_netem(
      R"([{"kind":"noqueue","handle":"0:","dev":"lo","root":true},
          {"kind":"htb","handle":"1:","dev":"eth0","root":true},
          {"kind":"prio","handle":")" +
          netem_handle(tag) +
          R"(:","dev":"eth1","root":true},
          {"kind":"netem","handle":"9:","parent":")" +
          netem_handle(tag) + R"(:4","dev":"eth1","packets":12,"bytes":900}])",
      tag);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->foreign, std::vector<std::string>{"eth0"});
  EXPECT_EQ(seen->ours, std::vector<std::string>{"eth1"});
  EXPECT_EQ(seen->matched.packets, 12u);
}

}  // namespace
}  // namespace gunflint
