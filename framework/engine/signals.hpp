#pragma once
/// SIGINT, SIGTERM and SIGHUP as inputs of the run. While it lives they do not end the process;
/// SIGPIPE is ignored, so that a closed terminal or pipe is an error of write(2) only.

#include <atomic>
#include <csignal>
#include <thread>

#include "engine/inbox.hpp"

namespace gunflint {

class SignalWatch {
 public:
  /// Construct it before any thread is started: they inherit the blocked signals.
  explicit SignalWatch(Inbox& inbox);
  ~SignalWatch();
  /// How many have come. From the second on nobody wants a report any more.
  int count() const { return count_; }

 private:
  sigset_t before_{};
  std::atomic<int> count_ = 0;
  std::jthread thread_;
};

}  // namespace gunflint
