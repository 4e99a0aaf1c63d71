#include "support/fake_host.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>

namespace gunflint {
namespace {

TEST(FakeHost, KillingRemovesTheProcessAndIsRecorded) {
  FakeHost fake;
  const Member web = fake.add_process({.name = "web", .pid = 50});
  ASSERT_TRUE(fake.host().processes.signal({50, web.start_time}, SIGKILL));
  EXPECT_FALSE(fake.host().processes.look(50));
  EXPECT_EQ(fake.changes(), std::vector<std::string>{"signal 50 9"});
  EXPECT_EQ(fake.host().processes.signal({50, web.start_time}, SIGKILL).error().cause, Cause::Gone);
}

TEST(FakeHost, APidUsedAgainIsAnotherProcess) {
  FakeHost fake;
  const Member old = fake.add_process({.name = "web", .pid = 50});
  fake.exit_process(50);
  fake.add_process({.name = "web", .pid = 50});
  EXPECT_EQ(fake.host().processes.signal({50, old.start_time}, SIGTERM).error().cause, Cause::Gone);
}

TEST(FakeHost, TheNthCallFailsOrCrashes) {
  FakeHost fake;
  fake.add_file("/etc/x", "1");
  Files& files = fake.host().files;
  fake.plan_accident(FakeHost::Accident::Fails, 2);
  EXPECT_TRUE(files.replace("/etc/x", "2"));
  EXPECT_FALSE(files.replace("/etc/x", "3"));
  EXPECT_EQ(fake.world.files["/etc/x"].content, "2");
  fake.plan_accident(FakeHost::Accident::ActsAndFails, 1);
  EXPECT_FALSE(files.replace("/etc/x", "4"));
  EXPECT_EQ(fake.world.files["/etc/x"].content, "4");
  fake.plan_accident(FakeHost::Accident::Crash, 1);
  EXPECT_THROW((void)files.replace("/etc/x", "5"), FakeHost::Crashed);
  EXPECT_TRUE(fake.accident_happened());
  EXPECT_EQ(fake.world.files["/etc/x"].content, "4");
}

TEST(FakeHost, ForkInheritsLimitsAndGroups) {
  FakeHost fake;
  const Member web = fake.add_process({.name = "web", .pid = 50, .cgroups = {{"cpu", "/shop"}}});
  ASSERT_TRUE(fake.host().processes.set_soft_limit({50, web.start_time}, RLIMIT_NOFILE, 64));
  const int child = fake.fork(50);
  const auto info = fake.host().processes.look(child);
  ASSERT_TRUE(info);
  EXPECT_EQ(fake.host().processes.limit(info->id, RLIMIT_NOFILE)->soft, 64u);
  EXPECT_EQ(*fake.host().cgroups.members("cpu", "/shop"), (std::vector<int>{50, child}));
}

TEST(FakeHost, ABusyGroupIsNotRemoved) {
  FakeHost fake;
  const Member web = fake.add_process({.name = "web", .pid = 50});
  Cgroups& cgroups = fake.host().cgroups;
  ASSERT_TRUE(cgroups.create("pids", "/gf-x"));
  ASSERT_TRUE(cgroups.move({50, web.start_time}, "pids", "/gf-x"));
  EXPECT_FALSE(cgroups.remove("pids", "/gf-x"));
  ASSERT_TRUE(cgroups.move({50, web.start_time}, "pids", "/"));
  EXPECT_TRUE(cgroups.remove("pids", "/gf-x"));
}

TEST(FakeHost, InV2AControllerMustBeEnabledAbove) {
  FakeHost fake;
  fake.use_cgroups(2);
  fake.add_process({.name = "web", .pid = 50, .cgroups = {{"", "/shop/web"}}});
  Cgroups& cgroups = fake.host().cgroups;
  EXPECT_FALSE(cgroups.read("cpu", "/shop/web", "cpu.max"));
  const std::string before = fake.world.picture();
  ASSERT_TRUE(cgroups.write("cpu", "/shop", "cgroup.subtree_control", "+cpu"));
  EXPECT_EQ(*cgroups.read("cpu", "/shop/web", "cpu.max"), "max 100000\n");
  ASSERT_TRUE(cgroups.write("cpu", "/shop", "cgroup.subtree_control", "-cpu"));
  EXPECT_EQ(fake.world.picture(), before);
}

TEST(FakeHost, SleepRunsWhatIsDue) {
  FakeHost fake;
  fake.later(200ms, [](FakeHost& f) { f.world.outside["reloaded"] = "yes"; });
  fake.host().clock.sleep(100ms);
  EXPECT_TRUE(fake.world.outside.empty());
  fake.host().clock.sleep(100ms);
  EXPECT_EQ(fake.world.outside["reloaded"], "yes");
}

}  // namespace
}  // namespace gunflint
