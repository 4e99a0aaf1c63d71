#include <csignal>
#include <fstream>
#include <thread>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "host/fd.hpp"
#include "host/launch.hpp"
#include "host/process_table.hpp"

namespace gunflint {
namespace {

bool has_children() { return ::waitpid(-1, nullptr, WNOHANG) != -1 || errno != ECHILD; }

/// One line of /proc/self/status, as a program that we start sees it.
std::string status_line(const std::string& name) {
  const auto said = run_to_the_end({{"grep", "^" + name + ":", "/proc/self/status"}, {}, 10s});
  return said ? said->out : said.error().message;
}

class Launching : public testing::Test {
 protected:
  void TearDown() override { EXPECT_FALSE(has_children()) << "a child was not waited for"; }
};

TEST_F(Launching, OutputIsKeptUpToOneMebibyteAndTheRestIsReadAway) {
  const auto said = run_to_the_end({{"head", "-c", "3000000", "/dev/zero"}, {}, 20s});
  ASSERT_TRUE(said) << said.error().message;
  EXPECT_EQ(said->code, 0) << "it was not left with a full pipe";
  EXPECT_EQ(said->out.size(), 1u << 20);
}

TEST_F(Launching, InputLargerThanAPipeArrivesWhole) {
  const auto said = run_to_the_end({{"wc", "-c"}, std::string(1'000'000, 'x'), 20s});
  ASSERT_TRUE(said) << said.error().message;
  EXPECT_EQ(said->out, "1000000\n");
}

TEST_F(Launching, AProgramThatDoesNotWantItsInputIsNoFailure) {
  ASSERT_EQ(::signal(SIGPIPE, SIG_DFL), SIG_DFL) << "also where SIGPIPE would end us";
  const auto said = run_to_the_end({{"true"}, std::string(1'000'000, 'x'), 20s});
  ASSERT_TRUE(said) << said.error().message;
  EXPECT_EQ(said->code, 0);
}

TEST_F(Launching, AGrandchildThatKeepsThePipeIsNotWaitedFor) {
  const auto begin = monotonic_now();
  const auto said = run_to_the_end({{"sh", "-c", "sleep 30 & echo $!"}, {}, 20s});
  ASSERT_TRUE(said) << said.error().message;
  EXPECT_LT(monotonic_now() - begin, 15s);
  const int sleeper = std::stoi(said->out);
  ::kill(sleeper, SIGKILL);
}

TEST_F(Launching, AtTheDeadlineTheWholeGroupIsKilled) {
  const std::string file = testing::TempDir() + "/gunflint-launch-" + std::to_string(::getpid());
  const auto said =
      run_to_the_end({{"sh", "-c", "sleep 30 & echo $! > " + file + "; wait"}, {}, 700ms});
  ASSERT_FALSE(said);
  EXPECT_EQ(said.error().cause, Cause::TimedOut);
  int sleeper = 0;
  std::ifstream(file) >> sleeper;
  ::unlink(file.c_str());
  ASSERT_GT(sleeper, 0);
  const auto end = monotonic_now() + 5s;
  for (auto stat = read_process_stat(sleeper); stat && stat->state != 'Z' && monotonic_now() < end;
       stat = read_process_stat(sleeper))
    std::this_thread::sleep_for(5ms);
  const auto stat = read_process_stat(sleeper);
  EXPECT_TRUE(!stat || stat->state == 'Z');
}

TEST_F(Launching, AnEndBySignalIs128AndItsNumber) {
  const auto said = run_to_the_end({{"sh", "-c", "kill -TERM $$"}, {}, 10s});
  ASSERT_TRUE(said);
  EXPECT_EQ(said->code, 128 + SIGTERM);
}

TEST_F(Launching, AFileThatIsNoProgramIsAnErrorAndLeavesNoZombie) {
  const std::string file = testing::TempDir() + "/gunflint-noexec-" + std::to_string(::getpid());
  std::ofstream(file) << "\x7f"
                         "ELF but not really";
  ::chmod(file.c_str(), 0700);
  const auto said = run_to_the_end({{file}, {}, 5s});
  ::unlink(file.c_str());
  ASSERT_FALSE(said);
  EXPECT_NE(said.error().message.find(file), std::string::npos) << said.error().message;
}

TEST_F(Launching, NoHandlerAndNoBlockedSignalReachesTheProgram) {
  const auto before = ::signal(SIGPIPE, SIG_IGN);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  EXPECT_NE(status_line("SigBlk").find("\t0000000000000000"), std::string::npos);
  EXPECT_NE(status_line("SigIgn").find("\t0000000000000000"), std::string::npos)
      << "SIGPIPE is ignored here";
  ::signal(SIGPIPE, before);
  sigset_t now;
  ::pthread_sigmask(SIG_UNBLOCK, &set, &now);
  EXPECT_TRUE(sigismember(&now, SIGUSR1)) << "the caller's own mask is as it was";
}

TEST_F(Launching, SeveralThreadsLeakNoDescriptorIntoEachOthersChildren) {
  std::vector<std::jthread> threads;
  std::atomic<int> clean = 0;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&clean] {
      for (int round = 0; round < 8; ++round) {
        const auto said = run_to_the_end({{"ls", "/proc/self/fd"}, "x", 20s});
        if (said && said->out == "0\n1\n2\n3\n") ++clean;
      }
    });
  threads.clear();
  EXPECT_EQ(clean, 4 * 8);
}

TEST_F(Launching, ALaunchedProgramHasASessionOfItsOwnAndOurPipes) {
  auto input = make_pipe(), output = make_pipe();
  Launch order;
  order.argv = {"cat"};
  order.in = input->first.get();
  order.out = output->second.get();
  order.session = true;
  const auto pid = launch(order);
  ASSERT_TRUE(pid) << pid.error().message;
  input->first.close();
  output->second.close();
  EXPECT_EQ(read_process_stat(*pid)->session, *pid);
  ASSERT_EQ(::write(input->second.get(), "word", 4), 4);
  char word[8] = {};
  ASSERT_EQ(::read(output->first.get(), word, sizeof word), 4);
  EXPECT_EQ(std::string(word), "word");
  input->second.close();
  int status = -1;
  ASSERT_EQ(::waitpid(*pid, &status, 0), *pid);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace gunflint
