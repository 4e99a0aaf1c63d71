// Rule 3: whoever kills the agent's cgroup spares the guardian, which then takes back.
#include <set>

#include "lab/hand/hand_lab.hpp"

namespace gunflint {
namespace {

using namespace lab;

/// Where the v2 hierarchy is mounted; empty: nowhere.
std::string unified() {
  std::ifstream mounts("/proc/self/mounts");
  for (std::string device, folder, type, rest; mounts >> device >> folder >> type;) {
    std::getline(mounts, rest);
    if (type == "cgroup2") return folder;
  }
  return {};
}

std::string only_guard_of(const std::string& pid_cgroups) {
  const auto at = pid_cgroups.find("0::/gunflint-guard-");
  return at == pid_cgroups.npos ? ""
                                : pid_cgroups.substr(at + 3, pid_cgroups.find('\n', at) - at - 3);
}

class Guardian : public testing::Test {
 protected:
  void SetUp() override {
    if (!is_root() || unified().empty()) GTEST_SKIP() << "a v2 cgroup needs root and its hierarchy";
    group = unified() + "/gunflint-lab-" + std::to_string(::getpid());
    std::filesystem::create_directory(group);
    if (!std::filesystem::exists(group + "/cgroup.kill"))
      GTEST_SKIP() << "this kernel kills no cgroup at once (Linux 5.14)";
    const auto file = lab.write("a.yaml", experiment_on(victim, "pause", "    for: 20s\n"));
    run = lab.start("run", {"sh", "-c",
                            "echo $$ > " + group + "/cgroup.procs; exec " + program("gunflint") +
                                " run " + file + " --out " + lab.path("runs")});
    ASSERT_TRUE(victim.waits_for('T')) << lab.read("run.log");
  }
  void TearDown() override {
    ::kill(victim.pid, SIGCONT);
    std::error_code busy;
    for (int i = 0; i < 100 && !group.empty() && std::filesystem::exists(group); ++i) {
      std::filesystem::remove(group, busy);
      std::this_thread::sleep_for(20ms);
    }
  }
  /// The v2 path of the guardian of the living run: a process named so in a cgroup named so.
  std::string guard() const {
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", none)) {
      if (text_of(entry.path() / "comm") != "gunflint-guard\n") continue;
      const std::string stat = text_of(entry.path() / "cgroup");
      if (const std::string path = only_guard_of(stat); !path.empty() && is_ours(path)) return path;
    }
    return {};
  }
  /// Its agent's id is the end of the path, and the ledger of that id names our run.
  bool is_ours(const std::string& path) const {
    const std::string id = path.substr(path.rfind('-') + 1);
    const std::string ledger = text_of("/var/lib/gunflint/ledger/" + id + ".ledger");
    const std::string folder = run_folder(lab.path("runs"));
    return ledger.find(std::filesystem::path(folder).filename()) != std::string::npos;
  }

  Lab lab;
  Victim victim{lab};
  std::string group;
  pid_t run = 0;
};

TEST_F(Guardian, SurvivesTheKillOfTheAgentsCgroupAndTakesBack) {
  std::string path;
  for (int i = 0; i < 100 && path.empty(); ++i, std::this_thread::sleep_for(20ms)) path = guard();
  ASSERT_NE(path, "") << "the guardian has no cgroup of its own";
  std::ofstream(group + "/cgroup.kill") << "1";
  EXPECT_TRUE(victim.waits_for('S', 10s)) << "nobody was left to take it back";
  EXPECT_EQ(lab.stop(run), 128 + SIGKILL);
  const std::string folder = unified() + path;
  for (int i = 0; i < 250 && std::filesystem::exists(folder); ++i)
    std::this_thread::sleep_for(20ms);
  EXPECT_FALSE(std::filesystem::exists(folder)) << "nothing is left behind";
}

TEST_F(Guardian, GoesBackWhenTheRunEndsByItself) {
  std::string path;
  for (int i = 0; i < 100 && path.empty(); ++i, std::this_thread::sleep_for(20ms)) path = guard();
  ASSERT_NE(path, "");
  ::kill(run, SIGTERM);
  EXPECT_TRUE(victim.waits_for('S', 10s));
  EXPECT_TRUE(journal_has(run_folder(lab.path("runs")), "run_ended"));
  EXPECT_EQ(lab.stop(run, 0), 143);
  const std::string folder = unified() + path;
  for (int i = 0; i < 250 && std::filesystem::exists(folder); ++i)
    std::this_thread::sleep_for(20ms);
  EXPECT_FALSE(std::filesystem::exists(folder)) << "nothing is left behind";
}

}  // namespace
}  // namespace gunflint
