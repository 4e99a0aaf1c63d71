#include "agent/recovery.hpp"

#include <csignal>
#include <cstdlib>
#include <fstream>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "agent/holder_keeper.hpp"
#include "agent/ledger_folder.hpp"
#include "agent/settled.hpp"
#include "host/fd.hpp"
#include "host/process_table.hpp"

namespace gunflint {
namespace {

/// A folder with one ledger of a dead agent, and two files that `setting` had changed.
class Recovery : public testing::Test {
 protected:
  std::string folder, ledger;
  AgentParts parts;
  std::unique_ptr<AgentHost> host;

  void SetUp() override {
    char pattern[] = "/tmp/gunflint-recovery-XXXXXX";
    folder = ::mkdtemp(pattern);
    ::chmod(folder.c_str(), 0700);
    ledger = folder + "/a1.ledger";
    parts.every_place = true;
    host = std::make_unique<AgentHost>(parts);
  }
  void TearDown() override {
    for (const char* name : {"/a1.ledger", "/one.conf", "/two.conf"})
      ::unlink((folder + name).c_str());
    ::rmdir(folder.c_str());
  }
  std::string conf(const std::string& name) const { return folder + "/" + name + ".conf"; }
  void put(const std::string& name, int pool) const {
    std::ofstream(conf(name)) << "pool = " << pool << "\n";
  }
  std::string seen(const std::string& name) const { return read_text_file(conf(name)).value(); }

  /// Sets pool from 8 to 2 in the file, as an agent would have.
  UndoLine changed(const std::string& name) {
    put(name, 8);
    const FaultKind* fault = find_fault("setting");
    UndoLine line;
    line.undo.injection = name;
    line.undo.run = "run-1";
    line.undo.fault = "setting";
    line.undo.tag = "gf-" + name;
    line.undo.boot_id = host->facts().boot_id;
    line.undo.params = parse_json(R"({"shared":true,"value":2,"file":{"path":")" + conf(name) +
                                  R"(","key":"pool"}})")
                           .value();
    const auto holders = make_no_holders();
    Host real = host->with(*holders);
    auto saved = fault->observe(real, line.undo.member, line.undo.params);
    EXPECT_TRUE(saved) << saved.error().message;
    line.undo.saved = *saved;
    const auto done =
        fault->inject(real, line.undo.member, line.undo.params, *saved, Tag{line.undo.tag});
    EXPECT_TRUE(done) << done.error().message;
    return line;
  }
  void write(const std::string& text) const {
    std::ofstream(ledger, std::ios::binary) << text;
    ::chmod(ledger.c_str(), 0600);
  }
  static std::string head() {
    LedgerHead head;
    head.agent = "a1";
    head.run = "run-1";
    head.place = "host";
    return ledger_line_text(head);
  }
  RecoveryReport recover(const Recoverer& who) {
    auto report = recover_folder(*host, folder, who);
    EXPECT_TRUE(report) << report.error().message;
    return report ? *report : RecoveryReport{};
  }
  bool ledger_is_there() const { return ::access(ledger.c_str(), F_OK) == 0; }
};

TEST_F(Recovery, PutsBackWhatStandsBehindADamagedLineAndKeepsTheLedger) {
  std::string first = ledger_line_text(changed("one"));
  first[40] ^= 1;
  write(head() + first + ledger_line_text(changed("two")));
  for (int time = 0; time < 2; ++time) {  // the second finds nothing to do, and says the same
    const auto report = recover({"recovery", true});
    EXPECT_EQ(report.done.size(), time == 0 ? 1u : 0u);
    ASSERT_EQ(report.left.size(), 1u);
    EXPECT_NE(report.left[0].what.find("damaged"), std::string::npos) << report.left[0].what;
    EXPECT_FALSE(report.clean());
    EXPECT_EQ(seen("one"), "pool = 2\n");
    EXPECT_EQ(seen("two"), "pool = 8\n");
    EXPECT_TRUE(ledger_is_there());
  }
}

TEST_F(Recovery, AConflictIsKeptUntilAPersonHasHeardIt) {
  write(head() + ledger_line_text(changed("one")) + ledger_line_text(changed("two")));
  put("one", 5);  // somebody else
  const auto guardian = recover({"guardian"});
  EXPECT_EQ(guardian.done.size(), 1u);
  EXPECT_EQ(guardian.left.size(), 1u);
  ASSERT_TRUE(ledger_is_there());
  EXPECT_EQ(seen("two"), "pool = 8\n");
  put("one", 2);  // even when it looks like ours again: it was given up
  const auto hello = recover({"recovery"});
  ASSERT_EQ(hello.left.size(), 1u);
  EXPECT_EQ(hello.left[0].injection, "one");
  EXPECT_TRUE(ledger_is_there());
  const auto person = recover({"recovery", true});
  ASSERT_EQ(person.left.size(), 1u);
  EXPECT_NE(person.left[0].what.find("somebody else"), std::string::npos);
  const std::string where = "`pool` in " + conf("one") + " was 8, was set to 2 and is 5 now";
  EXPECT_NE(person.left[0].what.find(where), std::string::npos) << person.left[0].what;
  EXPECT_NE(person.left[0].what.find("if it is still to be 8, put that back by hand"),
            std::string::npos);
  EXPECT_FALSE(ledger_is_there());
  EXPECT_TRUE(recover({"recovery", true}).clean());
  // The journal of its run may still be told.
  EXPECT_TRUE(person.left[0].settled);
  const auto settled = settled_of(folder, "run-1");
  ASSERT_EQ(settled.size(), 1u);
  EXPECT_EQ(settled[0].injection, "one");
  EXPECT_EQ(settled[0].what, person.left[0].what);
  EXPECT_TRUE(settled_of(folder, "run-2").empty());
  EXPECT_TRUE(settled_of(folder, "../run-1").empty());
  forget_settled(folder, "run-1");
  EXPECT_TRUE(settled_of(folder, "run-1").empty());
}

/// Their agent died between making the file and its first line.
TEST_F(Recovery, DraftsOfDeadAgentsGoAway) {
  for (const char* name : {"/.old.new", "/.young.new", "/.old.other"})
    std::ofstream(folder + name) << "";
  const timespec long_ago[2] = {{1, 0}, {1, 0}};
  for (const char* name : {"/.old.new", "/.old.other"})
    ASSERT_EQ(::utimensat(AT_FDCWD, (folder + name).c_str(), long_ago, 0), 0);
  recover({"recovery", true});
  EXPECT_NE(::access((folder + "/.old.new").c_str(), F_OK), 0);
  EXPECT_EQ(::access((folder + "/.old.other").c_str(), F_OK), 0) << "not ours";
  EXPECT_EQ(::access((folder + "/.young.new").c_str(), F_OK), 0) << "its agent may be about to";
  for (const char* name : {"/.young.new", "/.old.other"}) ::unlink((folder + name).c_str());
}

/// The same number in another pid namespace is somebody else.
TEST(OrphanHolders, OfAnotherPidNamespaceAreNotTakenForProcessesHere) {
  const int stranger = ::fork();
  if (stranger == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::pause();
    ::_exit(0);
  }
  struct stat space {};
  ASSERT_EQ(::stat("/proc/self/ns/pid", &space), 0);
  HolderLine line;
  line.tag = "gf-abcdefghij";
  line.pid = stranger;
  line.start_time = read_process_stat(stranger)->start_time;
  line.pid_namespace = space.st_ino + 1;
  OrphanHolders elsewhere({line});
  EXPECT_FALSE(*elsewhere.running(Tag{line.tag}));
  EXPECT_TRUE(elsewhere.stop(Tag{line.tag}));
  EXPECT_EQ(::kill(stranger, 0), 0);
  EXPECT_NE(read_process_stat(stranger)->state, 'Z') << "it was not sent anything";
  line.pid_namespace = space.st_ino;
  OrphanHolders here({line});
  EXPECT_TRUE(*here.running(Tag{line.tag}));
  EXPECT_TRUE(here.stop(Tag{line.tag}));
  ::waitpid(stranger, nullptr, 0);
}

/// A living agent with `line` in force. It ends when the test does.
class LivingAgent {
 public:
  LivingAgent(const std::string& folder, const UndoLine& line) {
    int ready[2];
    if (::pipe(ready) != 0) return;
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      LedgerHead head;
      head.agent = "a1";
      head.place = "host";
      head.pid = ::getpid();
      head.start_time = read_process_stat(head.pid)->start_time;
      auto ledger = Ledger::create(folder, head);
      if (ledger && ledger->append(line)) (void)!::write(ready[1], "x", 1);
      for (;;) ::pause();
    }
    char c = 0;
    EXPECT_EQ(::read(ready[0], &c, 1), 1);
    ::close(ready[0]);
    ::close(ready[1]);
  }
  ~LivingAgent() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  void stop() const {
    ::kill(pid_, SIGSTOP);
    int status = 0;
    ::waitpid(pid_, &status, WUNTRACED);
  }

 private:
  int pid_ = 0;
};

TEST_F(Recovery, AnAgentAtWorkIsLeftAlone) {
  UndoLine line = changed("one");
  line.undo.deadline_boottime_ns = (boottime_now() + 1min).count();
  const LivingAgent agent(folder, line);
  const auto report = recover({"recovery", true, true});
  EXPECT_EQ(report.alive, 1);
  EXPECT_EQ(seen("one"), "pool = 2\n");
}

TEST_F(Recovery, AStoppedAgentIsEndedByWhoMayFence) {
  UndoLine line = changed("one");
  line.undo.deadline_boottime_ns = (boottime_now() + 1min).count();
  const LivingAgent agent(folder, line);
  agent.stop();
  EXPECT_EQ(recover({"recovery", true}).alive, 1);
  const auto report = recover({"recovery", true, true});
  EXPECT_EQ(report.alive, 0);
  EXPECT_EQ(report.done.size(), 1u);
  EXPECT_EQ(seen("one"), "pool = 8\n");
  EXPECT_FALSE(ledger_is_there());
}

TEST_F(Recovery, AnAgentThatKeepsAFaultBeyondItsDeadlineIsEnded) {
  UndoLine line = changed("one");
  line.undo.deadline_boottime_ns = (boottime_now() - 11s).count();
  const LivingAgent agent(folder, line);
  EXPECT_EQ(recover({"recovery", true, true}).alive, 0);
  EXPECT_EQ(seen("one"), "pool = 8\n");
}

TEST_F(Recovery, ALostAgentIsEndedWhateverItDoes) {
  const LivingAgent agent(folder, changed("one"));
  EXPECT_EQ(recover({"recovery", false, true, "another"}).alive, 1);
  EXPECT_EQ(recover({"recovery", false, true, "a1"}).alive, 0);
  EXPECT_EQ(seen("one"), "pool = 8\n");
}

}  // namespace
}  // namespace gunflint
