#pragma once
/// Writing to a pipe that nobody reads any more is an error of write(2) and not the end of the
/// program, in one that ignores SIGPIPE and in one that does not.

#include <cerrno>
#include <csignal>
#include <ctime>

namespace gunflint {

/// While it lives this thread gets no SIGPIPE; what came meanwhile is gone with it.
class NoBrokenPipe {
 public:
  NoBrokenPipe() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~NoBrokenPipe() {
    const int number = errno;  // of the write
    const timespec at_once{};
    if (!sigismember(&before_, SIGPIPE)) {
      while (::sigtimedwait(&pipe_, nullptr, &at_once) == SIGPIPE) {
      }
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    errno = number;
  }
  NoBrokenPipe(const NoBrokenPipe&) = delete;
  NoBrokenPipe& operator=(const NoBrokenPipe&) = delete;

 private:
  sigset_t pipe_{}, before_{};
};

}  // namespace gunflint
