// Runs that died with a fault in force: the coordinator, its agent and the guardian all killed.
#include <set>

#include <sys/prctl.h>
#include <sys/wait.h>

#include "lab/hand/hand_lab.hpp"

namespace gunflint {
namespace {

using namespace lab;

/// Every living descendant of a process, found while its ancestors still live.
std::vector<pid_t> family_of(pid_t top) {
  std::vector<pid_t> family{top};
  for (std::size_t i = 0; i < family.size(); ++i) {
    const std::string folder = "/proc/" + std::to_string(family[i]) + "/task/";
    std::error_code none;
    for (const auto& thread : std::filesystem::directory_iterator(folder, none)) {
      std::istringstream children(text_of(thread.path().string() + "/children"));
      for (pid_t child = 0; children >> child;) family.push_back(child);
    }
  }
  return family;
}

class DeadRun : public testing::Test {
 protected:
  // What the killed leave is ours to wait for.
  void SetUp() override { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }
  void TearDown() override {
    ::kill(victim.pid, SIGCONT);
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
  }

  /// A run whose `pause` is in force, and then nobody of it is alive. Its folder.
  std::string die_in_force() {
    const auto file = lab.write("a.yaml", experiment_on(victim, "pause", "    for: 60s\n"));
    const pid_t run = lab.start("run", {program("gunflint"), "run", file, "--out", out});
    if (!victim.waits_for('T')) return {};
    const std::string folder = run_folder(out);
    journal_has(folder, "injected");
    // First all are stopped, so that none mends what another one's end makes it see.
    const auto family = family_of(run);
    for (const pid_t pid : family) ::kill(pid, SIGSTOP);
    for (const pid_t pid : family) ::kill(pid, SIGKILL);
    lab.stop(run, SIGKILL);
    for (const pid_t pid : family) ::waitpid(pid, nullptr, 0);
    EXPECT_GE(family.size(), 3u) << "coordinator, guardian, agent";
    EXPECT_EQ(victim.state(), 'T') << "the fault is in force and nobody is left to end it";
    return folder;
  }
  Ended recover() { return lab.run({program("gunflint"), "recover", "--out", out}, 60s); }

  Lab lab;
  Victim victim{lab};
  std::string out = lab.path("runs");
};

TEST_F(DeadRun, RecoverVisitsItsAgentTakesBackAndClosesItInTheJournal) {
  const std::string run = die_in_force();
  ASSERT_NE(run, "");
  const std::string id = std::filesystem::path(run).filename();
  const Ended first = recover();
  std::printf("%s%s\n", first.err.c_str(), first.out.c_str());
  EXPECT_EQ(first.code, 0);
  EXPECT_TRUE(victim.waits_for('S', 2s));
  EXPECT_NE(first.out.find("taken back: pause on sleep"), std::string::npos);
  EXPECT_NE(first.out.find("visited: agent `local` of run " + id), std::string::npos);
  EXPECT_TRUE(journal_has(run, "agent_closed", 1s));
  const Ended second = recover();
  EXPECT_EQ(second.code, 0) << second.out;
  EXPECT_EQ(second.out.find(id), std::string::npos) << "it is not visited again" << second.out;
  const Ended report =
      lab.run({program("gunflint"), "report", id, "--out", out, "-o", "-", "--format", "text"});
  EXPECT_EQ(report.code, 0) << "the journal is still readable" << report.err;
}

TEST_F(DeadRun, TheNextRunTakesBackWhatWasLeftAndSaysSo) {
  ASSERT_NE(die_in_force(), "");
  const auto noop = lab.write("n.yaml", experiment_on(victim, "noop", "    for: 1s\n"));
  const Ended next = lab.run({program("gunflint"), "run", noop, "--out", lab.path("next")}, 60s);
  std::printf("%s%s\n", next.err.c_str(), next.out.c_str());
  EXPECT_EQ(next.code, 0);
  EXPECT_TRUE(victim.waits_for('S', 2s));
  EXPECT_NE(next.err.find("took back what a dead run had left: pause on sleep"), std::string::npos);
}

TEST(RecoverWhileARunIsAlive, LeavesItAlone) {
  Lab lab;
  const Victim victim(lab);
  const auto file = lab.write("a.yaml", experiment_on(victim, "pause", "    for: 3s\n"));
  const pid_t run = lab.start("run", {program("gunflint"), "run", file, "--out", lab.path("runs")});
  ASSERT_TRUE(victim.waits_for('T'));
  const Ended recover = lab.run({program("gunflint"), "recover", "--out", lab.path("runs")}, 30s);
  EXPECT_EQ(recover.code, 0) << recover.out << recover.err;
  EXPECT_EQ(recover.out.find("visited"), std::string::npos) << recover.out;
  EXPECT_EQ(victim.state(), 'T');
  EXPECT_TRUE(victim.waits_for('S'));
  ASSERT_TRUE(journal_has(run_folder(lab.path("runs")), "run_ended"));
  EXPECT_EQ(lab.stop(run), 0);
}

}  // namespace
}  // namespace gunflint
