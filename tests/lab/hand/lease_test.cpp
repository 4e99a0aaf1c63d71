// `lease:` of a fault is its own, whatever the run's is.
#include <set>

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

}  // namespace
}  // namespace gunflint
