#pragma once
/// The connections of one load on one loop: kept alive, at most so many, last used first.

#include <deque>
#include <string>
#include <vector>

#include "gunflint/base/units.hpp"
#include "load/program.hpp"
#include "load/response.hpp"

namespace gunflint {

struct Connection {
  enum class State : std::uint8_t { Closed, Connecting, Busy, Idle };
  int fd = -1;
  std::uint32_t user = 0xffffffff;  ///< whose request it carries
  std::uint16_t generation = 0;     ///< tells apart sockets of one place
  std::uint16_t origin = 0;
  std::uint16_t addresses_tried = 0;
  State state = State::Closed;
  bool reused = false;        ///< has carried an answer before
  bool more_to_read = false;  ///< stands in Traffic's list of those
  std::string unsent;         ///< rest of a request that the socket did not take
  ResponseParser parser;
};

class Pool {
 public:
  enum class Taken { Ready, Opening, None, Failed };
  struct Take {
    Taken what = Taken::None;
    std::uint32_t place = 0;
    int error = 0;  ///< Failed: errno
  };

  /// `poll`: an epoll descriptor; a socket's events carry `tag | generation << 32 | place`.
  Pool(int poll, std::uint64_t tag, const std::vector<Origin>& origins, std::size_t most);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// An idle connection to `origin`, or a new one (closing an idle one to elsewhere when all are
  /// open). None: all are busy, or the machine has no descriptor or port left (`starved`).
  Take take(int origin);
  /// take() would not answer None, as far as our own limit goes.
  bool can_take(int origin) const;
  /// After a failed connect: tries the name's next address on the same place.
  Take try_next_address(std::uint32_t place);
  /// Keeps it for the next request.
  void keep(std::uint32_t place);
  /// `by_peer`: the other side ended it, or made it useless.
  void close(std::uint32_t place, bool by_peer);

  Connection& operator[](std::uint32_t place) { return connections_[place]; }
  std::size_t busy() const { return open_ - idle_count_; }
  std::size_t open() const { return open_; }

  bool starved = false;          ///< no descriptor or local port was left; cleared by the reader
  std::uint64_t reconnects = 0;  ///< opened in place of one that the other side ended; same

 private:
  struct Idle {
    std::uint32_t place;
    std::uint16_t generation;
  };
  Take open_at(std::uint32_t place);
  bool pop_idle(int origin, std::uint32_t& place);

  int poll_;
  std::uint64_t tag_;
  const std::vector<Origin>& origins_;
  std::size_t most_, open_ = 0, idle_count_ = 0;
  std::uint64_t to_replace_ = 0;
  std::deque<Connection> connections_;
  std::vector<std::uint32_t> closed_;    ///< free places
  std::vector<std::vector<Idle>> idle_;  ///< per origin; entries may be stale
  std::vector<std::size_t> idle_of_;     ///< per origin, exact
  std::vector<std::size_t> address_;     ///< per origin: the one that worked last
};

}  // namespace gunflint
