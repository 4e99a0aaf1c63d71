#include "engine/dead_runs.hpp"

#include <filesystem>

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/journal.hpp"
#include "gunflint/model/plan.hpp"

namespace gunflint {
namespace {

std::string this_host() {
  char name[256] = "?";
  ::gethostname(name, sizeof name - 1);
  return name;
}

class DeadRuns : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/gf-dead-runs-XXXXXX";
    out = made_ = ::mkdtemp(name);
  }
  void TearDown() override { std::filesystem::remove_all(made_); }

  /// A run of which only its journal is left. The path of that.
  std::string run(const std::string& id, const std::vector<Happening>& happenings) {
    std::filesystem::create_directories(out + "/" + id);
    const std::string path = out + "/" + id + "/journal.jsonl";
    auto journal = Journal::create(path);
    for (const auto& what : happenings) {
      Event event;
      event.what = what;
      EXPECT_TRUE(journal->append(event, Durable::No));
    }
    return path;
  }
  /// Starts nothing, and says what would have been started.
  std::vector<Visit> visits(bool everybody = false) {
    asked.clear();
    const Visitor visitor{[](const std::string&) { return std::vector<std::string>{}; },
                          [this](const std::string& agent) -> Result<void> {
                            asked.push_back(agent);
                            return fail(Cause::NotPermitted, "not here");
                          },
                          everybody};
    return visit_dead_runs(out, visitor).value();
  }
  static AgentOpened opened(const std::string& agent, const std::string& host = this_host()) {
    Value how = Value::map(), argv = Value::list();
    argv.push("/bin/touch");
    argv.push("/tmp/gunflint-was-executed");
    how.set("argv", std::move(argv));
    return {agent, host, how};
  }

  std::string out;
  std::vector<std::string> asked;

 private:
  std::string made_;
};

TEST_F(DeadRuns, AnAgentIsUnclosedUntilItIsClosedClean) {
  const auto journal = run("r", {opened("local"), opened("root"), opened("api"),
                                 AgentClosed{"local", true}, AgentClosed{"api", false}});
  const auto open = unclosed_agents(journal);
  ASSERT_TRUE(open);
  ASSERT_EQ(open->size(), 2u);
  EXPECT_EQ((*open)[0].agent, "root");
  EXPECT_EQ((*open)[1].agent, "api") << "closed, but not clean";
}

TEST_F(DeadRuns, OnlyRunsThatMayHaveLeftSomethingAreVisited) {
  run("1-ended", {opened("local"), AgentClosed{"local", true}, RunEnded{0}});
  run("2-undo-incomplete", {opened("local"), AgentClosed{"local", false}, RunEnded{5}});
  run("3-died", {opened("api")});
  run("4-died-before-any-agent", {LoadStarted{}});
  const auto all = visits();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].run, "2-undo-incomplete");
  EXPECT_EQ(all[1].run, "3-died");
  EXPECT_EQ(asked, (std::vector<std::string>{"local", "api"}));
  EXPECT_NE(visits_text(all).find("left: run 3-died: not here"), std::string::npos);
}

TEST_F(DeadRuns, WhatNoAgentHasAnyMoreIsNotedAsUndone) {
  Undone conflict;
  conflict.injection = "i2", conflict.fault = "f", conflict.why = "somebody else changed it";
  const auto journal = run("r", {opened("local"), Injected{"i1", "f", "pid:1@2", "web[1]", {}},
                                 Injected{"i2", "f", "pid:3@4", "web[3]", {}}, conflict,
                                 Injected{"i3", "k", "pid:5@6", "web[5]", {}}, FaultEnded{"k"}});
  visits();  // the agent cannot be visited: nothing is known
  std::vector<Undone> told;
  const auto read = [&] {
    told.clear();
    return read_journal(journal, [&](Event event) {
      if (const auto* undone = std::get_if<Undone>(&event.what)) told.push_back(*undone);
      return true;
    });
  };
  ASSERT_TRUE(read());
  EXPECT_EQ(told.size(), 1u);
  ASSERT_TRUE(append_to_journal(journal, AgentClosed{"local", true}));
  for (int again = 0; again < 2; ++again) {
    visits();
    ASSERT_TRUE(read());
    ASSERT_EQ(told.size(), 2u);
    EXPECT_EQ(told[1].injection, "i1");
    EXPECT_TRUE(told[1].verified);
    EXPECT_EQ(told[1].by, "recovery");
  }
}

TEST_F(DeadRuns, WhatAPersonWasToldToStayIsNeverNotedAsUndone) {
  const auto journal = run("r", {opened("local"), Injected{"i1", "f", "pid:1@2", "web[1]", {}},
                                 Injected{"i2", "f", "pid:3@4", "web[3]", {}}});
  const std::vector<Settled> settled{{"i1", "setting", "web[1]", "max was 2, and is 7 now"}};
  ASSERT_TRUE(note_settled(journal, settled));
  ASSERT_TRUE(note_settled(journal, settled)) << "a visit that died half-way";
  ASSERT_TRUE(confirm_undone(journal));
  std::vector<std::string> told;
  ASSERT_TRUE(read_journal(journal, [&](Event event) {
    if (const auto* undone = std::get_if<Undone>(&event.what))
      told.push_back(undone->injection + (undone->verified ? " undone" : " stays: " + undone->why));
    if (const auto* left = std::get_if<LeftBehind>(&event.what))
      told.push_back(left->injection + " of " + left->fault + " left: " + left->what);
    return true;
  }));
  EXPECT_EQ(told, (std::vector<std::string>{"i1 stays: max was 2, and is 7 now",
                                            "i1 of f left: max was 2, and is 7 now", "i2 undone"}));
}

TEST_F(DeadRuns, AnActIsDoneAndNotTakenBack) {
  Plan plan;
  plan.faults.resize(1);
  plan.faults[0].name = "k", plan.faults[0].instant = true;
  RunStarted started;
  started.plan = encode(plan);
  const auto journal = run("r", {started, Injected{"i1", "k", "pid:1@2", "web[1]", {}},
                                 Injected{"i2", "k", "pid:3@4", "web[3]", {}}});
  ASSERT_TRUE(confirm_undone(journal));
  ASSERT_TRUE(confirm_undone(journal));
  int ended = 0, undone = 0;
  ASSERT_TRUE(read_journal(journal, [&](Event event) {
    ended += std::holds_alternative<FaultEnded>(event.what) ? 1 : 0;
    undone += std::holds_alternative<Undone>(event.what) ? 1 : 0;
    return true;
  }));
  EXPECT_EQ(ended, 1);
  EXPECT_EQ(undone, 0);
}

TEST_F(DeadRuns, ARunOfAnotherUserIsNotJudgedByTheLedgersOfThisOne) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to give a file away";
  const auto journal =
      run("r", {opened("local"), opened("root"), Injected{"i1", "f", "pid:1@2", "web[1]", {}}});
  ASSERT_EQ(::chown(journal.c_str(), 65534, 65534), 0);
  const auto all = visits();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].left.at(0),
            "agent `local` ran for user 65534, and this is user 0; run `gunflint recover` as that "
            "user");
  EXPECT_EQ(asked, std::vector<std::string>{"root"}) << "that one is root's, whoever asks";
  EXPECT_TRUE(visits(true).empty()) << "`--all` looks at that user's ledgers";
}

TEST_F(DeadRuns, ARunThatIsAliveIsLeftAlone) {
  const auto path = run("r", {opened("local")});
  auto living = Journal::create(out + "/other");  // a journal is locked while its run lives
  std::filesystem::rename(out + "/other", path);
  EXPECT_TRUE(visits().empty());
}

TEST_F(DeadRuns, WhatAJournalSaysIsNeverExecuted) {
  run("r", {opened("ssh://web1"), opened("local", "another-host")});
  const auto all = visits();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_TRUE(asked.empty()) << "neither is even tried";
  EXPECT_NE(all[0].left.at(0).find("`ssh://web1` is reached in a way"), std::string::npos);
  EXPECT_NE(all[1].left.at(0).find("ran on the host another-host"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists("/tmp/gunflint-was-executed"));
}

TEST_F(DeadRuns, AJournalThatCannotBeReadIsSaidAndStopsNoOther) {
  const auto path = run("1", {opened("local"), LoadStarted{}, LoadStarted{}});
  std::filesystem::resize_file(path, 20);
  run("2", {opened("local")});
  std::filesystem::permissions(path, std::filesystem::perms::owner_read);
  const auto all = visits();
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(all.back().run, "2");
}

TEST_F(DeadRuns, AFolderWithoutRunsHasNone) {
  out += "/nothing";
  EXPECT_TRUE(visits().empty());
  std::filesystem::create_directories(out);
}

}  // namespace
}  // namespace gunflint
