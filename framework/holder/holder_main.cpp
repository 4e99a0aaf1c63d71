#include <csignal>
#include <cstdlib>
#include <string>

#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "holder/holder.hpp"
#include "host/frame.hpp"
#include "host/holder_board.hpp"

namespace gunflint {
namespace {

constexpr int control_fd = 3;
constexpr int board_fd = 4;

class BoardPulse final : public Pulse {
 public:
  explicit BoardPulse(HolderBoardMap board) : board_(std::move(board)) {}
  void beat() override { board_.beat(); }
  void ready() override {
    if (said_ready_) return;
    said_ready_ = true;
    beat();
    Value word = Value::map();
    word.set("ready", Value(true));
    (void)write_frame(control_fd, word, 1s);
  }
  void publish(const Value& stats) override { board_.publish(stats); }

 private:
  HolderBoardMap board_;
  bool said_ready_ = false;
};

void say_error(const Error& error) {
  Value word = Value::map();
  word.set("error", Value(error.message));
  word.set("cause", Value(static_cast<int>(error.cause)));
  (void)write_frame(control_fd, word, 1s);
}

const HolderKind* find_holder(std::string_view name) {
  for (const auto& kind : holder_table())
    if (kind.name == name) return &kind;
  return nullptr;
}

}  // namespace

bool stopped(int stop_fd, Duration time) {
  pollfd wait{stop_fd, POLLIN, 0};
  const timespec length{time / 1s, (time % 1s).count()};
  return ::ppoll(&wait, 1, &length, nullptr) > 0;
}

int holder_main(std::string_view name) {
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGINT, SIG_IGN);
  ::signal(SIGHUP, SIG_IGN);
  ::prctl(PR_SET_NAME, "gunflint-holder");
  // Killed first when memory runs out: a fault must never outlive the system it was to test.
  if (auto raised = write_control_file("/proc/self/oom_score_adj", "1000"); !raised) {
  }
  // Inert until one byte says that the ledger knows us; the end of the stream means: never mind.
  char go = 0;
  ssize_t n = 0;
  do n = ::read(control_fd, &go, 1);
  while (n < 0 && errno == EINTR);
  if (n != 1) return 0;
  auto board = HolderBoardMap::open(board_fd);
  FrameReader reader;
  auto config = read_frame(control_fd, reader, 5s);
  if (!board || !config) return 1;
  const HolderKind* kind = find_holder(name);
  Result<void> done;
  if (kind == nullptr) {
    done = fail(Cause::Unsupported, "this version has no holder `" + std::string(name) + "`");
  } else {
    BoardPulse pulse(std::move(*board));
    pulse.beat();
    done = kind->run(*config, pulse, control_fd);
  }
  if (!done) say_error(done.error());
  return done ? 0 : 1;
}

}  // namespace gunflint
