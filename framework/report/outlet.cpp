#include "report/outlet.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <string>
#include <thread>

#include <fmt/format.h>

#include "host/fd.hpp"

namespace gunflint {

struct Outlet::Queue {
  const Fd fd;  ///< its own: whoever gave it may close his, and another thing may get that number
  const std::size_t limit;
  std::mutex mutex;  ///< guards all below
  std::condition_variable changed;
  std::string waiting;
  std::size_t left_out = 0;
  bool writing = false, ending = false, broken = false;

  bool done() const { return broken || (waiting.empty() && !writing); }
  /// What to write next; empty at the end.
  std::string take() {
    std::unique_lock lock(mutex);
    writing = false;
    changed.notify_all();
    changed.wait(lock, [&] { return ending || !waiting.empty(); });
    writing = !waiting.empty();
    return std::exchange(waiting, {});
  }
  void write_on() {
    for (std::string text = take(); !text.empty(); text = take()) {
      std::string_view rest = text;
      while (!rest.empty()) {
        const ssize_t n = ::write(fd.get(), rest.data(), rest.size());
        if (n > 0) rest.remove_prefix(static_cast<std::size_t>(n));
        if (n < 0 && errno == EAGAIN) ::usleep(10'000);  // somebody made it non-blocking
        if (n >= 0 || errno == EINTR || errno == EAGAIN) continue;
        const std::lock_guard lock(mutex);
        broken = true;
        return changed.notify_all();
      }
    }
  }
};

Outlet::Outlet(int fd, std::size_t limit)
    : queue_(new Queue{Fd(::fcntl(fd, F_DUPFD_CLOEXEC, 3)), limit, {}, {}, {}}) {
  queue_->broken = !queue_->fd;
  // Signals are for the threads that expect them.
  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  // Not joined: it may be in a write that never ends. It touches nothing but the queue, which it
  // keeps alive, and ends with the process.
  std::thread([queue = queue_] { queue->write_on(); }).detach();
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Outlet::~Outlet() {
  (void)flush(std::chrono::seconds(1));
  const std::lock_guard lock(queue_->mutex);
  queue_->waiting.clear();
  queue_->ending = true;
  queue_->changed.notify_all();
}

void Outlet::put(std::string_view text) {
  const std::lock_guard lock(queue_->mutex);
  Queue& q = *queue_;
  if (q.broken) return;
  if (q.waiting.size() + text.size() > q.limit) {
    ++q.left_out;
    return;
  }
  if (const auto missing = std::exchange(q.left_out, 0); missing > 0)
    q.waiting += fmt::format("({} lines are missing here: nobody took them)\n", missing);
  q.waiting += text;
  q.changed.notify_all();
}

bool Outlet::idle() const {
  const std::lock_guard lock(queue_->mutex);
  return queue_->done();
}

bool Outlet::flush(Duration patience) {
  std::unique_lock lock(queue_->mutex);
  return queue_->changed.wait_for(lock, patience, [&] { return queue_->done(); });
}

}  // namespace gunflint
