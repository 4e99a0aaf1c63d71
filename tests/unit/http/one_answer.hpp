#pragma once
/// A server that takes one connection, remembers what it was sent and answers with given bytes.

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <string>
#include <thread>

namespace gunflint {

class OneAnswer {
 public:
  /// `until`: the request is complete when this text has come (empty: at the end of the stream).
  /// An empty answer keeps the connection open in silence until the test ends.
  OneAnswer(std::string answer, std::string until, const std::string& unix_path = {})
      : answer_(std::move(answer)), until_(std::move(until)) {
    if (unix_path.empty())
      listen_tcp();
    else
      listen_unix(unix_path);
    ::listen(listener_, 1);
    thread_ = std::thread([this] { serve(); });
  }
  ~OneAnswer() {
    ::shutdown(listener_, SHUT_RDWR);
    ::close(stop_[1]);
    thread_.join();
    ::close(listener_);
    ::close(stop_[0]);
  }
  int port() const { return port_; }
  /// Call when the client has its answer.
  const std::string& received() const { return received_; }

 private:
  void listen_tcp() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    (void)::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    (void)::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  void listen_unix(const std::string& path) {
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    (void)::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  }
  void serve() {
    const int fd = ::accept(listener_, nullptr, nullptr);
    if (fd < 0) return;
    char chunk[4096];
    while (until_.empty() || received_.find(until_) == std::string::npos) {
      const auto n = ::recv(fd, chunk, sizeof(chunk), 0);
      if (n <= 0) break;
      received_.append(chunk, static_cast<std::size_t>(n));
    }
    for (std::size_t sent = 0; sent < answer_.size();) {
      const auto n = ::send(fd, answer_.data() + sent, answer_.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) break;
      sent += static_cast<std::size_t>(n);
    }
    if (answer_.empty()) {
      pollfd stop{stop_[0], POLLIN, 0};
      ::poll(&stop, 1, 10'000);
    }
    ::close(fd);
  }

  std::string answer_, until_, received_;
  int listener_ = -1, port_ = 0;
  int stop_[2] = {-1, -1};
  int made_ = ::pipe(stop_);
  std::thread thread_;
};

}  // namespace gunflint
