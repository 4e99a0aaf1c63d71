// `limit` against the real kernel: values, places and soft limits before and after.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <functional>

#include "lab/faults/real_injection.hpp"

namespace gunflint {
namespace {

using lab::Lab;

/// Those that this host has: the kernel of the lab's User-Mode Linux has no cpuset.
std::vector<std::string> controllers;

/// Groups of the test's own in each hierarchy, removed at its end.
class OwnGroups {
 public:
  OwnGroups(RealMachine& machine, const std::string& name) : cgroups_(machine.host.cgroups) {
    path = "/" + name + std::to_string(::getpid());
    for (const std::string& controller : controllers) {
      EXPECT_EQ(why(cgroups_.create(controller, path)), "");
      if (controller != "cpuset" || *cgroups_.version(controller) != 1) continue;
      for (const char* file : {"cpuset.cpus", "cpuset.mems"}) {
        const std::string all = *cgroups_.read(controller, "/", file);
        EXPECT_EQ(why(cgroups_.write(controller, path, file, all)), "");
      }
    }
  }
  ~OwnGroups() {
    for (const std::string& controller : controllers) (void)cgroups_.remove(controller, path);
  }
  void take(const ProcessId& process) {
    for (const std::string& controller : controllers)
      EXPECT_EQ(why(cgroups_.move(process, controller, path)), "");
  }
  std::string path;

 private:
  Cgroups& cgroups_;
};

class RealLimit : public testing::Test {
 protected:
  void SetUp() override {
    if (!lab::is_root()) GTEST_SKIP() << "control groups need root";
    for (const char* controller : {"cpu", "memory", "pids"})
      if (!machine.host.cgroups.version(controller))
        GTEST_SKIP() << "this host has no cgroup controller " << controller;
    controllers = {"cpu", "memory", "pids"};
    if (machine.host.cgroups.version("cpuset")) controllers.emplace_back("cpuset");
  }
  /// Names the first processor where the host can.
  static std::string cpuset() { return controllers.size() > 3 ? R"("cpuset": "0", )" : ""; }
  std::vector<ProcessInfo> below(int pid) {
    return machine.host.processes.descendants(pid).value_or(std::vector<ProcessInfo>{});
  }
  ProcessId id_of(int pid) { return machine.host.processes.look(pid)->id; }

  /// Where the process and its descendants are, what their soft limits are, and what their groups
  /// say.
  std::string picture(int pid) {
    std::string out;
    std::vector<ProcessInfo> family{*machine.host.processes.look(pid)};
    for (const auto& child : below(pid)) family.push_back(child);
    for (const auto& process : family) {
      out += fmt::format("{} files {}", process.id.pid,
                         machine.host.processes.limit(process.id, RLIMIT_NOFILE)->soft);
      for (const std::string& controller : controllers) {
        const std::string path = *machine.host.cgroups.path_of(process.id, controller);
        out += fmt::format("\n  {}:{}", controller, path);
        for (const char* file : {"cpu.cfs_quota_us", "cpu.cfs_period_us", "memory.limit_in_bytes",
                                 "pids.max", "cpuset.cpus", "cpuset.mems", "cpu.max", "memory.max"})
          if (const auto text = machine.host.cgroups.read(controller, path, file))
            out += fmt::format(" {}={}", file, *text);
      }
      out += "\n";
    }
    return out;
  }
  double cores_used(int pid, Duration during) {
    const auto before = machine.host.processes.look(pid)->cpu_ticks;
    const Time begin = machine.host.clock.now();
    machine.host.clock.sleep(during);
    const double ticks = static_cast<double>(machine.host.processes.look(pid)->cpu_ticks - before);
    return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK)) /
           seconds(machine.host.clock.now() - begin);
  }
  void round_trip(RealInjection& injection, const std::function<void()>& meanwhile) {
    ASSERT_EQ(why(injection.observe()), "");
    ASSERT_EQ(why(injection.inject()), "");
    const auto bite = injection.bite();
    ASSERT_EQ(why(bite), "");
    EXPECT_TRUE(bite->in_force) << bite->sentence;
    meanwhile();
    ASSERT_EQ(why(injection.restore()), "");
    const auto restored = injection.restored();
    ASSERT_EQ(why(restored), "");
    EXPECT_TRUE(*restored);
    for (const std::string& controller : controllers)
      for (const std::string& home : {std::string("/"), std::string("/gf-limit-lab")})
        EXPECT_FALSE(*machine.host.cgroups.exists(
            controller, (home == "/" ? home : home + "/") + injection.tag.text));
  }
  void two_limits_below_one_parent(std::size_t neighbours);
  Lab lab;
  RealMachine machine;
};

TEST_F(RealLimit, AGroupOfItsOwnIsChangedInPlaceAndBites) {
  const int pid = lab.start("burn", {"sha256sum", "/dev/zero"});
  OwnGroups groups(machine, "gf-limit-own-");
  groups.take(id_of(pid));
  const std::string before = picture(pid);
  RealInjection injection(
      machine, "limit", machine.member(pid),
      R"({"cpu": 0.2, "memory": "64MiB", "pids": 10, )" + cpuset() + R"("open_files": 64})");
  round_trip(injection, [&] {
    EXPECT_LT(cores_used(pid, 1500ms), 0.25);
    const std::string during = picture(pid);
    EXPECT_NE(during.find("files 64"), std::string::npos) << during;
    EXPECT_NE(during.find(groups.path + " "), std::string::npos) << "it was moved:\n" << during;
    const std::string said = injection.bite()->sentence;
    EXPECT_EQ(said.find("throttled 0 times"), std::string::npos) << said;
    std::printf("%s\n", said.c_str());
  });
  EXPECT_EQ(picture(pid), before);
  lab.stop(pid, SIGKILL);
}

TEST_F(RealLimit, AMemberOfASharedGroupMovesAndComesBackWithItsChildren) {
  const int neighbour = lab.start("sleep", {"sleep", "100"});
  lab.write("forks.py",
            "import os, signal, time\n"
            "signal.signal(signal.SIGUSR1, lambda *a: os.fork())\n"
            "open('ready', 'w').close()\n"
            "while True: time.sleep(60)\n");
  const int pid = lab.start("forks", {"env", "-C", lab.dir(), "python3", lab.path("forks.py")});
  ASSERT_TRUE(lab.wait_for_file("ready")) << lab.read("forks.log");
  OwnGroups groups(machine, "gf-limit-shared-");
  groups.take(id_of(pid));
  groups.take(id_of(neighbour));
  ASSERT_EQ(why(machine.host.processes.signal(id_of(pid), SIGUSR1)), "");
  ASSERT_TRUE(machine.comes_to(pid, 1));
  const std::string before = picture(pid), beside = picture(neighbour);
  RealInjection injection(machine, "limit", machine.member(pid),
                          R"({"cpu": "50% of current", "memory": "128MiB", "pids": 20, )" +
                              cpuset() + R"("open_files": "50% of current"})");
  int born = 0;
  round_trip(injection, [&] {
    EXPECT_EQ(picture(neighbour), beside);
    ASSERT_EQ(why(machine.host.processes.signal(id_of(pid), SIGUSR1)), "");
    ASSERT_TRUE(machine.comes_to(pid, 2));
    born = machine.host.processes.descendants(pid)->back().id.pid;
    EXPECT_NE(picture(born).find(injection.tag.text), std::string::npos);
  });
  const std::string after = picture(pid);
  EXPECT_EQ(after.substr(0, before.size()), before);
  const std::string childs = picture(born);
  EXPECT_EQ(childs.substr(childs.find(' ')),
            before.substr(before.find(' '), childs.size() - childs.find(' ')))
      << "the child that was born meanwhile is where its parent is";
  EXPECT_EQ(picture(neighbour), beside);
  for (const auto& child : below(pid)) (void)machine.host.processes.signal(child.id, SIGKILL);
  lab.stop(pid, SIGKILL);
  lab.stop(neighbour, SIGKILL);
}

TEST_F(RealLimit, WhereverTheTestItselfRunsNobodyElseIsTouched) {
  const int pid = lab.start("burn", {"sha256sum", "/dev/zero"});
  const std::string before = picture(pid), ours = picture(::getpid());
  RealInjection injection(machine, "limit", machine.member(pid), R"({"cpu": 0.1})");
  round_trip(injection, [&] { EXPECT_LT(cores_used(pid, 1500ms), 0.15); });
  EXPECT_EQ(picture(pid), before);
  lab.stop(pid, SIGKILL);
}

TEST_F(RealLimit, OpenFilesOfAProcessOfAnotherUser) {
  if (lab::tool("setpriv").empty()) GTEST_SKIP() << "setpriv is not installed";
  const int pid = lab.start(
      "other", {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sleep", "100"});
  while (machine.host.processes.look(pid)->uid != 65534) machine.host.clock.sleep(5ms);
  const std::string before = picture(pid);
  RealInjection injection(machine, "limit", machine.member(pid), R"({"open_files": 32})");
  round_trip(injection,
             [&] { EXPECT_NE(picture(pid).find("files 32"), std::string::npos) << picture(pid); });
  EXPECT_EQ(picture(pid), before);
  lab.stop(pid, SIGKILL);
}

TEST_F(RealLimit, TheProcessThatEndedLeavesNoGroup) {
  const int pid = lab.start("sleep", {"sleep", "100"});
  RealInjection injection(machine, "limit", machine.member(pid),
                          R"({"cpu": 1, "pids": 5, "open_files": 32})");
  ASSERT_EQ(why(injection.observe()), "");
  ASSERT_EQ(why(injection.inject()), "");
  lab.stop(pid, SIGKILL);
  ASSERT_EQ(why(injection.restore()), "");
  EXPECT_TRUE(*injection.restored());
}

TEST_F(RealLimit, ControllersOfVersion2) {
  if (*machine.host.cgroups.version("cpu") != 2)
    GTEST_SKIP() << "the controllers of this host are on cgroup v1; lab_uml runs it on v2";
  const int pid = lab.start("burn", {"sha256sum", "/dev/zero"});
  const std::string before = picture(pid);
  RealInjection injection(machine, "limit", machine.member(pid), R"({"cpu": 0.1})");
  round_trip(injection, [&] { EXPECT_LT(cores_used(pid, 1500ms), 0.15); });
  EXPECT_EQ(picture(pid), before);
  lab.stop(pid, SIGKILL);
}

void RealLimit::two_limits_below_one_parent(std::size_t neighbours) {
  Cgroups& cgroups = machine.host.cgroups;
  const std::string parent = "/gf-limit-two-" + std::to_string(::getpid());
  const std::string home = parent + "/web";
  ASSERT_EQ(why(cgroups.create("cpu", parent)), "");
  ASSERT_EQ(why(cgroups.create("cpu", home)), "");
  const auto passed = [&] { return *cgroups.read("cpu", parent, "cgroup.subtree_control"); };
  ASSERT_EQ(passed().find("cpu"), std::string::npos);
  std::vector<int> pids;
  for (std::size_t i = 0; i < 2 + neighbours; ++i) {
    pids.push_back(lab.start("sleep" + std::to_string(i), {"sleep", "100"}));
    ASSERT_EQ(why(cgroups.move(id_of(pids.back()), "cpu", home)), "");
  }
  RealInjection first(machine, "limit", machine.member(pids[0]), R"({"cpu": 0.5})");
  RealInjection second(machine, "limit", machine.member(pids[1]), R"({"cpu": 0.2})");
  second.tag.text += "b";
  for (RealInjection* one : {&first, &second}) {
    ASSERT_EQ(why(one->observe()), "");
    ASSERT_EQ(why(one->inject()), "");
    EXPECT_TRUE(one->bite()->in_force) << one->bite()->sentence;
  }
  const Time begin = machine.host.clock.now();
  ASSERT_EQ(why(first.restore()), "");
  EXPECT_LT(machine.host.clock.now() - begin, 400ms) << "it does not wait for the other one";
  EXPECT_TRUE(*first.restored());
  EXPECT_NE(passed().find("cpu"), std::string::npos);
  const auto still = second.bite();
  ASSERT_EQ(why(still), "");
  EXPECT_TRUE(still->in_force) << still->sentence;
  const std::string pod = parent + "/pod";  // as long as it passes cpu on, nobody can take it away
  ASSERT_EQ(why(cgroups.create("cpu", pod)), "");
  ASSERT_EQ(why(cgroups.write("cpu", pod, "cgroup.subtree_control", "+cpu")), "");
  const auto busy = second.restore();
  ASSERT_FALSE(busy);
  EXPECT_EQ(busy.error().cause, Cause::Io) << busy.error().message;
  EXPECT_FALSE(*second.restored());
  EXPECT_EQ(why(cgroups.remove("cpu", pod)), "");
  ASSERT_EQ(why(second.restore()), "");
  EXPECT_TRUE(*second.restored());
  EXPECT_EQ(passed().find("cpu"), std::string::npos) << passed();
  for (const int pid : pids) lab.stop(pid, SIGKILL);
  EXPECT_EQ(why(cgroups.remove("cpu", home)), "");
  EXPECT_EQ(why(cgroups.remove("cpu", parent)), "") << "something is left in it";
}

/// With a neighbour both move; without one the second is alone in the group, and changed in place.
TEST_F(RealLimit, TheLastOfTwoLimitsSwitchesTheControllerOff) {
  if (*machine.host.cgroups.version("cpu") != 2)
    GTEST_SKIP() << "the controllers of this host are on cgroup v1; lab_uml runs it on v2";
  for (const std::size_t neighbours : {1u, 0u}) two_limits_below_one_parent(neighbours);
}

}  // namespace
}  // namespace gunflint
