#include "load/spawned_worker.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "host/fd.hpp"
#include "host/frame.hpp"
#include "host/launch.hpp"

namespace gunflint {
namespace {

constexpr Duration write_deadline = 5s;
/// Between the end of its input and SIGKILL.
constexpr Duration grace = 2s;

struct Child {
  int pid = -1;
  Fd in, out;  ///< our ends: we write `in`, we read `out`
};

Result<Child> start(const std::vector<std::string>& argv) {
  // A socket, not a pipe: writing to a dead worker is then an error and no SIGPIPE.
  GF_TRY_AS(FdPair to_child, make_socket_pair());
  GF_TRY_AS(FdPair from_child, make_pipe());
  // In a group of its own: Ctrl-C in the terminal is for the coordinator, which then says stop.
  Launch order;
  order.argv = argv;
  order.in = to_child.first.get();
  order.out = from_child.second.get();
  Child child;
  auto pid = launch(order);
  if (!pid)
    return fail(pid.error().cause, "the load worker was not started: " + pid.error().message);
  child.pid = *pid;
  child.in = std::move(to_child.second);
  child.out = std::move(from_child.first);
  return child;
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status))
    return fmt::format("was ended by signal {} ({})", WTERMSIG(status),
                       strsignal(WTERMSIG(status)));
  return fmt::format("ended with code {}", WEXITSTATUS(status));
}

class SpawnedWorker final : public Worker {
 public:
  SpawnedWorker(Child child, OnSlice on_slice, OnWorkerLost on_lost)
      : child_(std::move(child)), on_slice_(std::move(on_slice)), on_lost_(std::move(on_lost)) {}

  ~SpawnedWorker() override {
    closing_ = true;
    child_.in.close();
    if (reader_.joinable()) reader_.join();
    reap(grace);
  }

  Result<void> prepare(const std::vector<LoadSpec>& loads, std::uint64_t seed,
                       WorkShare share) override {
    Value ask = Value::map();
    ask.set("kind", "prepare");
    ask.set("loads", encode(loads));
    ask.set("seed", Value(seed));
    ask.set("i", share.i);
    ask.set("n", share.n);
    for (const auto& load : loads) running_.insert(load.name);
    GF_TRY(write_frame(child_.in.get(), ask, write_deadline));
    auto answer = read_frame(child_.out.get(), frames_, prepare_deadline);
    if (!answer)
      return fail(answer.error().cause,
                  "the load worker did not get ready: " + answer.error().message);
    if (answer->text_or("kind") == "failed")
      return fail(static_cast<Cause>(answer->integer_or("cause", static_cast<int>(Cause::Io))),
                  answer->text_or("message"));
    if (answer->text_or("kind") != "ready")
      return fail(Cause::BadInput,
                  "the load worker answered with something else than `ready`; is it another "
                  "version of gunflint?");
    return {};
  }

  Result<void> begin(Time at) override {
    Value order = Value::map();
    order.set("kind", "begin");
    order.set("at", Value(static_cast<std::int64_t>(at.time_since_epoch().count())));
    GF_TRY(write_frame(child_.in.get(), order, write_deadline));
    begin_ = at;
    reader_ = std::thread([this] { listen(); });
    return {};
  }

  void stop() override {
    Value order = Value::map();
    order.set("kind", "stop");
    // A worker that cannot be told is lost, and listen() says so.
    if (!write_frame(child_.in.get(), order, write_deadline)) child_.in.close();
  }

 private:
  void listen() {
    while (!closing_ && !running_.empty()) {
      auto document = next_document();
      if (closing_) return;
      if (!document) {
        std::string why = document.error().message;
        if (document.error().cause == Cause::Unreachable) {
          const int pid = child_.pid;
          why = fmt::format("the load worker (pid {}) {}", pid, how_it_ended(reap(grace)));
        }
        return on_lost_(std::move(why));
      }
      const auto kind = document->text_or("kind");
      if (kind == "lost") return on_lost_(document->text_or("why"));
      const Value* body = document->find("slice");
      if (kind != "slice" || !body) continue;
      auto slice = decode<Slice>(*body);
      if (!slice) return on_lost_("a load worker sent a broken slice: " + slice.error().message);
      if (slice->last) running_.erase(slice->load);
      on_slice_(std::move(*slice));
    }
  }

  /// A worker speaks every second from its begin on: one that is silent for long is lost as well.
  /// Closing it ends it, which is seen at once; one that hangs keeps us for a second.
  Result<Value> next_document() {
    const Time patience = std::max(monotonic_now(), begin_) + 10s;
    while (!closing_ && monotonic_now() < patience) {
      auto document = read_frame(child_.out.get(), frames_, 1s);
      if (document || document.error().cause != Cause::TimedOut) return document;
    }
    return fail(Cause::TimedOut,
                "the load worker has said nothing for 10 s; it hangs, or its machine has no time "
                "for it");
  }

  /// Waits for its end, at most `limit`, then by force. Returns the status of wait(2).
  int reap(Duration limit) {
    const std::lock_guard lock(reaping_);
    if (child_.pid < 0) return status_;
    const Time end = monotonic_now() + limit;
    while (waitpid(child_.pid, &status_, WNOHANG) == 0) {
      if (monotonic_now() >= end) {
        kill(child_.pid, SIGKILL);
        waitpid(child_.pid, &status_, 0);
        break;
      }
      std::this_thread::sleep_for(2ms);
    }
    child_.pid = -1;
    return status_;
  }

  Child child_;
  FrameReader frames_;
  OnSlice on_slice_;
  OnWorkerLost on_lost_;
  std::set<std::string> running_;  ///< loads without their last slice
  std::atomic<bool> closing_{false};
  Time begin_{};
  std::mutex reaping_;
  int status_ = 0;
  std::thread reader_;
};

}  // namespace

Result<std::unique_ptr<Worker>> spawn_worker(std::vector<std::string> argv, OnSlice on_slice,
                                             OnWorkerLost on_lost) {
  GF_TRY_AS(Child child, start(argv));
  return std::make_unique<SpawnedWorker>(std::move(child), std::move(on_slice), std::move(on_lost));
}

}  // namespace gunflint
