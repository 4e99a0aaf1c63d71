#pragma once
/// Work that may block runs in a child of the agent with a deadline (rule 4). The child has the
/// real ports; only the holders belong to the agent, so the child asks it for them. Whatever the
/// child says is a document; when its time is over it is killed with all that it started.

#include <functional>
#include <memory>
#include <string>

#include "gunflint/host/host.hpp"
#include "host/fd.hpp"
#include "host/frame.hpp"

namespace gunflint {

/// The child's end.
class OperationLink {
 public:
  explicit OperationLink(int fd) : fd_(fd) {}
  Result<void> say(const Value& word) { return write_frame(fd_, word, 5s); }
  /// Says it and waits for the agent's answer.
  Result<Value> ask(const Value& word);

 private:
  int fd_;
  FrameReader reader_;
};

/// The port Holders in a child: every call is a question to the agent.
std::unique_ptr<Holders> make_asking_holders(OperationLink& link);

/// The agent's end.
class Operation {
 public:
  using Body = std::function<void(OperationLink&)>;
  /// What the child says, in order.
  using OnWord = std::function<void(Operation&, const Value&)>;
  /// Once, after the last word; `late`: it was killed at its deadline.
  using OnEnd = std::function<void(bool late)>;

  /// Forks. The child drops every descriptor but its link, gets its own session, and dies with the
  /// agent.
  static Result<std::unique_ptr<Operation>> start(const Body& body, Duration deadline,
                                                  OnWord on_word, OnEnd on_end);
  ~Operation();  ///< kills it if it still runs
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  int fd() const { return link_.get(); }
  Time deadline() const { return deadline_; }
  void set_deadline(Time at) { deadline_ = at; }
  /// Takes what has come; false when it is over (`on_end` was called).
  bool poll(Time now);
  /// Answers a question of the child.
  void answer(const Value& word);
  /// Ends it now, without `on_end`.
  void kill();

 private:
  void reap();
  Operation(int pid, Fd link, Time deadline, OnWord on_word, OnEnd on_end)
      : pid_(pid),
        link_(std::move(link)),
        deadline_(deadline),
        on_word_(std::move(on_word)),
        on_end_(std::move(on_end)) {}

  int pid_;
  Fd link_;
  FrameReader reader_;
  Time deadline_;
  OnWord on_word_;
  OnEnd on_end_;
};

/// An Error as a document {"error":…,"cause":n}, and back.
Value error_word(const Error& error);
/// nullopt when the document carries no error.
std::optional<Error> error_in(const Value& word);

}  // namespace gunflint
