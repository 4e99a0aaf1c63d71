// `lease:` of a fault is its own, whatever the run's is.
#include <cstring>
#include <set>

#include <sys/ptrace.h>
#include <sys/wait.h>

#include "lab/hand/hand_lab.hpp"

namespace gunflint {
namespace {

using namespace lab;

TEST(LeaseOfAFault, EndsItWhenTheCoordinatorIsSilentForThatLong) {
  Lab lab;
  const Victim victim(lab);
  const auto file =
      lab.write("a.yaml", experiment_on(victim, "pause", "    for: 40s\n    lease: 900ms\n"));
  const pid_t run = lab.start(
      "run", {program("gunflint"), "run", file, "--lease", "30s", "--out", lab.path("runs")});
  ASSERT_TRUE(victim.waits_for('T'));
  std::this_thread::sleep_for(3s);
  EXPECT_EQ(victim.state(), 'T') << "it hears of its coordinator often enough";
  ::kill(run, SIGSTOP);
  const auto silent = std::chrono::steady_clock::now();
  EXPECT_TRUE(victim.waits_for('S', 20s));
  EXPECT_LT(std::chrono::steady_clock::now() - silent, 15s) << "not the run's lease of 30 s";
  ::kill(run, SIGCONT);
  lab.stop(run, SIGTERM);
}

/// Only the thread that judges stands still, as in a write that never ends: the threads that read
/// and beat go on.
TEST(Lease, EndsWhenTheCoordinatorJudgesNoMore) {
  Lab lab;
  const Victim victim(lab);
  const auto file = lab.write("a.yaml", experiment_on(victim, "pause", "    for: 60s\n"));
  const pid_t run = lab.start(
      "run", {program("gunflint"), "run", file, "--lease", "2s", "--out", lab.path("runs")});
  ASSERT_TRUE(victim.waits_for('T'));
  std::this_thread::sleep_for(4s);
  ASSERT_EQ(victim.state(), 'T') << "it judges, and the lease lives";
  ASSERT_EQ(::ptrace(PTRACE_SEIZE, run, 0, 0), 0) << std::strerror(errno);
  ASSERT_EQ(::ptrace(PTRACE_INTERRUPT, run, 0, 0), 0);
  int status = 0;
  ASSERT_EQ(::waitpid(run, &status, __WALL), run);
  ASSERT_TRUE(WIFSTOPPED(status));
  const auto stuck = std::chrono::steady_clock::now();
  EXPECT_TRUE(victim.waits_for('S', 20s)) << "nobody judges, and the fault stays in force";
  EXPECT_LT(std::chrono::steady_clock::now() - stuck, 8s) << "a lease and a half, and the undo";
  std::this_thread::sleep_for(6s);  // longer than a lease and two seconds of silence
  ASSERT_EQ(::ptrace(PTRACE_DETACH, run, 0, 0), 0);
  const std::string folder = run_folder(lab.path("runs"));
  EXPECT_TRUE(journal_has(folder, "run_ended"));
  // It still writes its report: a signal now would end it by that. 0 only waits.
  EXPECT_EQ(lab.stop(run, 0), 7) << "its fault ended early";
  const std::string journal = text_of(folder + "/journal.jsonl");
  EXPECT_NE(journal.find("\"by\":\"lease\""), std::string::npos);
  EXPECT_EQ(journal.find("\"kind\":\"agent_lost\""), std::string::npos)
      << "an agent that was not asked is not lost";
}

}  // namespace
}  // namespace gunflint
