#pragma once
/// The connections of one load on one loop: kept alive, at most so many, last used first.

#include <array>
#include <string>
#include <vector>

#include "load/addresses.hpp"
#include "load/clock.hpp"
#include "load/connection.hpp"
#include "load/program.hpp"

namespace gunflint {

class Pool {
 public:
  struct Setup {
    const LoadProgram* program = nullptr;
    const Addresses* addresses = nullptr;
    const LoopClock* clock = nullptr;
    int poll = -1;          ///< an epoll descriptor
    std::uint64_t tag = 0;  ///< a socket's events carry `tag | generation << 32 | place`
    std::size_t most = 1;   ///< connections at once
  };
  enum class Taken {
    Ready,    ///< HTTP/1.1: send now
    Opening,  ///< it will tell; only this user may use it
    Shared,   ///< HTTP/2: submit now, be it open or not
    None,     ///< all are busy, or the machine has no descriptor or port left (`starved`)
    Failed    ///< the connection was refused at once: why() says by whom
  };
  struct Take {
    Taken what = Taken::None;
    std::uint32_t place = 0;
  };

  explicit Pool(const Setup& setup);

  Take take(int origin);
  /// take() would not answer None, as far as our own limit goes.
  /// `may_open`: also by opening one.
  bool can_take(int origin, bool may_open) const;
  /// After a failed connect: tries the name's next addresses on the same place, up to one that does
  /// not fail at once. Failed: there is none left.
  Take try_next_address(std::uint32_t place);
  /// HTTP/1.1: keeps it for the next request.
  void keep(std::uint32_t place);
  /// HTTP/2: it may have room again.
  void list(std::uint32_t place);
  /// The server of `origin` has chosen HTTP/2, or not.
  void learn(std::size_t origin, bool http2);
  /// `by_peer`: the other side ended it, or made it useless.
  void close(std::uint32_t place, bool by_peer);
  /// Begins TLS on a connected socket; false: out of memory.
  bool secure(std::uint32_t place);

  Connection& operator[](std::uint32_t place) { return connections_[place]; }
  std::size_t open() const { return open_; }
  /// Where a connection goes, for people.
  std::string peer(std::uint32_t place) const;
  /// It is open: counted only now.
  void established(std::uint32_t place);
  const std::string& why() const { return why_; }
  ErrorClass error() const { return error_; }
  /// Sets why() and error() to what errno says of a connection.
  void set_error(std::uint32_t place, int number);

  bool starved = false;          ///< no descriptor or local port was left; cleared by the reader
  std::uint64_t reconnects = 0;  ///< opened in place of one that the other side ended; same
  std::uint64_t opened = 0;      ///< established; same
  std::array<std::uint64_t, Names<Spoken>::table.size()> spoken{};  ///< of these; same

 private:
  struct Place {
    std::uint32_t place;
    std::uint16_t generation;
  };
  /// What the pool knows of one server.
  struct Server {
    std::vector<Place> idle;   ///< entries may be stale
    std::vector<Place> roomy;  ///< HTTP/2 connections with room; entries may be stale
    std::size_t idle_count = 0;
    std::size_t next_address = 0;
    bool http2 = false;
    bool known = true;  ///< which version it speaks; else one connection finds out
    Place finding_out{nobody, 0};
    TlsSession session;
  };
  Take open_at(std::uint32_t place);
  Take refused(std::uint32_t place, int number);
  bool bind_source(int fd, int family) const;
  bool pop_idle(Server& server, std::uint32_t& place);
  bool find_roomy(Server& server, std::uint32_t& place);
  bool is_finding_out(const Server& server) const;
  void make_room();
  bool is_unused(const Connection& connection) const;

  Setup setup_;
  std::size_t open_ = 0, idle_count_ = 0;
  std::uint64_t to_replace_ = 0;
  Places<Connection> connections_;
  std::vector<std::uint32_t> closed_;  ///< free places
  std::vector<Server> servers_;        ///< per origin
  std::optional<Address> source_;
  std::string why_;
  ErrorClass error_ = ErrorClass::Refused;
};

}  // namespace gunflint
