// `kill` and `exec` on real processes.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>

#include "lab/faults/real_injection.hpp"

namespace gunflint {
namespace {

using lab::Lab;

TEST(RealKill, TheProcessIsGoneAndAnotherOfItsPidIsSafe) {
  Lab lab;
  RealMachine machine;
  const int pid = lab.start("sleep", {"sleep", "100"});
  RealInjection injection(machine, "kill", machine.member(pid), R"({"patience": "500ms"})");
  ASSERT_EQ(why(injection.observe()), "");
  const auto early = injection.bite();
  ASSERT_EQ(why(early), "");
  EXPECT_FALSE(early->in_force) << early->sentence;
  ASSERT_EQ(why(injection.inject()), "");
  const auto bite = injection.bite();
  ASSERT_EQ(why(bite), "");
  EXPECT_TRUE(bite->in_force) << bite->sentence;
  EXPECT_EQ(lab.stop(pid), 128 + SIGKILL);
  const auto again = injection.inject();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().cause, Cause::Gone) << again.error().message;
}

TEST(RealKill, OurselvesAndProcess1AreRefused) {
  RealMachine machine;
  for (const int pid : {1, ::getpid(), ::getppid()}) {
    RealInjection injection(machine, "kill", machine.member(pid), "{}");
    if (!injection.observe()) continue;
    const auto done = injection.inject();
    ASSERT_FALSE(done) << pid;
    EXPECT_EQ(done.error().cause, Cause::NotPermitted) << done.error().message;
  }
}

TEST(RealExec, CommandsBreakAndMend) {
  Lab lab;
  RealMachine machine;
  lab.write("mode", "normal\n");
  const std::string mode = lab.path("mode");
  RealInjection injection(
      machine, "exec", machine.member(::getpid()),
      fmt::format(R"({{"observe": ["cat", "{0}"], "inject": ["cp", "{1}", "{0}"],
                       "check": ["grep", "-q", "broken", "{0}"], "restore": ["tee", "{0}"]}})",
                  mode, lab.write("other", "broken\n")));
  ASSERT_EQ(why(injection.observe()), "");
  ASSERT_EQ(why(injection.inject()), "");
  EXPECT_TRUE(injection.bite()->in_force);
  EXPECT_FALSE(*injection.restored());
  EXPECT_EQ(lab.read("mode"), "broken\n");
  ASSERT_EQ(why(injection.restore()), "");
  EXPECT_TRUE(*injection.restored());
  EXPECT_EQ(lab.read("mode"), "normal\n");
}

TEST(RealExec, ACommandThatHangsIsEnded) {
  RealMachine machine;
  RealInjection injection(machine, "exec", machine.member(::getpid()),
                          R"({"inject": ["sleep", "100"], "check": ["true"], "restore": ["true"],
                              "deadline": "200ms"})");
  ASSERT_EQ(why(injection.observe()), "");
  const auto done = injection.inject();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().cause, Cause::TimedOut) << done.error().message;
}

}  // namespace
}  // namespace gunflint
