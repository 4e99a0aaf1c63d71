#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "common/failures.hpp"
#include "faults/fault_case.hpp"
#include "limit/cgroup_limit.hpp"

namespace gunflint {
namespace {

constexpr std::string_view everything =
    R"({"cpu": "0.5", "memory": "256MiB", "pids": 20, "cpuset": "1", "open_files": 64})";

/// A service with two children; in a group of its own, or in one with a neighbour.
Member add_service(FakeHost& fake, int version, const std::string& path, bool neighbour) {
  fake.use_cgroups(version);
  std::map<std::string, std::string> groups;
  for (const auto& [controller, v] : fake.facts.cgroups) groups[v == 1 ? controller : ""] = path;
  const Member member = fake.add_process({.name = "web", .pid = 600, .cgroups = groups});
  if (neighbour) fake.add_process({.name = "db", .pid = 650, .cgroups = groups});
  if (version == 1 && path != "/") {
    fake.world.cgroups["cpuset"][path]["cpuset.cpus"] = "0-3\n";
    fake.world.cgroups["cpuset"][path]["cpuset.mems"] = "0\n";
  }
  fake.fork(fake.fork(600));
  fake.world.processes.rbegin()->second.limits[RLIMIT_NOFILE].soft = 512;
  return member;
}

GUNFLINT_FAULT_CASE(limit, v1_own_group) {
  return {add_service(fake, 1, "/shop/web", false), json(everything)};
}
GUNFLINT_FAULT_CASE(limit, v1_shared_group) {
  return {add_service(fake, 1, "/shop", true), json(everything)};
}
GUNFLINT_FAULT_CASE(limit, v1_root) { return {add_service(fake, 1, "/", true), json(everything)}; }
GUNFLINT_FAULT_CASE(limit, v2_own_group) {
  return {add_service(fake, 2, "/web", false), json(everything)};
}
GUNFLINT_FAULT_CASE(limit, v2_shared_group) {
  Member member = add_service(fake, 2, "/shop/web", true);
  fake.world.cgroups[""]["/"]["cgroup.subtree_control"] = "memory pids\n";
  return {member, json(everything)};
}
GUNFLINT_FAULT_CASE(limit, open_files) {
  return {add_service(fake, 1, "/shop", true), json(R"({"open_files": "50% of current"})")};
}

struct LimitScene {
  LimitScene(int version, const std::string& path, bool neighbour, std::string_view params)
      : injection(fake, "limit", {add_service(fake, version, path, neighbour), json(params)}) {
    before = fake.world.picture();
    const auto seen = injection.observe();
    EXPECT_TRUE(seen) << seen.error().message;
    const auto done = injection.inject();
    EXPECT_TRUE(done) << done.error().message;
  }
  std::string group_file(const std::string& hierarchy, const std::string& path,
                         const std::string& file) {
    return fake.world.cgroups[hierarchy][path][file];
  }
  FakeHost fake;
  Injection injection;
  std::string before;
};

TEST(Rule10, NobodyIsLimitedInAFamilyWithTheWayIntoTheMachine) {
  for (const auto* params : {everything.data(), R"({"open_files": 16})", R"({"cpu": "0.5"})"}) {
    FakeHost fake;
    const Member member = add_service(fake, 2, "/shop", true);
    fake.world.processes.rbegin()->second.info.name = "sshd";  // a grandchild
    const std::string before = fake.world.picture();
    Injection injection(fake, "limit", {member, json(params)});
    const auto seen = injection.observe();
    ASSERT_FALSE(seen);
    EXPECT_EQ(seen.error().cause, Cause::NotPermitted);
    EXPECT_NE(seen.error().message.find("sshd"), std::string::npos) << seen.error().message;
    EXPECT_EQ(fake.world.picture(), before);
  }
}

TEST(Limit, AGroupOfItsOwnIsChangedInPlace) {
  LimitScene scene(1, "/shop/web", false, R"({"cpu": "0.5"})");
  EXPECT_EQ(scene.group_file("cpu", "/shop/web", "cpu.cfs_quota_us"), "50000\n");
  EXPECT_EQ(scene.fake.changes(),
            std::vector<std::string>{"write cpu:/shop/web/cpu.cfs_quota_us 50000"});
  EXPECT_EQ(scene.injection.bite()->sentence, "cpu.cfs_quota_us is 50000, throttled 0 times");
}

TEST(Limit, ANeighbourIsNotTouched) {
  LimitScene scene(1, "/shop", true, R"({"cpu": "0.5", "memory": "64MiB"})");
  EXPECT_EQ(scene.group_file("cpu", "/shop", "cpu.cfs_quota_us"), "-1\n");
  EXPECT_EQ(scene.group_file("cpu", "/shop/gf-abcdefghij", "cpu.cfs_quota_us"), "50000\n");
  EXPECT_EQ(scene.fake.world.processes[650].info.cgroups["cpu"], "/shop");
  EXPECT_EQ(scene.fake.world.processes[600].info.cgroups["cpu"], "/shop/gf-abcdefghij");
  EXPECT_EQ(scene.fake.world.processes[600].info.cgroups["pids"], "/shop");
}

TEST(Limit, AV2SiblingKeepsTheOtherLimits) {
  FakeHost fake;
  const Member member = add_service(fake, 2, "/web", true);
  fake.world.cgroups[""]["/web"]["memory.max"] = "1048576\n";
  Injection injection(fake, "limit", {member, json(R"({"cpu": "0.5"})")});
  ASSERT_TRUE(injection.observe());
  ASSERT_TRUE(injection.inject());
  EXPECT_EQ(fake.world.cgroups[""]["/gf-abcdefghij"]["cpu.max"], "50000 100000\n");
  EXPECT_EQ(fake.world.cgroups[""]["/gf-abcdefghij"]["memory.max"], "1048576\n");
  EXPECT_EQ(fake.world.processes[600].info.cgroups[""], "/gf-abcdefghij");
}

TEST(Limit, AShareIsOfTheLimitElseOfTheHost) {
  LimitScene of_host(1, "/shop/web", false,
                     R"({"cpu": "50% of current", "memory": "25% of current"})");
  EXPECT_EQ(of_host.group_file("cpu", "/shop/web", "cpu.cfs_quota_us"), "200000\n");
  EXPECT_EQ(of_host.group_file("memory", "/shop/web", "memory.limit_in_bytes"), "2147483648\n");
  FakeHost fake;
  const Member member = add_service(fake, 2, "/web", false);
  fake.world.cgroups[""]["/web"]["cpu.max"] = "80000 20000\n";
  Injection injection(fake, "limit", {member, json(R"({"cpu": "50% of current"})")});
  ASSERT_TRUE(injection.observe());
  ASSERT_TRUE(injection.inject());
  EXPECT_EQ(fake.world.cgroups[""]["/web"]["cpu.max"], "40000 20000\n");
}

TEST(Limit, AShareOfNoLimitOfPidsIsRefused) {
  FakeHost fake;
  const Member member = add_service(fake, 1, "/shop", false);
  Injection injection(fake, "limit", {member, json(R"({"pids": "50% of current"})")});
  EXPECT_EQ(injection.observe().error().cause, Cause::BadInput);
}

TEST(Limit, ChildrenBornMeanwhileGoBackToo) {
  LimitScene scene(1, "/shop", true, everything);
  const int child = scene.fake.fork(600);
  const int grandchild = scene.fake.fork(child);
  EXPECT_EQ(scene.fake.world.processes[child].limits[RLIMIT_NOFILE].soft, 64u);
  ASSERT_TRUE(scene.injection.restore());
  for (const int pid : {child, grandchild}) {
    EXPECT_EQ(scene.fake.world.processes[pid].limits[RLIMIT_NOFILE].soft, 1024u);
    for (const auto& [controller, path] : scene.fake.world.processes[pid].info.cgroups) {
      if (!controller.empty()) {
        EXPECT_EQ(path, "/shop") << controller;
      }
    }
    scene.fake.exit_process(pid);
  }
  EXPECT_EQ(scene.fake.world.picture(), scene.before);
}

TEST(Limit, EachGoesBackToWhereItWas) {
  FakeHost fake;
  const Member member = add_service(fake, 1, "/shop", true);
  const int child = fake.fork(600);
  fake.add_cgroup("cpu", "/elsewhere");
  fake.world.processes[child].info.cgroups["cpu"] = "/elsewhere";
  const std::string before = fake.world.picture();
  Injection injection(fake, "limit", {member, json(R"({"cpu": 1})")});
  ASSERT_TRUE(injection.observe());
  ASSERT_TRUE(injection.inject());
  EXPECT_EQ(fake.world.processes[child].info.cgroups["cpu"], "/shop/gf-abcdefghij");
  ASSERT_TRUE(injection.restore());
  EXPECT_EQ(fake.world.picture(), before);
}

TEST(Limit, AnothersChangeIsLeftAsItIs) {
  LimitScene scene(1, "/shop/web", false, R"({"memory": "64MiB", "cpu": 1})");
  scene.fake.world.cgroups["memory"]["/shop/web"]["memory.limit_in_bytes"] = "4096\n";
  const auto undone = scene.injection.restore();
  ASSERT_FALSE(undone);
  EXPECT_EQ(undone.error().cause, Cause::Conflict);
  EXPECT_NE(undone.error().message.find("memory.limit_in_bytes of cgroup /shop/web was "),
            std::string::npos)
      << undone.error().message;
  EXPECT_NE(undone.error().message.find("is 4096 now"), std::string::npos);
  EXPECT_NE(undone.error().message.find("write that into memory.limit_in_bytes by hand"),
            std::string::npos);
  EXPECT_EQ(scene.group_file("memory", "/shop/web", "memory.limit_in_bytes"), "4096\n");
  EXPECT_EQ(scene.group_file("cpu", "/shop/web", "cpu.cfs_quota_us"), "-1\n");
}

TEST(Limit, AnothersChangeOfOneValueDoesNotKeepTheOthersChanged) {
  LimitScene scene(2, "/web", false, R"({"cpu": "0.5", "memory": "64MiB", "pids": 20})");
  auto& group = scene.fake.world.cgroups[""]["/web"];
  ASSERT_EQ(group["pids.max"], "20\n");
  group["cpu.max"] = "70000 100000\n";  // systemd, say
  const auto undone = scene.injection.restore();
  ASSERT_FALSE(undone);
  EXPECT_EQ(undone.error().cause, Cause::Conflict);
  EXPECT_EQ(group["cpu.max"], "70000 100000\n");
  EXPECT_EQ(group["memory.max"], "max\n");
  EXPECT_EQ(group["pids.max"], "max\n");
}

/// Two members of one parent that does not pass the controllers on.
struct TwoLimits {
  TwoLimits(const char* of_first, const char* of_second)
      : web(add_service(fake, 2, "/shop/web", true)),
        api(fake.add_process({.name = "api", .pid = 700, .cgroups = {{"", "/shop/web"}}})),
        first(fake, "limit", {web, json(of_first)}, Tag{"gf-first00000"}),
        second(fake, "limit", {api, json(of_second)}, Tag{"gf-second0000"}) {
    passed() = "memory pids\n";
    before = fake.world.picture();
  }
  std::string& passed() { return fake.world.cgroups[""]["/shop"]["cgroup.subtree_control"]; }
  static void begin(Injection& limit) {
    EXPECT_TRUE(limit.observe());
    EXPECT_TRUE(limit.inject());
    expect_in_force(limit);
  }
  static void expect_in_force(Injection& limit) {
    const auto bite = limit.bite();
    ASSERT_TRUE(bite) << bite.error().message;
    EXPECT_TRUE(bite->in_force) << bite->sentence;
  }
  static void end(Injection& limit) {
    EXPECT_TRUE(limit.restore());
    EXPECT_TRUE(*limit.restored());
  }
  FakeHost fake;
  Member web, api;
  Injection first, second;
  std::string before;
};

TEST(Limit, TheLastOneOutSwitchesTheControllerOff) {
  for (const bool in_order : {true, false}) {
    TwoLimits two(R"({"cpu": "0.5"})", R"({"cpu": "0.2"})");
    TwoLimits::begin(two.first);
    TwoLimits::begin(two.second);
    Injection& goes = in_order ? two.first : two.second;
    Injection& stays = in_order ? two.second : two.first;
    TwoLimits::end(goes);
    EXPECT_NE(two.passed().find("cpu"), std::string::npos) << "the other one needs it";
    TwoLimits::expect_in_force(stays);
    TwoLimits::end(stays);
    EXPECT_EQ(two.passed(), "memory pids\n");
    EXPECT_EQ(two.fake.world.picture(), two.before);
    TwoLimits::end(goes);  // again
  }
}

/// With the first one out of its group the second is alone in it: it is changed in place, with a
/// file that is there for the first one's sake.
TEST(Limit, ALimitInPlaceKeepsTheControllerOnThatItLivesBy) {
  TwoLimits two(R"({"cpu": "0.5"})", R"({"cpu": "0.2"})");
  two.fake.exit_process(650);
  two.before = two.fake.world.picture();
  TwoLimits::begin(two.first);
  TwoLimits::begin(two.second);
  auto& home = two.fake.world.cgroups[""]["/shop/web"];
  EXPECT_EQ(home["cpu.max"], "20000 100000\n");
  TwoLimits::end(two.first);
  TwoLimits::expect_in_force(two.second);
  TwoLimits::end(two.second);
  EXPECT_EQ(two.fake.world.picture(), two.before);
}

/// It was there before, and has never needed the controller.
TEST(Limit, AnotherLimitThatDoesNotNeedTheControllerDoesNotKeepItOn) {
  TwoLimits two(R"({"memory": "64MiB"})", R"({"cpu": "0.2"})");
  TwoLimits::begin(two.first);
  TwoLimits::begin(two.second);
  TwoLimits::end(two.second);
  EXPECT_EQ(two.passed(), "memory pids\n");
  TwoLimits::end(two.first);
  EXPECT_EQ(two.fake.world.picture(), two.before);
}

TEST(Limit, AControllerThatTheSystemHasOnStaysOn) {
  TwoLimits two(R"({"memory": "64MiB"})", R"({"memory": "32MiB"})");
  TwoLimits::begin(two.first);
  TwoLimits::begin(two.second);
  TwoLimits::end(two.first);
  TwoLimits::end(two.second);
  EXPECT_EQ(two.fake.world.picture(), two.before);
}

TEST(Limit, WhoNeedsAControllerAndWasNeverInForceIsNobody) {
  TwoLimits two(R"({"cpu": "0.5"})", R"({"cpu": "0.2"})");
  EXPECT_TRUE(two.first.observe());
  EXPECT_TRUE(two.second.observe());
  TwoLimits::begin(two.second);
  TwoLimits::end(two.first);  // its agent died between the ledger and the injection
  TwoLimits::expect_in_force(two.second);
  TwoLimits::end(two.second);
  EXPECT_EQ(two.fake.world.picture(), two.before);
}

TEST(Limit, AControllerThatIsStillOnIsNotRestored) {
  FakeHost fake;
  const Member web = add_service(fake, 2, "/shop/web", true);
  fake.world.cgroups[""]["/shop"]["cgroup.subtree_control"] = "memory pids\n";
  Injection limit(fake, "limit", {web, json(R"({"cpu": "0.5"})")});
  ASSERT_TRUE(limit.observe());
  ASSERT_TRUE(limit.inject());
  ASSERT_TRUE(limit.restore());
  EXPECT_TRUE(*limit.restored());
  fake.world.cgroups[""]["/shop"]["cgroup.subtree_control"] = "memory pids cpu\n";
  EXPECT_FALSE(*limit.restored()) << "the group is gone, and what was switched on for it is not";
}

TEST(Limit, AControllerThatAGroupBelowPassesOnIsSwitchedOffWhenThatEnds) {
  TwoLimits two(R"({"cpu": "0.5"})", R"({"cpu": "0.2"})");
  TwoLimits::begin(two.first);
  two.fake.add_cgroup("cpu", "/shop/pod");
  auto& pod = two.fake.world.cgroups[""]["/shop/pod"]["cgroup.subtree_control"];
  pod = "cpu\n";
  const auto undone = two.first.restore();
  ASSERT_FALSE(undone);
  EXPECT_EQ(undone.error().cause, Cause::Io) << "a Conflict would close its record";
  EXPECT_NE(undone.error().message.find("; write -cpu into that group's"), std::string::npos)
      << undone.error().message;
  EXPECT_FALSE(*two.first.restored());
  EXPECT_TRUE(two.fake.world.cgroups[""].contains("/shop/gf-needs-cpu")) << "it is ours still";
  pod = "\n";
  two.fake.world.cgroups[""].erase("/shop/pod");
  TwoLimits::end(two.first);
  EXPECT_EQ(two.fake.world.picture(), two.before);
}

/// Whoever comes between two steps of an undo that died must not take the controller for the
/// system's own: the undo that is tried again would switch it off under them.
TEST(Limit, WhoComesWhileAnUndoHasDiedHalfWayKeepsTheController) {
  for (int n = 1; n < 100; ++n) {
    SCOPED_TRACE("died before call " + std::to_string(n));
    TwoLimits two(R"({"cpu": "0.5"})", R"({"cpu": "0.2"})");
    TwoLimits::begin(two.first);
    two.fake.plan_accident(FakeHost::Accident::Crash, n);
    try {
      (void)two.first.restore();
    } catch (const FakeHost::Crashed&) {
    }
    const bool died = two.fake.accident_happened();
    two.fake.no_accident();
    TwoLimits::begin(two.second);
    TwoLimits::end(two.first);
    TwoLimits::expect_in_force(two.second);
    TwoLimits::end(two.second);
    EXPECT_EQ(two.fake.world.picture(), two.before);
    if (!died) return;
  }
  FAIL() << "an undo of a hundred calls";
}

/// Runs something right before a controller is switched off.
class BeforeSwitchOff final : public Cgroups {
 public:
  BeforeSwitchOff(Cgroups& real, std::function<void()> act) : real_(real), act_(std::move(act)) {}
  using Text = const std::string&;
  Result<int> version(Text c) override { return real_.version(c); }
  Result<std::string> path_of(const ProcessId& p, Text c) override { return real_.path_of(p, c); }
  Result<std::string> read(Text c, Text p, Text f) override { return real_.read(c, p, f); }
  Result<void> write(Text c, Text path, Text file, Text text) override {
    if (text.starts_with("-") && act_) std::exchange(act_, nullptr)();
    return real_.write(c, path, file, text);
  }
  Result<bool> exists(Text c, Text p) override { return real_.exists(c, p); }
  Result<void> create(Text c, Text p) override { return real_.create(c, p); }
  Result<void> remove(Text c, Text p) override { return real_.remove(c, p); }
  Result<std::vector<int>> members(Text c, Text p) override { return real_.members(c, p); }
  Result<void> move(const ProcessId& p, Text c, Text to) override { return real_.move(p, c, to); }

 private:
  Cgroups& real_;
  std::function<void()> act_;
};

TEST(Limit, WhoComesRightBeforeTheSwitchFindsItOnAfterwards) {
  TwoLimits two(R"({"cpu": "0.5"})", R"({"cpu": "0.2"})");
  TwoLimits::begin(two.first);
  Host& fake = two.fake.host();
  BeforeSwitchOff cgroups(fake.cgroups, [&] { TwoLimits::begin(two.second); });
  Host host{fake.processes, fake.files,   cgroups,    fake.network, fake.holders,
            fake.http,      fake.sockets, fake.clock, fake.facts};
  const Injection& first = two.first;
  EXPECT_TRUE(first.kind().restore(host, first.saved(), first.tag()));
  EXPECT_NE(two.passed().find("cpu"), std::string::npos);
  EXPECT_TRUE(*two.first.restored());
  EXPECT_TRUE(two.second.inject()) << "and its limit can be written again";
  TwoLimits::expect_in_force(two.second);
  TwoLimits::end(two.second);
  EXPECT_EQ(two.fake.world.picture(), two.before);
}

Result<void> failure(Cause cause, const char* message) { return fail(cause, message); }

TEST(Failures, WhatMayPassOutranksAConflictWhateverTheOrder) {
  const std::array parts{failure(Cause::Conflict, "a"), failure(Cause::Io, "b"),
                         failure(Cause::Gone, "c"), Result<void>()};
  std::array<int, 4> order{0, 1, 2, 3};
  do {
    Failures failures;
    for (const int i : order) failures.add(parts[static_cast<std::size_t>(i)]);
    ASSERT_FALSE(failures.result());
    EXPECT_EQ(failures.result().error().cause, Cause::Io);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(Failures, EveryConflictIsTold) {
  Failures failures;
  for (const auto& part : {failure(Cause::Gone, "g"), failure(Cause::Conflict, "a"), Result<void>(),
                           failure(Cause::Conflict, "b")})
    failures.add(part);
  EXPECT_EQ(failures.result().error().cause, Cause::Conflict);
  EXPECT_EQ(failures.result().error().message, "a; b");
  EXPECT_TRUE(Failures().result());
}

TEST(Limit, AProcessThatRaisedItsOwnLimitKeepsIt) {
  LimitScene scene(1, "/shop", false, R"({"open_files": 64})");
  scene.fake.world.processes[600].limits[RLIMIT_NOFILE].soft = 2000;
  ASSERT_TRUE(scene.injection.restore());
  EXPECT_TRUE(*scene.injection.restored());
  EXPECT_EQ(scene.fake.world.processes[600].limits[RLIMIT_NOFILE].soft, 2000u);
}

TEST(Limit, ProcessorsAreListedAsTheKernelDoes) {
  EXPECT_EQ(*tidy_cpu_list("5,0-1,2"), "0-2,5");
  EXPECT_EQ(*tidy_cpu_list("1"), "1");
  for (const char* bad : {"", "a", "1-", "2-1", "1,,2", "0 1", "-1", "9999"})
    EXPECT_FALSE(tidy_cpu_list(bad)) << bad;
}

TEST(Limit, MistakesAreToldBeforeAnythingRuns) {
  const auto told = [](std::string_view params) {
    Reader reader;
    find_fault("limit")->check(json(params), reader);
    return reader.problems().empty() ? "" : reader.problems()[0].sentence;
  };
  EXPECT_EQ(told("{}"), "it limits nothing");
  EXPECT_EQ(told(R"({"cpu": "half"})"), "`half` is no number of cores");
  EXPECT_EQ(told(R"({"cpuset": "x"})"), "`x` is no list of processors");
  EXPECT_EQ(told(R"({"memory": "10mb"})"), "`10mb`: MB (powers of 1000) or MiB (powers of 1024)?");
  EXPECT_EQ(told(R"({"open_files": 0})"), "`0` is no whole number");
}

}  // namespace
}  // namespace gunflint
