#include "agent/operation.hpp"

#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/process_table.hpp"

namespace gunflint {
namespace {

class AskingHolders final : public Holders {
 public:
  explicit AskingHolders(OperationLink& link) : link_(link) {}
  Result<void> start(const std::string& kind, const Value& config, const Tag& tag) override {
    Value word = question("start", tag);
    word.set("kind", Value(kind));
    word.set("config", config);
    GF_TRY(asked(word));
    return {};
  }
  Result<Value> stats(const Tag& tag) override { return asked(question("stats", tag)); }
  Result<void> stop(const Tag& tag) override {
    GF_TRY(asked(question("stop", tag)));
    return {};
  }
  Result<bool> running(const Tag& tag) override {
    GF_TRY_AS(const Value answer, asked(question("running", tag)));
    return answer.is_bool() && answer.boolean();
  }

 private:
  static Value question(const char* what, const Tag& tag) {
    Value word = Value::map();
    word.set("holders", Value(what));
    word.set("tag", Value(tag.text));
    return word;
  }
  Result<Value> asked(const Value& word) {
    GF_TRY_AS(const Value answer, link_.ask(word));
    if (auto error = error_in(answer)) return fail(std::move(*error));
    const Value* value = answer.find("value");
    return value != nullptr ? *value : Value();
  }
  OperationLink& link_;
};

/// Everything that the child started stays in its session, however it groups its processes.
/// Precondition: the child is not reaped yet, so the session's number is still its own.
void kill_session(int session) {
  for (const auto& stat : read_process_stats()) {
    if (stat.session != session || stat.pid == session) continue;
    if (auto handle = open_pidfd(stat.pid, stat.start_time)) (void)signal_pidfd(*handle, SIGKILL);
  }
}

/// Waits until it has ended and leaves it to be reaped. True when it ended by itself.
bool has_exited(int pid) {
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
  }
  return info.si_code == CLD_EXITED;
}

[[noreturn]] void run_child(const Operation::Body& body, int link, int agent) {
  // The forking thread is the only one of the agent, so this fires exactly when the agent ends.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != agent) ::_exit(1);
  ::setsid();
  close_all_but(link);
  const int nothing = ::open("/dev/null", O_RDWR);
  ::dup2(nothing, 0);
  ::dup2(nothing, 1);
  if (nothing > 2 && nothing != link) ::close(nothing);
  ::signal(SIGTERM, SIG_DFL);
  ::signal(SIGHUP, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  OperationLink words(link);
  body(words);
  ::_exit(0);
}

}  // namespace

Value error_word(const Error& error) {
  Value word = Value::map();
  word.set("error", Value(error.message));
  word.set("cause", Value(static_cast<int>(error.cause)));
  return word;
}

std::optional<Error> error_in(const Value& word) {
  if (word.find("error") == nullptr) return std::nullopt;
  return Error{static_cast<Cause>(word.integer_or("cause", static_cast<int>(Cause::Io))),
               word.text_or("error"), std::nullopt};
}

Result<Value> OperationLink::ask(const Value& word) {
  GF_TRY(say(word));
  // Longer than any deadline of an operation: the agent kills us before that.
  return read_frame(fd_, reader_, 10min);
}

std::unique_ptr<Holders> make_asking_holders(OperationLink& link) {
  return std::make_unique<AskingHolders>(link);
}

Result<std::unique_ptr<Operation>> Operation::start(const Body& body, Duration deadline,
                                                    OnWord on_word, OnEnd on_end) {
  GF_TRY_AS(FdPair link, make_socket_pair());
  const int agent = ::getpid();
  const int pid = ::fork();
  if (pid < 0) return fail_errno(errno, "start a process for an operation");
  if (pid == 0) run_child(body, link.second.get(), agent);
  ::fcntl(link.first.get(), F_SETFL, O_NONBLOCK);
  return std::unique_ptr<Operation>(new Operation(pid, std::move(link.first),
                                                  monotonic_now() + deadline, std::move(on_word),
                                                  std::move(on_end)));
}

Operation::~Operation() { kill(); }

void Operation::kill() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGKILL);
  kill_session(pid_);
  (void)has_exited(pid_);
  kill_session(pid_);  // what it had just begun to start
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
  link_.close();
}

void Operation::reap() {
  if (!has_exited(pid_)) kill_session(pid_);  // it crashed: what it had started is still there
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
  link_.close();
}

void Operation::answer(const Value& word) {
  if (link_) (void)write_frame(link_.get(), word, 1s);
}

bool Operation::poll(Time now) {
  bool over = false;
  for (;;) {
    auto outcome = read_some(link_.get(), reader_);
    if (!outcome || *outcome == ReadOutcome::End) over = true;
    for (;;) {
      auto word = reader_.next();
      if (!word) over = true;
      if (!word || !*word) break;
      on_word_(*this, **word);
      if (!link_) return false;  // killed by what it said
    }
    if (over || *outcome == ReadOutcome::Nothing) break;
  }
  const bool late = !over && now >= deadline_;
  if (!over && !late) return true;
  if (late)
    kill();
  else
    reap();
  on_end_(late);
  return false;
}

}  // namespace gunflint
