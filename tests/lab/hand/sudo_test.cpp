// An ordinary user whose fault needs root: the agent is started through sudo. The machine's own
// /etc/sudoers.d is never touched: these tests see an empty one of their own, in a mount namespace
// that ends with them.
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "lab/hand/hand_lab.hpp"

namespace gunflint {
namespace {

using namespace lab;

constexpr int nobody = 65534;

std::set<std::string> files_in(const std::string& folder) {
  std::set<std::string> names;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folder, none))
    names.insert(entry.path().filename());
  return names;
}

class WithSudo : public testing::Test {
 protected:
  void SetUp() override {
    if (!is_root()) GTEST_SKIP() << "a sudoers file of one's own needs root";
    if (tool("sudo").empty() || tool("setpriv").empty()) GTEST_SKIP() << "sudo is not installed";
    before = files_in("/proc/1/root/etc/sudoers.d");
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("gunflint-lab", "/etc/sudoers.d", "tmpfs", 0, "mode=0755") != 0)
      GTEST_SKIP() << "no mount namespace can be made here";
    mounted = true;
    for (const std::string name : {"runs", "state"}) {
      std::filesystem::create_directory(lab.path(name));
      ASSERT_EQ(::chown(lab.path(name).c_str(), nobody, nobody), 0);
      ::chmod(lab.path(name).c_str(), 0700);
    }
    const Ended reach = lab.run(as_user({lab.for_everybody("gunflint-agent"), "version"}), 10s);
    if (reach.code != 0) GTEST_SKIP() << "user nobody cannot reach the built programs";
    file = lab.write("a.yaml", experiment_on(victim, "limit", "    cpu: 0.5\n    for: 2s\n"));
  }
  void TearDown() override {
    if (mounted) ::umount("/etc/sudoers.d");
    EXPECT_EQ(files_in("/proc/1/root/etc/sudoers.d"), before) << "the machine's own are untouched";
  }

  void allow(const std::string& what) {
    std::ofstream("/etc/sudoers.d/gunflint-lab") << "#" << nobody << " ALL=(root) " << what << "\n";
    ::chmod("/etc/sudoers.d/gunflint-lab", 0440);
  }
  std::vector<std::string> as_user(std::vector<std::string> argv) const {
    std::vector<std::string> words{"setpriv",
                                   "--reuid=" + std::to_string(nobody),
                                   "--regid=" + std::to_string(nobody),
                                   "--clear-groups",
                                   "env",
                                   "XDG_STATE_HOME=" + lab.path("state"),
                                   "HOME=" + lab.path("state")};
    words.insert(words.end(), argv.begin(), argv.end());
    return words;
  }
  std::vector<std::string> run_it() const {
    return as_user({lab.for_everybody("gunflint"), "run", file, "--out", lab.path("runs")});
  }
  /// Is there an undo record of this run among root's?
  static bool root_ledger_names(const std::string& run) {
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator("/var/lib/gunflint/ledger", none))
      if (text_of(entry.path()).find("\"run\":\"" + run + "\"") != std::string::npos) return true;
    return false;
  }

  Lab lab;
  Victim victim{lab};
  std::string file;
  std::set<std::string> before;
  bool mounted = false;
};

TEST_F(WithSudo, TheFaultIsInForceUndoneAndRecordedUnderRoot) {
  allow("NOPASSWD: " + lab.for_everybody("gunflint-agent"));
  const pid_t run = lab.start("run", run_it());
  const std::string folder = run_folder(lab.path("runs"));
  EXPECT_TRUE(journal_has(folder, "injected")) << lab.read("run.log");
  EXPECT_TRUE(root_ledger_names(std::filesystem::path(folder).filename()));
  struct stat owner {};
  ASSERT_EQ(::stat((folder + "/journal.jsonl").c_str(), &owner), 0);
  EXPECT_EQ(owner.st_uid, static_cast<uid_t>(nobody)) << "the coordinator has no rights itself";
  EXPECT_TRUE(journal_has(folder, "run_ended"));
  std::printf("%s\n", lab.read("run.log").c_str());
  EXPECT_EQ(lab.stop(run), 0);
  EXPECT_TRUE(journal_has(folder, "undone", 1s));
  EXPECT_FALSE(root_ledger_names(std::filesystem::path(folder).filename()))
      << "a clean end leaves no ledger";
}

TEST_F(WithSudo, WithoutTheRightNothingIsTouchedAndTheSentenceSaysWhatToDo) {
  const Ended ended = lab.run(run_it(), 30s);
  std::printf("%s%s\n", ended.err.c_str(), ended.out.c_str());
  EXPECT_EQ(ended.code, 6);
  EXPECT_NE(ended.out.find("needs root"), std::string::npos);
  EXPECT_NE(ended.out.find("sudo -v"), std::string::npos);
  // A line for sudoers is given with what it gives away, or not at all.
  EXPECT_EQ(ended.out.find("NOPASSWD") != std::string::npos,
            ended.out.find("all that root may do") != std::string::npos);
  const std::string journal = text_of(run_folder(lab.path("runs")) + "/journal.jsonl");
  EXPECT_EQ(journal.find("\"kind\":\"agent_opened\""), std::string::npos)
      << "not even the agent that needs no root was started";
}

TEST_F(WithSudo, PlanSaysItToo) {
  const Ended ended = lab.run(as_user({lab.for_everybody("gunflint"), "plan", file}), 30s);
  EXPECT_EQ(ended.code, 6) << ended.out;
  EXPECT_NE(ended.out.find("sudo -v"), std::string::npos) << ended.out;
}

TEST_F(WithSudo, RecoverVisitsTheRootAgentOfADeadRun) {
  allow("NOPASSWD: " + lab.for_everybody("gunflint-agent"));
  const pid_t run = lab.start("run", run_it());
  const std::string folder = run_folder(lab.path("runs"));
  ASSERT_TRUE(journal_has(folder, "injected")) << lab.read("run.log");
  lab.stop(run, SIGKILL);  // its agents see the end of their pipes and take back
  const Ended ended =
      lab.run(as_user({lab.for_everybody("gunflint"), "recover", "--out", lab.path("runs")}), 60s);
  std::printf("%s%s\n", ended.err.c_str(), ended.out.c_str());
  EXPECT_EQ(ended.code, 0);
  EXPECT_NE(ended.out.find("visited: agent `root` of run"), std::string::npos);
}

}  // namespace
}  // namespace gunflint
