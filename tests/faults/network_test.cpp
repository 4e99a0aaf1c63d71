// Which rules the network fault asks for, and what it makes of what its holder measured.
#include <gtest/gtest.h>

#include "faults/fault_case.hpp"

namespace gunflint {
namespace {

FaultTrial web(FakeHost& fake, std::string_view params) {
  fake.on_holder("delay", [](FakeHost&, const FakeHolder&) {
    return json(R"({"packets": 90, "released": 88, "mean_hold_ns": 50100000})");
  });
  return {fake.add_process({.name = "web", .ports = {8080, 8443}}), json(params)};
}

std::vector<std::string> keys_of(int pid, std::vector<int> ports, std::string_view params) {
  const Member member{.target = "web",
                      .id = "pid:" + std::to_string(pid),
                      .label = "web",
                      .pid = pid,
                      .ports = std::move(ports)};
  return find_fault("network")->touches(member, json(params));
}

TEST(NetworkKeys, WorkersOfOneListeningPortTouchTheSame) {
  const char* from = R"({"from": {"ports": [8080]}, "delay": "50ms"})";
  EXPECT_EQ(keys_of(10, {8080}, from), std::vector<std::string>{"network:port:8080"});
  EXPECT_EQ(keys_of(10, {8080}, from), keys_of(11, {8080}, from));
  EXPECT_EQ(keys_of(10, {8080, 9090}, from), keys_of(11, {8080}, from));
}
TEST(NetworkBite, IsInForceWhenHeldAsLongAsAskedAndUpToAQuarterMore) {
  FakeHost fake;
  Injection injection(fake, "network",
                      web(fake, R"({"from": {"ports": [8080]}, "delay": "50ms"})"));
  ASSERT_TRUE(injection.observe() && injection.inject());
  for (const auto& [held_us, in_force] : {std::pair{49'800, false},
                                          {49'950, true},
                                          {55'280, true},
                                          {62'400, true},
                                          {63'000, false}}) {
    fake.on_holder("delay", [held_us](FakeHost&, const FakeHolder&) {
      return json(R"({"packets": 90, "released": 88, "recent_mean_hold_ns": )" +
                  std::to_string(held_us) + "000}");
    });
    const auto bite = injection.bite();
    ASSERT_TRUE(bite) << bite.error().message;
    EXPECT_EQ(bite->in_force, in_force) << bite->sentence;
  }
}

TEST(NetworkKeys, WhatAProcessOpensIsItsOwn) {
  const char* to = R"({"to": {"ports": [5432]}, "delay": "50ms"})";
  EXPECT_NE(keys_of(10, {8080}, to), keys_of(11, {8080}, to));
  const char* all = R"({"delay": "50ms"})";
  EXPECT_NE(keys_of(10, {8080}, all), keys_of(11, {8080}, all));
}

}  // namespace
}  // namespace gunflint

using namespace gunflint;

GUNFLINT_FAULT_CASE(network, to_a_service) {
  return web(fake, R"({"to": {"hosts": ["10.0.0.5"], "ports": [5432]}, "delay": "50ms"})");
}
GUNFLINT_FAULT_CASE(network, from_clients) {
  return web(fake, R"({"from": {"ports": [8080]}, "delay": "50ms", "jitter": "10ms"})");
}
GUNFLINT_FAULT_CASE(network, everything_of_a_process_in_its_own_cgroup) {
  fake.add_cgroup("", "/shop");
  FaultTrial trial = web(fake, R"({"delay": "50ms"})");
  trial.member = fake.add_process({.name = "own", .cgroups = {{"", "/shop"}}, .ports = {9000}});
  return trial;
}
GUNFLINT_FAULT_CASE(network, everything_of_the_host) {
  FaultTrial trial = web(fake, R"({"delay": "50ms"})");
  trial.member = Member{.target = "web", .id = "host", .label = "host"};
  return trial;
}
GUNFLINT_FAULT_CASE(network, by_netem) {
  FaultTrial trial = web(fake, R"({"from": {"ports": [8080]}, "delay": "50ms"})");
  fake.facts.netem = true;
  fake.facts.tools["ip"] = "/usr/sbin/ip";
  return trial;
}
