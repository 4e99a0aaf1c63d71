#pragma once
/// A child process with its standard input and output as pipes: an agent. In a session of its own
/// (below sudo: a process group),
/// so that neither Ctrl-C nor a closed terminal reaches it before we have told it what to do.

#include <optional>
#include <string>
#include <vector>

#include "gunflint/base/units.hpp"
#include "host/fd.hpp"

namespace gunflint {

class AgentProcess {
 public:
  /// `argv[0]` is a path or is looked up in PATH. Standard error stays ours.
  static Result<AgentProcess> start(const std::vector<std::string>& argv);
  AgentProcess() = default;
  AgentProcess(AgentProcess&&) noexcept;
  AgentProcess& operator=(AgentProcess&&) noexcept;
  /// Closes the pipes and waits a moment; a child that does not end is left to itself (it may be
  /// taking things back).
  ~AgentProcess();

  int pid() const { return pid_; }
  int in() const { return in_.get(); }    ///< write here what it reads
  int out() const { return out_.get(); }  ///< read here what it writes
  void close_pipes();
  /// Exit code (128 + signal) if it has ended by `patience` from now.
  std::optional<int> wait(Duration patience);

 private:
  int pid_ = -1;
  Fd in_, out_;
};

}  // namespace gunflint
