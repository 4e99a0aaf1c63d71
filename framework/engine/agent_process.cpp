#include "engine/agent_process.hpp"

#include <cerrno>
#include <csignal>
#include <thread>

#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace gunflint {

Result<AgentProcess> AgentProcess::start(const std::vector<std::string>& argv) {
  GF_TRY_AS(FdPair input, make_pipe());
  GF_TRY_AS(FdPair output, make_pipe());
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_adddup2(&files, input.first.get(), 0);
  ::posix_spawn_file_actions_adddup2(&files, output.second.get(), 1);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
  std::vector<char*> words;
  for (const auto& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  AgentProcess child;
  const int error =
      ::posix_spawnp(&child.pid_, words[0], &files, &attributes, words.data(), environ);
  ::posix_spawn_file_actions_destroy(&files);
  ::posix_spawnattr_destroy(&attributes);
  if (error != 0) {
    child.pid_ = -1;
    return fail_errno(error, "start " + argv[0]);
  }
  child.in_ = std::move(input.second);
  child.out_ = std::move(output.first);
  return child;
}

AgentProcess::AgentProcess(AgentProcess&& o) noexcept
    : pid_(std::exchange(o.pid_, -1)), in_(std::move(o.in_)), out_(std::move(o.out_)) {}
AgentProcess& AgentProcess::operator=(AgentProcess&& o) noexcept {
  std::swap(pid_, o.pid_);
  std::swap(in_, o.in_);
  std::swap(out_, o.out_);
  return *this;
}
AgentProcess::~AgentProcess() {
  close_pipes();
  (void)wait(2s);
}

void AgentProcess::close_pipes() {
  in_.close();
  out_.close();
}

std::optional<int> AgentProcess::wait(Duration patience) {
  if (pid_ < 0) return 0;
  Fd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  if (handle) {
    pollfd end{handle.get(), POLLIN, 0};
    ::poll(&end, 1, static_cast<int>(patience / 1ms));
  }
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  pid_ = -1;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace gunflint
