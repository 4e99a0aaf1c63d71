#include <csignal>

#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "host/fd.hpp"

namespace gunflint {
namespace {

/// `plan` and `recover` talk to agents over pipes, and ignore no signal.
TEST(WriteAll, APipeThatNobodyReadsIsAnErrorAndNotTheEndOfTheProgram) {
  const int child = ::fork();
  if (child == 0) {
    ::signal(SIGPIPE, SIG_DFL);
    auto pipe = make_pipe();
    if (!pipe) ::_exit(2);
    pipe->first.close();
    const auto said = write_all(pipe->second.get(), "hello", 1s);
    ::_exit(!said && said.error().cause == Cause::Unreachable ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_FALSE(WIFSIGNALED(status)) << "by signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace gunflint
