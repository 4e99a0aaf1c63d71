#include "host/sockets.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

namespace gunflint {
namespace {

constexpr std::size_t most = 4u << 20;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

class Deadline {
 public:
  explicit Deadline(Duration length) : end_(std::chrono::steady_clock::now() + length) {}
  /// False when the time is over.
  bool wait(int fd, short events) const {
    for (;;) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          end_ - std::chrono::steady_clock::now());
      if (left.count() <= 0) return false;
      pollfd watched{fd, events, 0};
      const int ready = ::poll(&watched, 1, static_cast<int>(left.count()) + 1);
      if (ready > 0) return true;
      if (ready < 0 && errno != EINTR) return false;
    }
  }

 private:
  std::chrono::steady_clock::time_point end_;
};

Failure too_late(const std::string& path) {
  return fail(Cause::TimedOut, "the service at socket " + path +
                                   " did not answer in time; see "
                                   "whether it hangs");
}

Result<void> connect_to(int fd, const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path))
    return fail(Cause::BadInput, "`" + path +
                                     "` is no path of a unix socket; it may have 1 to 107 "
                                     "characters");
  std::memcpy(address.sun_path, path.data(), path.size());
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return {};
  const int number = errno;
  if (number == ENOENT || number == ECONNREFUSED || number == EAGAIN)
    return fail(Cause::Unreachable, "nobody accepts connections at socket " + path + " (" +
                                        std::strerror(number) + "); is the service running?");
  return fail_errno(number, "connect to socket " + path);
}

}  // namespace

Result<std::string> UnixSockets::exchange(const std::string& path, const std::string& text,
                                          Duration length) {
  const Deadline deadline(length);
  const Descriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd.get() < 0) return fail_errno(errno, "make a unix socket");
  GF_TRY(connect_to(fd.get(), path));
  for (std::size_t sent = 0; sent < text.size();) {
    if (!deadline.wait(fd.get(), POLLOUT)) return too_late(path);
    const auto n = ::send(fd.get(), text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (n > 0) sent += static_cast<std::size_t>(n);
    if (n < 0 && errno != EAGAIN && errno != EINTR)
      return fail_errno(errno, "write to socket " + path);
  }
  ::shutdown(fd.get(), SHUT_WR);
  std::string answer;
  char chunk[16384];
  for (;;) {
    if (!deadline.wait(fd.get(), POLLIN)) return too_late(path);
    const auto n = ::recv(fd.get(), chunk, sizeof(chunk), 0);
    if (n == 0) return answer;
    if (n < 0 && errno != EAGAIN && errno != EINTR)
      return fail_errno(errno, "read from socket " + path);
    if (n > 0) answer.append(chunk, static_cast<std::size_t>(n));
    if (answer.size() > most)
      return fail(Cause::Io, "the service at socket " + path + " answered more than 4 MiB");
  }
}

}  // namespace gunflint
