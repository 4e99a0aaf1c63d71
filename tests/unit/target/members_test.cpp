#include <gtest/gtest.h>

#include "gunflint/concepts/target.hpp"
#include "support/fake_host.hpp"
#include "target/usage.hpp"

namespace gunflint {
namespace {

TargetSpec target(LocalSelector by) {
  TargetSpec spec;
  spec.name = "web";
  spec.kind = "local";
  spec.local = std::move(by);
  return spec;
}

std::vector<int> pids(FakeHost& fake, LocalSelector by) {
  const auto found = find_members(fake.host(), target(std::move(by)));
  EXPECT_TRUE(found) << (found ? "" : found.error().message);
  std::vector<int> out;
  if (found)
    for (const auto& m : *found) out.push_back(m.pid);
  return out;
}
using Pids = std::vector<int>;

TEST(Semantics25, WithoutAProcessSelectorTheMemberIsTheHost) {
  FakeHost fake;
  const auto found = find_members(fake.host(), target({}));
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ(found->front().id, "host");
  EXPECT_EQ(found->front().pid, 0);
}

TEST(Members, AreSelectedByNameOrByTheFirstWordOfTheCommand) {
  FakeHost fake;
  fake.add_process({.name = "haproxy", .pid = 90001});
  fake.add_process({.name = "python3", .pid = 90002, .argv = {"/opt/bin/worker", "--fast"}});
  EXPECT_EQ(pids(fake, {.process = "haproxy"}), Pids{90001});
  EXPECT_EQ(pids(fake, {.process = "worker"}), Pids{90002});
  EXPECT_EQ(pids(fake, {.process = "work"}), Pids{});
}

TEST(Members, ANameLongerThanTheKernelKeepsIsFound) {
  FakeHost fake;
  fake.add_process({.name = "a-very-long-nam", .pid = 90001, .argv = {"x"}});
  EXPECT_EQ(pids(fake, {.process = "a-very-long-name"}), Pids{90001});
}

TEST(Members, TheTopOfATreeOfMatchesIsTheMember) {
  FakeHost fake;
  fake.add_process({.name = "nginx", .pid = 90001});
  fake.add_process({.name = "nginx", .pid = 90002, .parent = 90001});
  fake.add_process({.name = "nginx", .pid = 90003, .parent = 90001});
  fake.add_process({.name = "nginx", .pid = 90010});
  EXPECT_EQ(pids(fake, {.process = "nginx"}), (Pids{90001, 90010}));
}

TEST(Members, SiblingsOfAFleetAreMembersEach) {
  FakeHost fake;
  fake.add_process({.name = "shop", .pid = 90001, .argv = {"shop", "fleet"}});
  fake.add_process({.name = "shop", .pid = 90002, .parent = 90001, .argv = {"shop", "web", "1"}});
  fake.add_process({.name = "shop", .pid = 90003, .parent = 90001, .argv = {"shop", "web", "2"}});
  EXPECT_EQ(pids(fake, {.process = "shop", .cmdline = "shop web "}), (Pids{90002, 90003}));
}

TEST(Members, ALauncherIsNotTheService) {
  FakeHost fake;
  fake.add_process({.name = "sh", .pid = 90001, .argv = {"sh", "-c", "gunicorn app:app"}});
  fake.add_process({.name = "gunicorn",
                    .pid = 90002,
                    .parent = 90001,
                    .argv = {"python3", "/usr/bin/gunicorn", "app:app"}});
  fake.add_process({.name = "gunicorn",
                    .pid = 90003,
                    .parent = 90002,
                    .argv = {"python3", "/usr/bin/gunicorn", "app:app"}});
  EXPECT_EQ(pids(fake, {.cmdline = "gunicorn"}), Pids{90002});
}

TEST(Members, AllPartsOfASelectorMustMatch) {
  FakeHost fake;
  fake.add_process({.name = "web", .pid = 90001, .argv = {"web", "--port", "1"}});
  fake.add_process({.name = "web", .pid = 90002, .argv = {"web", "--port", "2"}});
  EXPECT_EQ(pids(fake, {.process = "web", .cmdline = "--port 2"}), Pids{90002});
}

TEST(Members, APidFileNamesOneProcess) {
  FakeHost fake;
  fake.add_process({.name = "web", .pid = 90001});
  fake.add_file("/run/web.pid", "90001\n");
  EXPECT_EQ(pids(fake, {.pid_file = "/run/web.pid"}), Pids{90001});
  fake.exit_process(90001);
  EXPECT_EQ(pids(fake, {.pid_file = "/run/web.pid"}), Pids{});
  EXPECT_EQ(pids(fake, {.pid_file = "/run/absent.pid"}), Pids{});
  fake.add_file("/run/empty.pid", "soon");
  EXPECT_FALSE(find_members(fake.host(), target({.pid_file = "/run/empty.pid"})));
}

TEST(Members, ACgroupSelectsWhatIsBelowIt) {
  FakeHost fake;
  fake.add_process({.name = "a", .pid = 90001, .cgroups = {{"cpu", "/shop/web"}}});
  fake.add_process({.name = "b", .pid = 90002, .cgroups = {{"cpu", "/shopping"}}});
  EXPECT_EQ(pids(fake, {.cgroup = "/shop"}), Pids{90001});
}

TEST(Semantics26, AUnitStaysTheSameMemberWithAnotherProcess) {
  FakeHost fake;
  fake.add_process(
      {.name = "nginx", .pid = 90001, .cgroups = {{"", "/system.slice/nginx.service"}}});
  const auto spec = target({.unit = "nginx"});
  const auto watch = watch_members(spec);
  auto first = watch->look(fake.host());
  ASSERT_TRUE(first);
  ASSERT_EQ(first->size(), 1u);
  EXPECT_EQ(first->front().member.id, "unit:nginx.service");
  fake.exit_process(90001);
  fake.add_process(
      {.name = "nginx", .pid = 90002, .cgroups = {{"", "/system.slice/nginx.service"}}});
  auto second = watch->look(fake.host());
  ASSERT_TRUE(second);
  EXPECT_EQ(second->front().member.id, "unit:nginx.service");
  EXPECT_EQ(watch->restarts(), 1);
}

TEST(Semantics26, AReplacementIsANewMemberAndCountsAsARestart) {
  FakeHost fake;
  fake.add_process({.name = "web", .pid = 90001});
  fake.add_process({.name = "web", .pid = 90002});
  const auto watch = watch_members(target({.process = "web"}));
  ASSERT_TRUE(watch->look(fake.host()));
  fake.exit_process(90001);
  ASSERT_TRUE(watch->look(fake.host()));
  EXPECT_EQ(watch->restarts(), 0);
  fake.add_process({.name = "web", .pid = 90003});
  ASSERT_TRUE(watch->look(fake.host()));
  EXPECT_EQ(watch->restarts(), 1);
  fake.add_process({.name = "web", .pid = 90004});  // the fleet grew: no restart
  ASSERT_TRUE(watch->look(fake.host()));
  EXPECT_EQ(watch->restarts(), 1);
}

TEST(Semantics26, APidUsedAgainIsAnotherMember) {
  FakeHost fake;
  const auto before = fake.add_process({.name = "web", .pid = 90001});
  fake.exit_process(90001);
  const auto after = fake.add_process({.name = "web", .pid = 90001});
  const auto found = find_members(fake.host(), target({.process = "web"}));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->front().start_time, after.start_time);
  EXPECT_NE(before.start_time, after.start_time);
  EXPECT_NE(found->front().id, "pid:90001@" + std::to_string(before.start_time));
}

TEST(Semantics28, WithoutReadyAMemberThatIsAliveIsReady) {
  FakeHost fake;
  fake.add_process({.name = "web", .pid = 90001});
  fake.add_process({.name = "web", .pid = 90002});
  auto watch = watch_members(target({.process = "web"}));
  auto seen = watch->look(fake.host());
  ASSERT_TRUE(seen);
  ASSERT_EQ(seen->size(), 2u);
  EXPECT_TRUE((*seen)[0].ready && (*seen)[1].ready);
  fake.exit_process(90002);
  seen = watch->look(fake.host());
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->size(), 1u);
}

TEST(Semantics28, AMemberThatIsAliveAndFailsItsCheckIsNotReady) {
  FakeHost fake;
  fake.add_process({.name = "web", .pid = 90001});
  fake.add_process({.name = "web", .pid = 90002});
  auto spec = target({.process = "web"});
  spec.ready.exec = {"/bin/check", "${member.pid}"};
  fake.on_command("/bin/check", [](FakeHost&, const Command& command) -> Result<Exit> {
    Exit exit;
    exit.code = command.argv.at(1) == "90001" ? 0 : 3;
    return exit;
  });
  const auto seen = watch_members(spec)->look(fake.host());
  ASSERT_TRUE(seen);
  ASSERT_EQ(seen->size(), 2u);
  EXPECT_TRUE((*seen)[0].ready);
  EXPECT_FALSE((*seen)[1].ready);
}

TEST(Members, AnotherKindOfTargetSaysThatItIsNotInThisVersion) {
  FakeHost fake;
  TargetSpec spec;
  spec.name = "pods", spec.kind = "kubernetes";
  const auto found = find_members(fake.host(), spec);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().cause, Cause::Unsupported);
}

TEST(Semantics30, CpuIsAShareOfTheTightestQuotaAboveElseOfTheHost) {
  for (int version : {1, 2}) {
    FakeHost fake;
    fake.use_cgroups(version);
    const std::string controller = version == 2 ? "" : "cpu";
    fake.add_cgroup("cpu", "/shop");
    fake.add_cgroup("cpu", "/shop/web");
    for (const char* path : {"/", "/shop"})
      if (version == 2) {
        ASSERT_TRUE(fake.host().cgroups.write("cpu", path, "cgroup.subtree_control", "+cpu"));
      }
    const auto member = fake.add_process({.name = "web", .cgroups = {{controller, "/shop/web"}}});
    EXPECT_EQ(cores_allowed(fake.host(), member), 4);
    auto limit = [&](const std::string& path, int percent) {
      const auto quota = std::to_string(percent * 1000);
      const bool v2 = version == 2;
      ASSERT_TRUE(fake.host().cgroups.write("cpu", path, v2 ? "cpu.max" : "cpu.cfs_quota_us",
                                            v2 ? quota + " 100000" : quota));
    };
    limit("/shop/web", 200);
    EXPECT_EQ(cores_allowed(fake.host(), member), 2);
    limit("/shop", 50);
    EXPECT_EQ(cores_allowed(fake.host(), member), 0.5);
  }
}

TEST(Semantics30, HostCpuAndMemoryComeFromProc) {
  const auto cpu = parse_host_cpu("cpu  100 0 50 800 50 0 0 0 0 0\ncpu0 1 2 3\n");
  EXPECT_EQ(cpu.busy, 150);
  EXPECT_EQ(cpu.total, 1000);
  EXPECT_DOUBLE_EQ(parse_host_memory("MemTotal:  1000 kB\nMemFree: 1 kB\nMemAvailable: 250 kB\n"),
                   0.75);
}

}  // namespace
}  // namespace gunflint
