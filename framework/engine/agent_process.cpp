#include "engine/agent_process.hpp"

#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/launch.hpp"

namespace gunflint {

Result<AgentProcess> AgentProcess::start(const std::vector<std::string>& argv) {
  GF_TRY_AS(FdPair input, make_pipe());
  GF_TRY_AS(FdPair output, make_pipe());
  Launch order;
  order.argv = argv;
  order.in = input.first.get();
  order.out = output.second.get();
  // sudo remembers a password for a terminal's session; the agent below it makes its own.
  order.session = argv.empty() || argv.front() != "sudo";
  AgentProcess child;
  GF_TRY_AS(child.pid_, launch(order));
  child.in_ = std::move(input.second);
  // Our end alone: a write to an agent that does not read would otherwise never come back.
  ::fcntl(child.in_.get(), F_SETFL, O_NONBLOCK);
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
