#pragma once
/// Where the servers of a load are. Names are looked up before the start, and again while the load
/// runs where it asks for that. Safe to use from several threads.

#include <sys/socket.h>

#include <memory>
#include <string>
#include <vector>

#include "gunflint/base/units.hpp"
#include "load/program.hpp"

namespace gunflint {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

class Addresses {
 public:
  /// Looks up every server of `program` (getaddrinfo; blocks), or takes what `connect.resolve` and
  /// `connect.unix_socket` say. Unreachable names the host.
  static Result<std::shared_ptr<Addresses>> look_up(const LoadProgram& program);
  ~Addresses();
  Addresses(const Addresses&) = delete;
  Addresses& operator=(const Addresses&) = delete;

  /// Those of server `origin`, as the last look-up found them; none: the name has no address now.
  std::shared_ptr<const std::vector<Address>> of(std::size_t origin) const;
  /// Why the last look-up found none, for people.
  std::string why_none(std::size_t origin) const;

 private:
  struct Book;
  explicit Addresses(std::shared_ptr<Book> book) : book_(std::move(book)) {}

  std::shared_ptr<Book> book_;
};

/// "127.0.0.1:8080", "[::1]:80", "unix:/run/app.sock".
std::string print(const Address& address);
/// A numeric address; nothing when `text` is none.
std::optional<Address> numeric_address(const std::string& text, int port);

}  // namespace gunflint
