#pragma once
/// Starts programs, by Boost.Process: the one place where gunflint does (decision 7 names the three
/// forks of our own binary that it does not start). Argv only, never a shell. A child gets the
/// descriptors named here and no other, no signal handler, no blocked signal, and a process group
/// or a session of its own.

#include <string>
#include <vector>

#include "gunflint/host/host.hpp"

namespace gunflint {

struct Launch {
  /// argv[0] is a path, or a name looked up in PATH and then where administration tools live.
  std::vector<std::string> argv;
  /// The child's standard streams; -1: the caller's own.
  int in = -1, out = -1, err = -1;
  bool session = false;  ///< a session of its own, else a process group of its own
  bool stays = false;    ///< neither: it stays in the caller's group, Ctrl-C reaches it too
  int death_signal = 0;  ///< sent to it when the calling thread ends; 0: none
};

/// The pid of the child, which the caller waits for. Unsupported when there is no such program.
Result<int> launch(const Launch& order);

/// The error of a command: its program, or what it was to show, is not on this host. So nothing of
/// ours can be in it, and an undo goes on to the next place.
inline bool is_absent(const Error& error) {
  return error.cause == Cause::Unsupported || error.cause == Cause::Gone;
}

/// Gives it its input, takes its output, and ends its process group at the deadline. Not waited
/// for is what a child left in the background with our pipe open.
Result<Exit> run_to_the_end(const Command& command);

}  // namespace gunflint
