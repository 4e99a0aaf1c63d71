#include "load/addresses.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>

#include <fmt/format.h>

namespace gunflint {
namespace {

using List = std::vector<Address>;

template <class T>
Address address_of(const T& socket_address, std::size_t size = sizeof(T)) {
  Address made;
  std::memcpy(&made.storage, &socket_address, size);
  made.size = static_cast<socklen_t>(size);
  return made;
}

/// getaddrinfo's answer, or the resolver's words in `why`.
List ask_resolver(const std::string& host, int port, std::string& why) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) {
    why = gai_strerror(error);
    return {};
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
  List list;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next)
    list.push_back(address_of(*at->ai_addr, at->ai_addrlen));
  return list;
}

struct NamedServer {
  std::string host;
  int port = 0;
  bool asked = false;  ///< of the resolver: may change
  std::shared_ptr<const List> list;
  std::string why;
};

}  // namespace

/// Shared with the thread that looks up again: a resolver that hangs must not keep a worker from
/// ending, so that thread is on its own.
struct Addresses::Book {
  mutable std::mutex mutex;
  std::condition_variable ended_changed;
  bool ended = false;
  std::vector<NamedServer> servers;

  void look_up_again() {
    for (std::size_t i = 0; i < servers.size(); ++i) {
      if (!servers[i].asked) continue;
      std::string why;  // host and port never change: read without the lock
      auto list = std::make_shared<const List>(ask_resolver(servers[i].host, servers[i].port, why));
      const std::lock_guard lock(mutex);
      servers[i].list = std::move(list);
      servers[i].why = why;
    }
  }

  void keep_looking(Duration every) {
    std::unique_lock lock(mutex);
    while (!ended_changed.wait_for(lock, every, [this] { return ended; })) {
      lock.unlock();
      look_up_again();
      lock.lock();
    }
  }
};

Result<std::shared_ptr<Addresses>> Addresses::look_up(const LoadProgram& program) {
  const auto& options = program.spec.connect;
  auto book = std::make_shared<Book>();
  for (const auto& origin : program.origins) {
    NamedServer server{origin.host, origin.port, false, nullptr, {}};
    List list;
    const auto given = options.resolve.find(origin.host);
    const std::string& host = given == options.resolve.end() ? origin.host : given->second;
    if (!options.unix_socket.empty()) {
      sockaddr_un there{};
      there.sun_family = AF_UNIX;
      options.unix_socket.copy(there.sun_path, sizeof there.sun_path - 1);
      list.push_back(address_of(there));
    } else if (const auto numeric = numeric_address(host, origin.port)) {
      list.push_back(*numeric);
    } else if (program.spec.transport == TransportKind::Native) {
      server.asked = true;
      list = ask_resolver(host, origin.port, server.why);
    }
    // libcurl looks names up by itself; perhaps only its proxy can.
    if (list.empty() && program.spec.transport == TransportKind::Native)
      return fail(Cause::Unreachable,
                  fmt::format("load `{}`: the name `{}` has no address ({}); check the name and "
                              "this machine's resolver",
                              program.spec.name, origin.host, server.why));
    server.list = std::make_shared<const List>(std::move(list));
    book->servers.push_back(std::move(server));
  }
  if (options.lookup_every)
    std::thread([book, every = *options.lookup_every] { book->keep_looking(every); }).detach();
  return std::shared_ptr<Addresses>(new Addresses(std::move(book)));
}

Addresses::~Addresses() {
  const std::lock_guard lock(book_->mutex);
  book_->ended = true;
  book_->ended_changed.notify_all();
}

std::shared_ptr<const List> Addresses::of(std::size_t origin) const {
  const std::lock_guard lock(book_->mutex);
  return book_->servers[origin].list;
}

std::string Addresses::why_none(std::size_t origin) const {
  const std::lock_guard lock(book_->mutex);
  const NamedServer& server = book_->servers[origin];
  return fmt::format("the name `{}` has no address ({})", server.host, server.why);
}

std::string print(const Address& address) {
  if (address.storage.ss_family == AF_UNIX)
    return std::string("unix:") + reinterpret_cast<const sockaddr_un&>(address.storage).sun_path;
  char host[NI_MAXHOST] = "", port[NI_MAXSERV] = "";
  getnameinfo(reinterpret_cast<const sockaddr*>(&address.storage), address.size, host, sizeof host,
              port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
  return address.storage.ss_family == AF_INET6 ? fmt::format("[{}]:{}", host, port)
                                               : fmt::format("{}:{}", host, port);
}

std::optional<Address> numeric_address(const std::string& text, int port) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(static_cast<std::uint16_t>(port));
  if (inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) return address_of(v4);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(static_cast<std::uint16_t>(port));
  if (inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1) return address_of(v6);
  return std::nullopt;
}

}  // namespace gunflint
