#include <gtest/gtest.h>

#include "faults/fault_case.hpp"

namespace gunflint {
namespace {

/// A switch that `set-mode` turns and `get-mode` shows.
void add_switch(FakeHost& fake) {
  fake.world.outside["mode"] = "normal";
  fake.on_command("set-mode", [](FakeHost& f, const Command& c) -> Result<Exit> {
    f.world.outside["mode"] = c.argv.size() > 1 ? c.argv[1] : c.input;
    return Exit{};
  });
  fake.on_command("get-mode", [](FakeHost& f, const Command&) -> Result<Exit> {
    return Exit{0, f.world.outside["mode"], ""};
  });
  fake.on_command("is-mode", [](FakeHost& f, const Command& c) -> Result<Exit> {
    return Exit{f.world.outside["mode"] == c.argv.at(1) ? 0 : 1, "", ""};
  });
}

GUNFLINT_FAULT_CASE(exec, mode) {
  add_switch(fake);
  return {fake.add_process({.name = "web"}),
          json(R"({"inject": ["set-mode", "broken"], "restore": ["set-mode", "normal"],
                   "check": ["is-mode", "broken"]})")};
}
GUNFLINT_FAULT_CASE(exec, never_undone) {
  add_switch(fake);
  return {fake.add_process({.name = "web"}),
          json(R"({"inject": ["set-mode", "broken"], "check": ["is-mode", "broken"]})")};
}

TEST(Exec, WithoutRestoreItIsNeverUndone) {
  EXPECT_EQ(find_fault("exec")->healing(json(R"({"inject": ["a"], "check": ["b"]})")),
            Healing::Never);
  EXPECT_EQ(
      find_fault("exec")->healing(json(R"({"inject": ["a"], "check": ["b"], "restore": ["c"]})")),
      Healing::ByUs);
}

TEST(Exec, WhatObservePrintedIsTheInputOfRestoreAndMustComeBack) {
  FakeHost fake;
  add_switch(fake);
  fake.world.outside["mode"] = "special";
  Injection injection(fake, "exec",
                      {fake.add_process({.name = "web"}),
                       json(R"({"observe": ["get-mode"], "inject": ["set-mode", "broken"],
                "restore": ["set-mode"], "check": ["is-mode", "broken"]})")});
  ASSERT_TRUE(injection.observe());
  ASSERT_TRUE(injection.inject());
  EXPECT_FALSE(*injection.restored());
  fake.world.outside["mode"] = "halfway";
  EXPECT_FALSE(*injection.restored()) << "not in force, but not as before either";
  ASSERT_TRUE(injection.restore());
  EXPECT_EQ(fake.world.outside["mode"], "special");
  EXPECT_TRUE(*injection.restored());
}

TEST(Exec, AFailingCommandIsToldWithItsWords) {
  FakeHost fake;
  fake.on_command("break", [](FakeHost&, const Command&) -> Result<Exit> {
    return Exit{3, "", "no such shop\nmore"};
  });
  Injection injection(fake, "exec",
                      {fake.add_process({.name = "web", .pid = 9, .ports = {80}}),
                       json(R"({"inject": ["break", "${member.port}"], "check": ["x"]})")});
  ASSERT_TRUE(injection.observe());
  EXPECT_EQ(injection.inject().error().message,
            "`inject` (break) ended with 3, not 0; it said: no such shop");
  EXPECT_EQ(fake.changes().back(), "run break 80");
}

TEST(Exec, ACheckThatCouldNotRunIsNoAnswer) {
  FakeHost fake;
  fake.on_command("look", [](FakeHost&, const Command&) -> Result<Exit> {
    return Exit{137, "", ""};
  });
  fake.on_command("act", [](FakeHost&, const Command&) -> Result<Exit> { return Exit{}; });
  Injection injection(fake, "exec",
                      {fake.add_process({.name = "web"}),
                       json(R"({"inject": ["act"], "check": ["look"], "restore": ["act"]})")});
  ASSERT_TRUE(injection.observe());
  EXPECT_FALSE(injection.bite());
  EXPECT_FALSE(injection.restored());
}

TEST(Exec, ACommandMayTakeNoLongerThanItsUndoIsGiven) {
  const auto told = [](const std::string& deadline) {
    Reader reader;
    find_fault("exec")->check(
        json(R"({"inject": ["a"], "check": ["b"], "deadline": ")" + deadline + "\"}"), reader);
    return reader.problems().empty() ? "" : reader.problems()[0].sentence;
  };
  EXPECT_EQ(told("9s"), "");
  EXPECT_NE(told("10s"), "");
  EXPECT_NE(told("1m"), "");
}

}  // namespace
}  // namespace gunflint
