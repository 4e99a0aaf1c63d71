#include "load/pool.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace gunflint {
namespace {

/// Our own limits: no server is to blame.
bool is_starvation(int number) {
  return number == EMFILE || number == ENFILE || number == EADDRNOTAVAIL || number == ENOBUFS ||
         number == ENOMEM;
}

}  // namespace

Pool::Pool(const Setup& setup) : setup_(setup), servers_(setup.program->origins.size()) {
  const auto& spec = setup.program->spec;
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    servers_[i].http2 = spec.http.version == HttpVersion::Two;
    servers_[i].known = spec.http.version != HttpVersion::Auto || !setup.program->origins[i].tls;
  }
  if (!spec.connect.source_address.empty())
    source_ = numeric_address(spec.connect.source_address, 0);
}

bool Pool::can_take(int origin, bool may_open) const {
  const Server& server = servers_[static_cast<std::size_t>(origin)];
  if (server.idle_count > 0 || !server.roomy.empty()) return true;
  if (!may_open) return false;
  if (open_ < setup_.most || idle_count_ > 0) return true;
  // Another server's connection that carries nothing makes room.
  if (servers_.size() < 2 ||
      std::none_of(servers_.begin(), servers_.end(), [](const auto& s) { return s.http2; }))
    return false;
  for (std::uint32_t place = 0; place < connections_.size(); ++place)
    if (is_unused(connections_[place])) return true;
  return false;
}

/// HTTP/2, and nobody is on it.
bool Pool::is_unused(const Connection& connection) const {
  return connection.state == Connection::State::Shared && !connection.settling &&
         connection.http2->streams() == 0;
}

bool Pool::pop_idle(Server& server, std::uint32_t& place) {
  while (!server.idle.empty()) {
    const auto [at, generation] = server.idle.back();
    server.idle.pop_back();
    const auto& connection = connections_[at];
    if (connection.generation != generation || connection.state != Connection::State::Idle)
      continue;
    --idle_count_;
    --server.idle_count;
    place = at;
    return true;
  }
  return false;
}

bool Pool::find_roomy(Server& server, std::uint32_t& place) {
  while (!server.roomy.empty()) {
    const auto [at, generation] = server.roomy.back();
    auto& connection = connections_[at];
    if (connection.generation == generation && connection.http2 && connection.http2->room() > 0) {
      place = at;
      return true;
    }
    if (connection.generation == generation) connection.listed = false;
    server.roomy.pop_back();
  }
  return false;
}

/// Whether a server speaks HTTP/2 is known after the first handshake; until then one connection is
/// enough, or there would be one for each request where one is for all.
bool Pool::is_finding_out(const Server& server) const {
  const auto [place, generation] = server.finding_out;
  return !server.known && place != nobody && connections_[place].generation == generation &&
         connections_[place].is_opening();
}

/// Closes a connection to another server that carries nothing.
void Pool::make_room() {
  std::uint32_t place = 0;
  for (auto& server : servers_)
    if (pop_idle(server, place)) {
      connections_[place].state = Connection::State::Busy;
      return close(place, false);
    }
  for (place = 0; place < connections_.size(); ++place)
    if (is_unused(connections_[place])) return close(place, false);
}

Pool::Take Pool::take(int origin) {
  Server& server = servers_[static_cast<std::size_t>(origin)];
  std::uint32_t place = 0;
  if (server.http2) {
    if (find_roomy(server, place)) return {Taken::Shared, place};
  } else if (pop_idle(server, place)) {
    connections_[place].state = Connection::State::Busy;
    connections_[place].reused = true;
    return {Taken::Ready, place};
  }
  if (is_finding_out(server)) return {};
  if (open_ >= setup_.most && servers_.size() > 1) make_room();
  if (open_ >= setup_.most) return {};
  if (closed_.empty()) {
    place = connections_.add();
  } else {
    place = closed_.back();
    closed_.pop_back();
  }
  auto& connection = connections_[place];
  connection.origin = static_cast<std::uint16_t>(origin);
  connection.addresses_tried = 0;
  ++open_;
  connection.opened = setup_.clock->now();
  if (server.http2)
    connection.http2 = std::make_unique<Http2Session>(setup_.program->spec.http.streams);
  auto taken = open_at(place);
  if (taken.what == Taken::Failed) taken = try_next_address(place);
  if (taken.what == Taken::Failed || taken.what == Taken::None) {
    close(place, false);
    return {taken.what, 0};
  }
  if (!server.known && taken.what == Taken::Opening)
    server.finding_out = {place, connection.generation};
  if (!connection.http2) return taken;
  list(place);
  return {Taken::Shared, place};
}

Pool::Take Pool::try_next_address(std::uint32_t place) {
  auto& connection = connections_[place];
  const auto addresses = setup_.addresses->of(connection.origin);
  while (++connection.addresses_tried < addresses->size()) {
    connection.transport.close();
    const auto taken = open_at(place);
    if (taken.what != Taken::Failed) return taken;
  }
  return {Taken::Failed, place};
}

void Pool::established(std::uint32_t place) {
  ++opened;
  const auto& connection = connections_[place];
  const TlsStream* tls = connection.transport.tls();
  auto kind = static_cast<std::size_t>(connection.http2 ? Spoken::Http2 : Spoken::Http1);
  if (tls) kind += tls->version() == TlsVersion::V12 ? 1 : 2;
  ++spoken[kind];
  if (to_replace_ == 0) return;
  --to_replace_;
  ++reconnects;
}

bool Pool::bind_source(int fd, int family) const {
  if (!source_ || family != source_->storage.ss_family) return true;
  const int one = 1;
  // The port is chosen when the connection is: it must be free towards that server only.
  setsockopt(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
  return bind(fd, reinterpret_cast<const sockaddr*>(&source_->storage), source_->size) == 0;
}

Pool::Take Pool::open_at(std::uint32_t place) {
  auto& connection = connections_[place];
  auto& server = servers_[connection.origin];
  const auto addresses = setup_.addresses->of(connection.origin);
  ++connection.generation;
  connection.more_to_read = connection.to_flush = connection.listed = false;
  connection.reused = false;
  connection.heard = true;
  connection.served = 0;
  connection.state = Connection::State::Connecting;
  if (addresses->empty()) {
    why_ = setup_.addresses->why_none(connection.origin);
    error_ = ErrorClass::Dns;
    return {Taken::Failed, place};
  }
  // Connections are spread over a name's addresses in turn.
  if (connection.addresses_tried == 0)
    connection.first_address = static_cast<std::uint32_t>(server.next_address++);
  const auto& address = (*addresses)[connection.address_of(addresses->size())];
  const int family = address.storage.ss_family;
  const int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return refused(place, errno);
  connection.transport.open(fd);
  const int one = 1;
  if (family != AF_UNIX) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (!bind_source(fd, family)) return refused(place, errno);
  const int result = connect(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.size);
  if (result != 0 && errno != EINPROGRESS) return refused(place, errno);
  // Registered once, edge-triggered: no further epoll_ctl in the life of the connection.
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = setup_.tag | static_cast<std::uint64_t>(connection.generation) << 32 | place;
  if (epoll_ctl(setup_.poll, EPOLL_CTL_ADD, fd, &event) != 0) return refused(place, errno);
  // Even where it is connected at once, an edge says that it may be written to.
  if (result != 0 || setup_.program->origins[connection.origin].tls || connection.http2)
    return {Taken::Opening, place};
  connection.state = Connection::State::Busy;
  return {Taken::Ready, place};
}

void Pool::set_error(std::uint32_t place, int number) {
  error_ = number == ETIMEDOUT ? ErrorClass::ConnectTimeout : ErrorClass::Refused;
  why_ = fmt::format("no connection to {}: {}", peer(place),
                     number == ECONNREFUSED ? "refused" : std::strerror(number));
}

Pool::Take Pool::refused(std::uint32_t place, int number) {
  if (is_starvation(number)) {
    starved = true;
    return {};
  }
  set_error(place, number);
  return {Taken::Failed, place};
}

bool Pool::secure(std::uint32_t place) {
  auto& connection = connections_[place];
  const auto& origin = setup_.program->origins[connection.origin];
  auto stream = setup_.program->tls->open(connection.transport.fd(), origin.host,
                                          servers_[connection.origin].session);
  if (!stream) return false;
  connection.transport.secure(std::move(stream));
  connection.state = Connection::State::Securing;
  return true;
}

void Pool::keep(std::uint32_t place) {
  auto& connection = connections_[place];
  connection.state = Connection::State::Idle;
  connection.user = nobody;
  auto& server = servers_[connection.origin];
  server.idle.push_back({place, connection.generation});
  ++server.idle_count;
  ++idle_count_;
}

void Pool::list(std::uint32_t place) {
  auto& connection = connections_[place];
  if (connection.listed || !connection.http2 || connection.http2->room() <= 0) return;
  connection.listed = true;
  servers_[connection.origin].roomy.push_back({place, connection.generation});
}

void Pool::learn(std::size_t origin, bool http2) {
  servers_[origin].http2 = http2;
  servers_[origin].known = true;
}

void Pool::close(std::uint32_t place, bool by_peer) {
  auto& connection = connections_[place];
  if (connection.state == Connection::State::Closed) return;
  if (connection.state == Connection::State::Idle) {
    --idle_count_;
    --servers_[connection.origin].idle_count;
  }
  if (by_peer && !connection.is_opening()) ++to_replace_;
  connection.transport.close();
  connection.http2.reset();
  connection.user = nobody;
  connection.state = Connection::State::Closed;
  connection.listed = false;
  ++connection.generation;  // events still in the batch are not for the next one
  connection.unsent.clear();
  closed_.push_back(place);
  --open_;
}

std::string Pool::peer(std::uint32_t place) const {
  const auto& connection = connections_[place];
  Address address;
  address.size = sizeof address.storage;
  if (getpeername(connection.transport.fd(), reinterpret_cast<sockaddr*>(&address.storage),
                  &address.size) == 0)
    return print(address);
  const auto addresses = setup_.addresses->of(connection.origin);
  if (addresses->empty()) return setup_.program->origins[connection.origin].authority;
  return print((*addresses)[connection.address_of(addresses->size())]);
}

}  // namespace gunflint
