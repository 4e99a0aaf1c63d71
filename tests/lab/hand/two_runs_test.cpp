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

struct Holder {
  pid_t pid;
  std::string folder;
};
/// A run that has the victim for 20 s and does nothing to it.
Holder holder_of(Lab& lab, const Victim& victim) {
  const auto file =
      lab.write("a.yaml", experiment_on(victim, "noop", "    at: 1s\n    for: 20s\n"));
  const pid_t pid =
      lab.start("first", {program("gunflint"), "run", file, "--out", lab.path("first")});
  return {pid, run_folder(lab.path("first"))};
}

/// Keys that differ (pause, limit), a fault that declares none (noop), and one by hand.
TEST(TwoRuns, AMemberBelongsToTheFirstWhateverTheFaults) {
  Lab lab;
  const Victim victim(lab), other(lab, "other");
  const auto [first, run] = holder_of(lab, victim);
  ASSERT_TRUE(journal_has(run, "load_started"));
  const std::string id = std::filesystem::path(run).filename();

  const auto pause = lab.write("b.yaml", experiment_on(victim, "pause", "    for: 1s\n"));
  const auto limit =
      lab.write("c.yaml", experiment_on(victim, "limit", "    open_files: 64\n    for: 1s\n"));
  for (const auto& file : {pause, limit}) {
    const Ended second =
        lab.run({program("gunflint"), "run", file, "--out", lab.path("second")}, 30s);
    EXPECT_EQ(second.code, 3) << second.err << second.out;
    EXPECT_NE(second.out.find(id), std::string::npos) << "it names the run: " << second.out;
    EXPECT_NE(second.out.find(" sleep["), std::string::npos) << second.out;
    EXPECT_EQ(victim.state(), 'S');
  }
  const Ended by_hand =
      lab.run({program("gunflint"), "inject", "noop", "--target", "pid_file=" + victim.pid_file,
               "--for", "1s", "--out", lab.path("inject")},
              30s);
  EXPECT_EQ(by_hand.code, 3) << by_hand.err << by_hand.out;

  // A target that is only looked at is nobody's.
  auto looking = experiment_on(other, "noop", "    for: 1s\n");
  looking.insert(looking.find("  it:"),
                 "  seen: { local: { pid_file: " + victim.pid_file + " } }\n");
  const Ended beside = lab.run(
      {program("gunflint"), "run", lab.write("d.yaml", looking), "--out", lab.path("beside")}, 30s);
  EXPECT_EQ(beside.code, 0) << beside.err << beside.out;
  lab.stop(first, SIGINT);
}

/// By a target that finds another member: it is the same host.
TEST(TwoRuns, AFaultOfTheWholeHostIsNotStartedBesideARunOnOneOfItsMembers) {
  Lab lab;
  const Victim victim(lab), other(lab, "other");
  const auto [first, run] = holder_of(lab, victim);
  ASSERT_TRUE(journal_has(run, "load_started"));
  const auto wide = lab.write(
      "b.yaml", experiment_on(other, "cpu", "    share: 5%\n    scope: host\n    for: 1s\n"));
  const Ended beside = lab.run({program("gunflint"), "run", wide, "--out", lab.path("wide")}, 30s);
  EXPECT_EQ(beside.code, 3) << beside.err << beside.out;
  EXPECT_NE(beside.out.find(std::filesystem::path(run).filename()), std::string::npos)
      << "it names the run: " << beside.out;
  lab.stop(first, SIGINT);
  const Ended alone = lab.run({program("gunflint"), "run", wide, "--out", lab.path("wide")}, 30s);
  EXPECT_EQ(alone.code, 0) << alone.err << alone.out;
}

TEST(TwoRuns, OneRunHasSeveralFaultsOnItsMember) {
  Lab lab;
  const Victim victim(lab);
  auto text = experiment_on(victim, "pause", "    at: 1s\n    for: 2s\n");
  text.insert(text.find("blast_radius"),
              "  - type: limit\n    target: it\n    open_files: 64\n    at: 2s\n    for: 2s\n");
  const Ended ended = lab.run(
      {program("gunflint"), "run", lab.write("a.yaml", text), "--out", lab.path("runs")}, 30s);
  EXPECT_EQ(ended.code, 0) << ended.err << ended.out;
}

/// What appears after the start is taken when it is injected: by then it may be another run's.
TEST(TwoRuns, AMemberThatAppearsLaterMayBeAnotherRunsByThen) {
  Lab lab;
  const std::string name = "gf-late-" + std::to_string(::getpid() % 10000);
  std::filesystem::copy_file("/bin/sleep", lab.path(name));
  lab.start("one", {lab.path(name), "300"});
  std::string all = "version: 1\nname: all\ntargets:\n  it: { local: { process: " + name +
                    " } }\nfaults:\n  - type: noop\n    target: it\n    pick: all\n    at: 8s\n"
                    "    for: 1s\nblast_radius: { keep_ready: 0 }\n";
  const pid_t waiting = lab.start(
      "waiting",
      {program("gunflint"), "run", lab.write("all.yaml", all), "--out", lab.path("waiting")});
  const std::string run = run_folder(lab.path("waiting"));
  ASSERT_TRUE(journal_has(run, "load_started"));

  const pid_t late = lab.start("late", {lab.path(name), "300"});
  const auto file = lab.write("late.pid", std::to_string(late) + "\n");
  const pid_t holder = lab.start(
      "holder", {program("gunflint"), "run",
                 lab.write("late.yaml",
                           "version: 1\nname: late\ntargets:\n  it: { local: { pid_file: " + file +
                               " } }\nfaults:\n  - type: noop\n    target: it\n    for: 15s\n"
                               "blast_radius: { keep_ready: 0 }\n"),
                 "--out", lab.path("holder")});
  ASSERT_TRUE(journal_has(run_folder(lab.path("holder")), "injected", 7s));
  ASSERT_TRUE(journal_has(run, "run_ended", 20s));
  EXPECT_EQ(lab.stop(waiting), 7);
  const std::string journal = text_of(run + "/journal.jsonl");
  EXPECT_NE(journal.find("lock held"), std::string::npos) << journal;
  lab.stop(holder, SIGINT);
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
