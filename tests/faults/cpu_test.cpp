#include <gtest/gtest.h>

#include "faults/fault_case.hpp"

namespace gunflint {
namespace {

Value burner_says(double share, double waited, double window = 1) {
  Value stats = Value::map();
  stats.set("share", Value(share));
  stats.set("waited", Value(waited));
  stats.set("window_s", Value(window));
  return stats;
}

GUNFLINT_FAULT_CASE(cpu, host) {
  fake.on_holder("burn", [](FakeHost&, const FakeHolder&) { return burner_says(0.9, 0); });
  return {fake.add_process({.name = "web"}), json(R"({"share": "90%", "cores": 1})")};
}
GUNFLINT_FAULT_CASE(cpu, inside_its_cgroup) {
  fake.on_holder("burn", [](FakeHost&, const FakeHolder&) { return burner_says(1, 0); });
  fake.add_cgroup("cpu", "/shop");
  return {fake.add_process({.name = "web", .cgroups = {{"cpu", "/shop"}}}),
          json(R"({"inside": true})")};
}

class CpuBite : public testing::Test {
 protected:
  Bite bite(const Value& stats) {
    FakeHost fake;
    fake.on_holder("burn", [&](FakeHost&, const FakeHolder&) { return stats; });
    Injection injection(
        fake, "cpu", {fake.add_process({.name = "web"}), json(R"({"share": "90%", "cores": 1})")});
    EXPECT_TRUE(injection.observe());
    EXPECT_TRUE(injection.inject());
    return injection.bite().value();
  }
};

TEST_F(CpuBite, IsInForceWithinTwoPointsOfTheAskedShare) {
  EXPECT_TRUE(bite(burner_says(0.885, 0)).in_force);
  EXPECT_FALSE(bite(burner_says(0.87, 0)).in_force);
  EXPECT_EQ(bite(burner_says(0.885, 0)).sentence, "88 % of 1 core, asked 90 %");
}

TEST_F(CpuBite, IsInForceWhereOthersCompeteForTheProcessor) {
  EXPECT_TRUE(bite(burner_says(0.5, 0.45)).in_force);
  EXPECT_FALSE(bite(burner_says(0.5, 0.1)).in_force);
  // One that hardly ever runs presses on nobody.
  EXPECT_TRUE(bite(burner_says(0.1, 0.85)).in_force);
  EXPECT_FALSE(bite(burner_says(0.05, 0.9)).in_force);
}

TEST_F(CpuBite, IsUnknownToBeInForceBeforeAnythingWasMeasured) {
  EXPECT_FALSE(bite(burner_says(0.9, 0, 0.1)).in_force);
}

TEST(Cpu, InsideNeedsAProcess) {
  FakeHost fake;
  Member host;
  host.id = "host";
  Injection injection(fake, "cpu", {host, json(R"({"inside": true})")});
  EXPECT_EQ(injection.observe().error().cause, Cause::BadInput);
}

TEST(Cpu, InsideTheRootCgroupIsTheWholeHost) {
  FakeHost fake;
  fake.add_cgroup("cpu", "/");
  const Member bare = fake.add_process({.name = "web", .cgroups = {{"cpu", "/"}}});
  Injection injection(fake, "cpu", {bare, json(R"({"inside": true})")});
  const auto seen = injection.observe();
  ASSERT_FALSE(seen);
  EXPECT_NE(seen.error().message.find("has no cgroup of its own"), std::string::npos)
      << seen.error().message;
}

TEST(Cpu, InsideAContainersRootIsInsideTheContainer) {
  FakeHost fake;
  fake.add_cgroup("cpu", "/");
  const Member inside = fake.add_process({.name = "web", .cgroups = {{"cpu", "/"}}});
  fake.world.cgroups[fake.hierarchy("cpu")]["/"]["cpu.cfs_quota_us"] = "50000";
  Injection injection(fake, "cpu", {inside, json(R"({"inside": true})")});
  EXPECT_TRUE(injection.observe());
}

TEST(Cpu, TakesAllCoresOfTheHostUnlessToldOtherwise) {
  FakeHost fake;
  fake.facts.cores = 4;
  Injection injection(fake, "cpu", {fake.add_process({.name = "web"}), Value::map()});
  ASSERT_TRUE(injection.observe());
  EXPECT_EQ(injection.saved().integer_or("cores"), 4);
}

}  // namespace
}  // namespace gunflint
