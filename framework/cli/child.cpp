#include "cli/child.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <thread>
#include <utility>

#include "host/fd.hpp"
#include "host/launch.hpp"

namespace gunflint {

Child Child::start(const std::vector<std::string>& argv, const std::string& log) {
  const Fd out(log.empty() ? -1
                           : ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  Launch order;
  order.argv = argv;
  order.out = order.err = out.get();
  order.stays = true;
  order.death_signal = SIGTERM;
  Child child;
  if (const auto pid = launch(order))
    child.pid_ = *pid;
  else
    std::fprintf(stderr, "gunflint: %s\n", pid.error().message.c_str());
  return child;
}

Child::Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, 0)) {}
Child& Child::operator=(Child&& other) noexcept {
  std::swap(pid_, other.pid_);
  return *this;
}
Child::~Child() { end(SIGTERM, 2s); }

int Child::wait() {
  if (pid_ <= 0) return 127;
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void Child::end(int signal, Duration patience) {
  if (pid_ <= 0) return;
  ::kill(pid_, signal);
  const auto give_up = std::chrono::steady_clock::now() + patience;
  while (::waitpid(pid_, nullptr, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > give_up) ::kill(pid_, SIGKILL);
    std::this_thread::sleep_for(5ms);
  }
  pid_ = 0;
}

}  // namespace gunflint
