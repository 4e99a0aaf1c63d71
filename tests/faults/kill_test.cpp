#include <gtest/gtest.h>

#include <csignal>

#include "faults/fault_case.hpp"

namespace gunflint {
namespace {

GUNFLINT_FAULT_CASE(kill, worker) { return {fake.add_process({.name = "gunicorn"}), Value::map()}; }
GUNFLINT_FAULT_CASE(kill, gracefully) {
  const Member member = fake.add_process({.name = "gunicorn"});
  fake.on_signal(member.pid, [](FakeHost& f, FakeProcess& p, int number) {
    if (number == SIGTERM)
      f.later(2s, [pid = p.info.id.pid](FakeHost& later) { later.exit_process(pid); });
  });
  return {member, json(R"({"signal": "SIGTERM"})")};
}

TEST(Kill, HealsByThePlatformAndHasNoDuration) {
  EXPECT_EQ(find_fault("kill")->healing(Value::map()), Healing::ByPlatform);
  EXPECT_TRUE(find_fault("kill")->instant);
  EXPECT_EQ(find_fault("kill")->place(Value::map()), Place::Host);
}

TEST(Kill, DoesNotBiteWhileTheProcessRuns) {
  FakeHost fake;
  const Member member = fake.add_process({.name = "stubborn", .pid = 77});
  fake.on_signal(77, [](FakeHost&, FakeProcess&, int) {});
  Injection injection(fake, "kill", {member, json(R"({"signal": "SIGTERM"})")});
  ASSERT_TRUE(injection.observe());
  ASSERT_TRUE(injection.inject());
  const auto bite = injection.bite();
  ASSERT_TRUE(bite);
  EXPECT_FALSE(bite->in_force);
  EXPECT_EQ(bite->sentence, "stubborn[77] still runs 5s after SIGTERM");
}

TEST(Semantics26, AReplacementIsNotTheVictim) {
  FakeHost fake;
  const Member member = fake.add_process({.name = "web", .pid = 77});
  Injection injection(fake, "kill", {member, Value::map()});
  ASSERT_TRUE(injection.observe());
  fake.exit_process(77);
  fake.add_process({.name = "web", .pid = 77});
  EXPECT_EQ(injection.inject().error().cause, Cause::Gone);
  EXPECT_TRUE(fake.world.processes.contains(77));
}

TEST(Kill, NeedsAProcess) {
  FakeHost fake;
  Member host;
  host.id = "host";
  Injection injection(fake, "kill", {host, Value::map()});
  EXPECT_EQ(injection.observe().error().cause, Cause::BadInput);
}

TEST(Kill, ItsPatienceFitsInAnInjection) {
  const auto mistakes = [](const char* params) {
    Reader reader;
    find_fault("kill")->check(json(params), reader);
    return reader.problems().size();
  };
  EXPECT_EQ(mistakes(R"({"patience": "25s"})"), 0u);
  EXPECT_EQ(mistakes(R"({"patience": "26s"})"), 1u);
}

}  // namespace
}  // namespace gunflint
