#include "engine/signals.hpp"

#include "host/fd.hpp"

namespace gunflint {

SignalWatch::SignalWatch(Inbox& inbox) {
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t ours;
  sigemptyset(&ours);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&ours, number);
  ::pthread_sigmask(SIG_BLOCK, &ours, &before_);
  thread_ = std::jthread([this, &inbox, ours](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const timespec moment{0, 100'000'000};
      const int number = ::sigtimedwait(&ours, nullptr, &moment);
      if (number <= 0) continue;
      if (++count_ == 1) inbox.put(SignalCame{number}, monotonic_now());
    }
  });
}

SignalWatch::~SignalWatch() {
  thread_.request_stop();
  thread_.join();
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace gunflint
