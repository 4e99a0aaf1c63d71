#include "load/pool.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace gunflint {

Pool::Pool(int poll, std::uint64_t tag, const std::vector<Origin>& origins, std::size_t most)
    : poll_(poll),
      tag_(tag),
      origins_(origins),
      most_(most),
      idle_(origins.size()),
      idle_of_(origins.size()),
      address_(origins.size()) {}

Pool::~Pool() {
  for (auto& connection : connections_)
    if (connection.fd >= 0) ::close(connection.fd);
}

bool Pool::can_take(int origin) const {
  return idle_of_[static_cast<std::size_t>(origin)] > 0 || open_ < most_ || idle_count_ > 0;
}

bool Pool::pop_idle(int origin, std::uint32_t& place) {
  auto& idle = idle_[static_cast<std::size_t>(origin)];
  while (!idle.empty()) {
    const auto [at, generation] = idle.back();
    idle.pop_back();
    const auto& connection = connections_[at];
    if (connection.generation != generation || connection.state != Connection::State::Idle)
      continue;
    --idle_count_;
    --idle_of_[static_cast<std::size_t>(origin)];
    place = at;
    return true;
  }
  return false;
}

Pool::Take Pool::take(int origin) {
  std::uint32_t place = 0;
  if (pop_idle(origin, place)) {
    connections_[place].state = Connection::State::Busy;
    connections_[place].reused = true;
    return {Taken::Ready, place};
  }
  if (open_ >= most_) {
    // An idle connection to another server makes room.
    for (std::size_t other = 0; other < idle_.size() && open_ >= most_; ++other)
      if (pop_idle(static_cast<int>(other), place)) {
        connections_[place].state = Connection::State::Busy;
        close(place, false);
      }
    if (open_ >= most_) return {};
  }
  if (closed_.empty()) {
    connections_.emplace_back();
    place = static_cast<std::uint32_t>(connections_.size() - 1);
  } else {
    place = closed_.back();
    closed_.pop_back();
  }
  auto& connection = connections_[place];
  connection.origin = static_cast<std::uint16_t>(origin);
  connection.addresses_tried = 0;
  if (to_replace_ > 0) {
    --to_replace_;
    ++reconnects;
  }
  ++open_;
  return open_at(place);
}

Pool::Take Pool::try_next_address(std::uint32_t place) {
  auto& connection = connections_[place];
  const auto& origin = origins_[connection.origin];
  if (++connection.addresses_tried >= origin.addresses.size()) return {};
  address_[connection.origin] = (address_[connection.origin] + 1) % origin.addresses.size();
  ::close(connection.fd);
  connection.fd = -1;
  return open_at(place);
}

Pool::Take Pool::open_at(std::uint32_t place) {
  auto& connection = connections_[place];
  const auto& address = origins_[connection.origin].addresses[address_[connection.origin]];
  ++connection.generation;
  connection.more_to_read = false;
  connection.reused = false;
  connection.state = Connection::State::Connecting;
  const auto failed = [&](int error) -> Take {
    const bool ours = error == EMFILE || error == ENFILE || error == EADDRNOTAVAIL ||
                      error == ENOBUFS || error == ENOMEM;
    if (ours) {
      starved = true;
      close(place, false);
      return {};
    }
    return {Taken::Failed, place, error};
  };
  connection.fd = socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (connection.fd < 0) return failed(errno);
  const int one = 1;
  setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  const auto* to = reinterpret_cast<const sockaddr*>(&address.storage);
  const int result = connect(connection.fd, to, address.size);
  if (result != 0 && errno != EINPROGRESS) return failed(errno);
  // Registered once, edge-triggered: no further epoll_ctl in the life of the connection.
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = tag_ | static_cast<std::uint64_t>(connection.generation) << 32 | place;
  if (epoll_ctl(poll_, EPOLL_CTL_ADD, connection.fd, &event) != 0) return failed(errno);
  if (result != 0) return {Taken::Opening, place};
  connection.state = Connection::State::Busy;
  return {Taken::Ready, place};
}

void Pool::keep(std::uint32_t place) {
  auto& connection = connections_[place];
  connection.state = Connection::State::Idle;
  connection.user = 0xffffffff;
  idle_[connection.origin].push_back({place, connection.generation});
  ++idle_of_[connection.origin];
  ++idle_count_;
}

void Pool::close(std::uint32_t place, bool by_peer) {
  auto& connection = connections_[place];
  if (connection.state == Connection::State::Closed) return;
  if (connection.state == Connection::State::Idle) {
    --idle_count_;
    --idle_of_[connection.origin];
  }
  if (connection.fd >= 0) ::close(connection.fd);
  connection.fd = -1;
  connection.user = 0xffffffff;
  connection.state = Connection::State::Closed;
  ++connection.generation;  // events still in the batch are not for the next one
  connection.unsent.clear();
  closed_.push_back(place);
  --open_;
  if (by_peer) ++to_replace_;
}

}  // namespace gunflint
