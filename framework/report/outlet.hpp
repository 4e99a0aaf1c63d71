#pragma once
/// A place to write to that may take nothing for a while: a terminal after Ctrl-S, a pipe that
/// nobody reads, a file on a disk that hangs. A thread of its own waits for it; whoever hands over
/// text never does.

#include <memory>
#include <string_view>

#include "gunflint/base/units.hpp"

namespace gunflint {

class Outlet {
 public:
  /// At most `limit` bytes wait to be written.
  explicit Outlet(int fd, std::size_t limit = 256u << 10);
  /// Flushes for a second; what is not written then is given up.
  ~Outlet();
  Outlet(const Outlet&) = delete;
  Outlet& operator=(const Outlet&) = delete;

  /// Hands over one piece, which is written whole or left out: when there is no room for it, it is
  /// counted, and once there is room again a line says how many pieces are missing. After an error
  /// of the descriptor everything is left out.
  void put(std::string_view text);
  /// Nothing waits to be written: another picture may be drawn.
  bool idle() const;
  /// Waits until everything is written; false when it was not within `patience`.
  bool flush(Duration patience);

 private:
  struct Queue;
  std::shared_ptr<Queue> queue_;  ///< shared with the thread, which may outlive this
};

}  // namespace gunflint
