#include <gtest/gtest.h>

#include <csignal>

#include "faults/fault_case.hpp"

namespace gunflint {
namespace {

GUNFLINT_FAULT_CASE(pause, by_signal) {
  const Member member = fake.add_process({.name = "gunicorn", .pid = 100});
  fake.fork(100);
  fake.fork(100);
  return {member, json(R"({"by": "signal"})")};
}
GUNFLINT_FAULT_CASE(pause, alone_in_a_v2_cgroup) {
  fake.use_cgroups(2);
  fake.add_cgroup("", "/shop");
  return {fake.add_process({.name = "web", .pid = 100, .cgroups = {{"", "/shop"}}}), Value::map()};
}
GUNFLINT_FAULT_CASE(pause, one_child_was_stopped_before) {
  const Member member = fake.add_process({.name = "web", .pid = 100});
  const int child = fake.fork(100);
  fake.world.processes.at(child).info.state = 'T';
  return {member, Value::map()};
}

class Pause : public testing::Test {
 protected:
  FakeHost fake;
  char state(int pid) { return fake.host().processes.look(pid).value().state; }
  Injection started(const Member& member, const char* params = "{}") {
    Injection injection(fake, "pause", {member, json(params)});
    EXPECT_TRUE(injection.observe());
    EXPECT_TRUE(injection.inject());
    return injection;
  }
};

TEST_F(Pause, StopsTheProcessAndItsDescendants) {
  const Member member = fake.add_process({.name = "web", .pid = 100});
  const int child = fake.fork(100), grandchild = fake.fork(child);
  auto injection = started(member);
  for (const int pid : {100, child, grandchild}) EXPECT_EQ(state(pid), 'T') << pid;
  EXPECT_EQ(injection.bite()->sentence, "3 of 3 processes are stopped");
  EXPECT_TRUE(injection.bite()->in_force);
}

TEST_F(Pause, ContinuesOnlyWhoWasNotStoppedBefore) {
  const Member member = fake.add_process({.name = "web", .pid = 100});
  const int child = fake.fork(100);
  (void)fake.host().processes.signal(fake.host().processes.look(child)->id, SIGSTOP);
  auto injection = started(member);
  ASSERT_TRUE(injection.restore());
  EXPECT_NE(state(100), 'T');
  EXPECT_EQ(state(child), 'T');
  EXPECT_TRUE(injection.restored().value());
}

TEST_F(Pause, IsNotInForceWhenSomebodyContinuedTheProcess) {
  const Member member = fake.add_process({.name = "web", .pid = 100});
  auto injection = started(member);
  (void)fake.host().processes.signal(fake.host().processes.look(100)->id, SIGCONT);
  EXPECT_FALSE(injection.bite()->in_force);
}

TEST_F(Pause, AVanishedProcessIsGoneForTheBite) {
  const Member member = fake.add_process({.name = "web", .pid = 100});
  auto injection = started(member);
  fake.exit_process(100);
  auto bite = injection.bite();
  ASSERT_FALSE(bite);
  EXPECT_EQ(bite.error().cause, Cause::Gone);
}

TEST_F(Pause, AStoppedProcessHasNothingToBePaused) {
  const Member member = fake.add_process({.name = "web", .pid = 100});
  (void)fake.host().processes.signal(fake.host().processes.look(100)->id, SIGSTOP);
  Injection injection(fake, "pause", {member, Value::map()});
  ASSERT_TRUE(injection.observe());
  EXPECT_EQ(injection.no_effect(), "it is stopped already");
}

TEST_F(Pause, AWholeHostIsRefused) {
  Member host;
  host.id = "host";
  Injection injection(fake, "pause", {host, Value::map()});
  EXPECT_EQ(injection.observe().error().cause, Cause::BadInput);
}

}  // namespace
}  // namespace gunflint
