#include "cli/child.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>
#include <utility>

namespace gunflint {

Child Child::start(const std::vector<std::string>& argv, const std::string& log) {
  // Everything the child touches between fork and exec is prepared before.
  std::vector<char*> words;
  for (const auto& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const int out =
      log.empty() ? -1 : ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const pid_t parent = ::getpid();
  Child child;
  child.pid_ = ::fork();
  if (child.pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(1);
    if (out >= 0) {
      ::dup2(out, STDOUT_FILENO);
      ::dup2(out, STDERR_FILENO);
    }
    ::execv(words[0], words.data());
    ::_exit(127);
  }
  if (out >= 0) ::close(out);
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
