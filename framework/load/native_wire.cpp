// Opening connections, and what both versions of HTTP share. HTTP/1.1: native_http1.cpp, HTTP/2:
// native_http2.cpp.
#include "load/native_wire.hpp"

#include <sys/socket.h>

#include <cerrno>

#include <fmt/format.h>

namespace gunflint {
NativeWire::NativeWire(const Pool::Setup& setup, WireUsers& users)
    : program_(*setup.program),
      clock_(*setup.clock),
      users_(users),
      pool_(setup),
      connect_timeout_(program_.spec.connect.timeout.value_or(program_.spec.timeout)) {}

Wire::Started NativeWire::start(std::uint32_t user) {
  while (true) {
    const auto taken = pool_.take(users_.origin_of(user));
    switch (taken.what) {
      case Pool::Taken::None:
        if (pool_.starved && !starved_) {
          starved_ = true;
          look_again_ = clock_.now() + 10ms;
        }
        return Started::NoRoom;
      case Pool::Taken::Failed:
        error_ = pool_.error();
        words_ = pool_.why();
        return Started::Failed;
      case Pool::Taken::Opening:
        pool_[taken.place].user = user;
        users_.carried(user) = {taken.place, -1};
        opening_.push_back({taken.place, pool_[taken.place].generation,
                            pool_[taken.place].opened + connect_timeout_});
        return Started::Opening;
      case Pool::Taken::Shared:
        if (submit(taken.place, user) == Started::NoRoom) continue;  // it is leaving: another one
        return pool_[taken.place].is_opening() ? Started::Opening : Started::Sent;
      case Pool::Taken::Ready:
        if (!pool_[taken.place].reused) pool_.established(taken.place);
        pool_[taken.place].user = user;
        users_.carried(user) = {taken.place, -1};
        flush_later(taken.place);
        return Started::Sent;
    }
  }
}

bool NativeWire::cancel(std::uint32_t user) {
  auto& carried = users_.carried(user);
  if (carried.place == nobody) return true;
  auto& connection = pool_[carried.place];
  const bool established = !connection.is_opening();
  if (connection.http2) {
    // Two who were not answered, and not a byte between them: the way may be gone, and TCP says so
    // only after minutes. Nobody new goes on it.
    if (established && !std::exchange(connection.heard, false)) connection.http2->leave();
    connection.http2->cancel(carried.stream);
    flush_later(carried.place);
    pool_.list(carried.place);
  } else {
    pool_.close(carried.place, true);
  }
  carried = {};
  return established;
}

void NativeWire::on_socket(std::uint32_t place, std::uint16_t generation, std::uint32_t events) {
  Connection& connection = pool_[place];
  if (connection.generation != generation) return;
  switch (connection.state) {
    case Connection::State::Connecting: {
      if ((events & (EPOLLOUT | over_events)) == 0) return;
      int error = 0;
      socklen_t size = sizeof error;
      getsockopt(connection.transport.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
      if (error == 0) {
        connected(place);
      } else {
        pool_.set_error(place, error);
        const auto taken = pool_.try_next_address(place);
        if (taken.what == Pool::Taken::Failed)
          open_failed(place, pool_.error(), std::string(pool_.why()));
        else if (taken.what == Pool::Taken::Ready)
          opened(place);
        else if (taken.what == Pool::Taken::None)
          begin_again(place);
        return;
      }
      // A server that speaks first, or ends at once: this edge will not come again.
      if (connection.generation == generation && connection.state == Connection::State::Busy &&
          (events & (EPOLLIN | over_events)))
        receive(place, events);
      return;
    }
    case Connection::State::Securing:
      return handshake(place);
    case Connection::State::Busy:
      if (connection.to_flush && !still_silent(place, events)) return;
      if ((events & EPOLLOUT) && !connection.unsent.empty()) send_rest(place);
      if (connection.generation == generation && (events & (EPOLLIN | over_events)))
        receive(place, events);
      return;
    case Connection::State::Idle:
      if (events & (EPOLLIN | over_events)) look_at_idle(place);
      return;
    case Connection::State::Shared:
      if (events & EPOLLOUT) flush(place);
      if (connection.generation == generation && (events & (EPOLLIN | over_events)))
        receive_shared(place, events);
      return;
    case Connection::State::Closed:
      return;
  }
}

/// Taken for a request that has not gone out yet: what comes now is no answer to it. false: the
/// connection is another's, or none, afterwards.
bool NativeWire::still_silent(std::uint32_t place, std::uint32_t events) {
  Connection& connection = pool_[place];
  if ((events & (EPOLLIN | over_events)) == 0) return true;
  if (connection.reused) {
    // A TLS record may be none of HTTP's (a session ticket).
    auto& transport = connection.transport;
    if (!transport.tls() || transport.read(buffer_.data(), 1).state != IoState::Again)
      not_sent(place);
    return false;
  }
  // A server that speaks first: the request goes, and what was said is looked at.
  const auto generation = connection.generation;
  flush(place);
  return connection.generation == generation && connection.state == Connection::State::Busy;
}

void NativeWire::connected(std::uint32_t place) {
  if (!program_.origins[pool_[place].origin].tls) return opened(place);
  if (!pool_.secure(place)) return open_failed(place, ErrorClass::Tls, "TLS has no memory");
  handshake(place);
}

void NativeWire::handshake(std::uint32_t place) {
  TlsStream& tls = *pool_[place].transport.tls();
  const auto state = tls.handshake();
  if (state == IoState::Again) return;
  if (state == IoState::Done) return secured(place);
  open_failed(place, ErrorClass::Tls, fmt::format("{}: {}", pool_.peer(place), tls.why()));
}

/// What the server chose decides what this connection is.
void NativeWire::secured(std::uint32_t place) {
  Connection& connection = pool_[place];
  const bool two = connection.transport.tls()->chose_http2();
  const bool expected = connection.http2 != nullptr;
  if (expected && !two && program_.spec.http.version == HttpVersion::Two)
    return open_failed(place, ErrorClass::Protocol,
                       fmt::format("{} does not offer HTTP/2", pool_.peer(place)));
  pool_.learn(connection.origin, two);
  if (expected == two) return opened(place);
  if (expected) return begin_again(place);  // it spoke HTTP/2 when it was asked last
  connection.http2 = std::make_unique<Http2Session>(program_.spec.http.streams);
  const auto user = connection.user;
  connection.user = nobody;
  submit(place, user);
  pool_.list(place);
  opened(place);
}

/// It carries nothing yet: those who wait for it begin again, on another.
void NativeWire::begin_again(std::uint32_t place) {
  Connection& connection = pool_[place];
  std::vector<std::uint32_t> waiting;
  if (connection.http2)
    waiting = connection.http2->users();
  else if (connection.user != nobody)
    waiting = {connection.user};
  pool_.close(place, true);
  for (const auto user : waiting) {
    users_.carried(user) = {};
    users_.unsent(user);
  }
}

void NativeWire::opened(std::uint32_t place) {
  Connection& connection = pool_[place];
  pool_.established(place);
  counts_.connect.record(clock_.now() - connection.opened);
  connection.state = connection.http2 ? Connection::State::Shared : Connection::State::Busy;
  flush(place);
}

void NativeWire::open_failed(std::uint32_t place, ErrorClass why, const std::string& words) {
  Connection& connection = pool_[place];
  if (connection.http2) return end_shared(place, {why, words});
  lost(place, why, words);
}

/// Connections that are not open in time. In the order in which they were begun.
void NativeWire::give_up_late_ones() {
  if (opening_.empty()) return;
  const Duration now = clock_.now();
  while (!opening_.empty()) {
    const auto [place, generation, until] = opening_.front();
    Connection& connection = pool_[place];
    const bool ours = connection.is_opening() && (connection.generation == generation ||
                                                  connection.opened + connect_timeout_ == until);
    if (ours && until > now) return;
    opening_.pop_front();
    if (!ours) continue;
    open_failed(
        place, ErrorClass::ConnectTimeout,
        fmt::format("no connection to {} within {}", pool_.peer(place), human(connect_timeout_)));
  }
}

void NativeWire::advance() {
  if (starved_ && clock_.now() >= look_again_) {
    starved_ = false;
    look_again_ = Duration::max();
  }
  if (!unread_.empty()) read_more();
  give_up_late_ones();
  if (to_flush_.empty()) return;
  std::swap(to_flush_, flushing_);
  for (const auto place : flushing_)
    if (pool_[place].to_flush) flush(place);
  flushing_.clear();
}

/// What is to go out goes together, after a batch of events: the kernel's code for sending stays in
/// the caches, and the server finds more at once. It saves 5 % of what a request costs, and where
/// the loop is not at its limit a batch is small.
void NativeWire::flush_later(std::uint32_t place) {
  Connection& connection = pool_[place];
  if (connection.to_flush || connection.is_opening()) return;
  connection.to_flush = true;
  to_flush_.push_back(place);
}

void NativeWire::flush(std::uint32_t place) {
  Connection& connection = pool_[place];
  connection.to_flush = false;
  if (connection.state == Connection::State::Shared)
    flush_shared(place);
  else if (connection.state == Connection::State::Busy)
    send_request(place);
}

Duration NativeWire::advance_at() const {
  if (!unread_.empty() || !to_flush_.empty()) return clock_.now();
  Duration at = look_again_;
  if (!opening_.empty()) at = std::min(at, opening_.front().until);
  return at;
}

void NativeWire::read_later(std::uint32_t place, std::uint32_t events) {
  Connection& connection = pool_[place];
  if (connection.more_to_read) return;
  connection.more_to_read = true;
  unread_.push_back({place, connection.generation, events});
}

void NativeWire::read_more() {
  std::swap(unread_, reading_);
  for (const Unread& one : reading_) {
    Connection& connection = pool_[one.place];
    if (connection.generation != one.generation || !connection.more_to_read) continue;
    connection.more_to_read = false;
    if (connection.http2)
      receive_shared(one.place, one.events);
    else
      receive(one.place, one.events);
  }
  reading_.clear();
}

WireCounts NativeWire::take_counts() {
  counts_.reconnects = std::exchange(pool_.reconnects, 0);
  counts_.opened = std::exchange(pool_.opened, 0);
  counts_.spoken = std::exchange(pool_.spoken, {});
  counts_.out_of_sockets = std::exchange(pool_.starved, false);
  return std::exchange(counts_, {});
}

}  // namespace gunflint
