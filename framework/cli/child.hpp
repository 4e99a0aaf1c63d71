#pragma once
/// A program that a command starts beside itself: the demo's shop, a nested `gunflint run`.

#include <string>
#include <vector>

#include "gunflint/base/units.hpp"

namespace gunflint {

class Child {
 public:
  Child() = default;
  /// Starts argv[0] (a path). `log`: where its output goes; empty: to our own. It is told to end
  /// when we die.
  static Child start(const std::vector<std::string>& argv, const std::string& log);
  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;
  ~Child();  ///< ends it

  /// Waits for its end: exit code, or 128 + signal; 127 when it could not be started.
  int wait();
  /// Sends `signal`, waits, and sends SIGKILL after `patience`.
  void end(int signal, Duration patience);

 private:
  int pid_ = 0;
};

}  // namespace gunflint
