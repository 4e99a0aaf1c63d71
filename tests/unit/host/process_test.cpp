#include <csignal>
#include <cstdlib>
#include <fstream>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "host/process_table.hpp"
#include "host/real_host.hpp"

namespace gunflint {
namespace {

TEST(ProcessStat, ANameMayContainBracketsAndSpaces) {
  auto stat = parse_process_stat(
      "42 (a) b (c)) S 7 42 40 0 -1 4194560 100 0 0 0 12 30 0 0 20 0 1 0 83920 1000 250 0");
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->name, "a) b (c)");
  EXPECT_EQ(stat->state, 'S');
  EXPECT_EQ(stat->parent, 7);
  EXPECT_EQ(stat->session, 40);
  EXPECT_EQ(stat->user_ticks, 12u);
  EXPECT_EQ(stat->system_ticks, 30u);
  EXPECT_EQ(stat->start_time, 83920u);
  EXPECT_EQ(stat->resident_pages, 250u);
}

TEST(ProcessStat, AShortLineIsAnErrorNotACrash) {
  EXPECT_FALSE(parse_process_stat("42 (x) S 7"));
  EXPECT_FALSE(parse_process_stat(""));
}

TEST(Cgroups, ListsOfBothHierarchiesAreRead) {
  const auto paths = parse_cgroup_list("9:name=systemd:/a\n4:cpu,cpuacct:/b\n0::/c\n");
  EXPECT_EQ(paths.at(""), "/c");
  EXPECT_EQ(paths.at("cpu"), "/b");
  EXPECT_EQ(paths.at("cpuacct"), "/b");
  EXPECT_EQ(paths.size(), 3u);
}

TEST(Protected, ThisProcessItsParentAndPidOneAreNoVictims) {
  for (const int pid : {1, ::getpid(), ::getppid()}) {
    auto stat = read_process_stat(pid);
    ASSERT_TRUE(stat);
    EXPECT_NE(protected_because(*stat), "") << pid;
  }
}

class RealProcesses : public testing::Test {
 protected:
  std::unique_ptr<Processes> processes = make_real_processes();
  int child = 0;
  ProcessId start_child() {
    child = ::fork();
    if (child == 0) {
      for (;;) ::pause();
    }
    return {child, read_process_stat(child).value().start_time};
  }
  void TearDown() override {
    if (child > 0) {
      ::kill(child, SIGKILL);
      ::waitpid(child, nullptr, 0);
    }
  }
};

TEST_F(RealProcesses, RunGivesOutputInputAndCode) {
  auto result = processes->run({{"cat"}, "hello", 10s});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->out, "hello");
  EXPECT_EQ(result->code, 0);
  result = processes->run({{"ls", "/nowhere-at-all"}, {}, 10s});
  ASSERT_TRUE(result);
  EXPECT_NE(result->code, 0);
  EXPECT_NE(result->err, "");
}

TEST_F(RealProcesses, ACommandThatDoesNotEndIsKilledAtItsDeadline) {
  const auto start = ::time(nullptr);
  auto result = processes->run({{"sleep", "60"}, {}, 100ms});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().cause, Cause::TimedOut);
  EXPECT_LT(::time(nullptr) - start, 20);
}

TEST_F(RealProcesses, AProgramThatIsNotThereIsUnsupportedWithItsName) {
  auto result = processes->run({{"gunflint-no-such-tool"}, {}, 1s});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().cause, Cause::Unsupported);
  EXPECT_NE(result.error().message.find("gunflint-no-such-tool"), std::string::npos);
}

TEST_F(RealProcesses, ACommandInheritsNoDescriptor) {
  const int leaked = ::dup(0);  // without close-on-exec
  auto result = processes->run({{"ls", "/proc/self/fd"}, {}, 10s});
  ::close(leaked);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->out, "0\n1\n2\n3\n");  // 3 is ls's own
}

TEST_F(RealProcesses, ASignalNeedsTheRightIdentity) {
  const ProcessId id = start_child();
  auto wrong = processes->signal({id.pid, id.start_time + 1}, SIGSTOP);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().cause, Cause::Gone);
  ASSERT_TRUE(processes->signal(id, SIGSTOP));
  int status = 0;
  ASSERT_EQ(::waitpid(id.pid, &status, WUNTRACED), id.pid);
  EXPECT_EQ(processes->look(id.pid)->state, 'T');
}

TEST_F(RealProcesses, AZombieIsGone) {
  const ProcessId id = start_child();
  ::kill(id.pid, SIGKILL);
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(id.pid), &info, WEXITED | WNOWAIT);
  auto answer = processes->signal(id, SIGCONT);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().cause, Cause::Gone);
}

TEST_F(RealProcesses, OnlyTheSoftLimitChangesAndComesBack) {
  const ProcessId id = start_child();
  auto before = processes->limit(id, RLIMIT_NOFILE);
  ASSERT_TRUE(before);
  ASSERT_TRUE(processes->set_soft_limit(id, RLIMIT_NOFILE, 16));
  auto now = processes->limit(id, RLIMIT_NOFILE);
  EXPECT_EQ(now->soft, 16u);
  EXPECT_EQ(now->hard, before->hard);
  ASSERT_TRUE(processes->set_soft_limit(id, RLIMIT_NOFILE, before->soft));
  EXPECT_EQ(processes->limit(id, RLIMIT_NOFILE)->soft, before->soft);
}

TEST_F(RealProcesses, PidOneIsRefusedAsAVictim) {
  auto one = read_process_stat(1);
  ASSERT_TRUE(one);
  auto answer = processes->signal({1, one->start_time}, SIGSTOP);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().cause, Cause::NotPermitted);
}

class RealFiles : public testing::Test {
 protected:
  std::unique_ptr<Files> files = make_real_files();
  std::string folder;
  void SetUp() override {
    char pattern[] = "/tmp/gunflint-files-XXXXXX";
    folder = ::mkdtemp(pattern);
    std::ofstream(folder + "/conf") << "workers 4\n";
    ::chmod((folder + "/conf").c_str(), 0640);
  }
  void TearDown() override {
    if (auto names = files->list(folder))
      for (const auto& name : *names) ::unlink((folder + "/" + name).c_str());
    ::rmdir(folder.c_str());
  }
};

TEST_F(RealFiles, ReplaceKeepsTheModeAndLeavesNoTemporaryFile) {
  ASSERT_TRUE(files->replace(folder + "/conf", "workers 2\n"));
  auto now = files->read(folder + "/conf");
  ASSERT_TRUE(now);
  EXPECT_EQ(now->content, "workers 2\n");
  EXPECT_EQ(now->mode, 0640u);
  EXPECT_EQ(files->list(folder)->size(), 1u);
}

TEST_F(RealFiles, ASymbolicLinkIsNotWrittenThrough) {
  ASSERT_EQ(::symlink((folder + "/conf").c_str(), (folder + "/link").c_str()), 0);
  auto answer = files->replace(folder + "/link", "x");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().cause, Cause::BadInput);
  EXPECT_EQ(files->read(folder + "/conf")->content, "workers 4\n");
}

TEST_F(RealFiles, RemovingWhatIsNotThereIsGone) {
  auto answer = files->remove(folder + "/absent");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().cause, Cause::Gone);
}

}  // namespace
}  // namespace gunflint
