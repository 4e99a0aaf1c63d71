// Rule 11: two runs at one time that would change one thing.
#include "lab/hand/hand_lab.hpp"

namespace gunflint {
namespace {

using namespace lab;

TEST(TwoRuns, TheSecondIsNotStartedAndToldWhichRunHoldsTheLock) {
  Lab lab;
  const Victim victim(lab);
  const auto file =
      lab.write("a.yaml", experiment_on(victim, "pause", "    at: 3s\n    for: 2s\n"));
  const pid_t first =
      lab.start("first", {program("gunflint"), "run", file, "--out", lab.path("first")});
  const std::string run = run_folder(lab.path("first"));
  ASSERT_TRUE(journal_has(run, "load_started"));
  ASSERT_EQ(victim.state(), 'S') << "the lock holds before the fault is in force";

  const Ended second =
      lab.run({program("gunflint"), "run", file, "--out", lab.path("second")}, 30s);
  std::printf("%s%s\n", second.err.c_str(), second.out.c_str());
  EXPECT_EQ(second.code, 3);
  const std::string id = std::filesystem::path(run).filename();
  EXPECT_NE(second.out.find("lock held"), std::string::npos);
  EXPECT_NE(second.out.find(id), std::string::npos) << "it names the run " << id;
  const std::string journal = text_of(run_folder(lab.path("second")) + "/journal.jsonl");
  EXPECT_EQ(journal.find("\"kind\":\"fault_started\""), std::string::npos);
  EXPECT_EQ(journal.find("\"kind\":\"injected\""), std::string::npos);

  const auto end = std::chrono::steady_clock::now() + 20s;
  while (!journal_has(run, "run_ended", 1s) && std::chrono::steady_clock::now() < end) {
  }
  EXPECT_EQ(lab.stop(first), 0) << "the first run is not disturbed";
  const Ended third = lab.run({program("gunflint"), "run", file, "--out", lab.path("third")}, 30s);
  EXPECT_EQ(third.code, 0) << "the lock is free again" << third.err << third.out;
  EXPECT_EQ(victim.state(), 'S');
}

TEST(TwoRuns, OnDifferentThingsDoNotMeet) {
  Lab lab;
  const Victim one(lab, "one"), other(lab, "other");
  const auto a = lab.write("a.yaml", experiment_on(one, "pause", "    for: 3s\n"));
  const auto b = lab.write("b.yaml", experiment_on(other, "pause", "    for: 1s\n"));
  const pid_t first =
      lab.start("first", {program("gunflint"), "run", a, "--out", lab.path("first")});
  ASSERT_TRUE(one.waits_for('T'));
  const Ended second = lab.run({program("gunflint"), "run", b, "--out", lab.path("second")}, 30s);
  EXPECT_EQ(second.code, 0) << second.err << second.out;
  ASSERT_TRUE(one.waits_for('S'));
  ASSERT_TRUE(journal_has(run_folder(lab.path("first")), "run_ended"));
  EXPECT_EQ(lab.stop(first), 0);
}

}  // namespace
}  // namespace gunflint
