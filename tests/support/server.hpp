#pragma once
/// An HTTP/1.1 server for tests, on a free loopback port, that behaves as it is told: answers,
/// delays, closes, resets, sends garbage, says nothing. One epoll loop; about 100,000 answers per
/// second and core.
///
///     TestServer server([](const TestRequest& r) {
///       return r.path == "/slow" ? answer(200, "late").after(300ms) : answer(200, "hello");
///     });
///     fetch(server.url() + "/slow");
///
/// ServerProcess is the same in a child process, to be stopped (SIGSTOP), continued or killed.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <functional>
#include <map>
#include <queue>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace gunflint::test {

using namespace std::chrono_literals;

struct TestRequest {
  std::string_view method, path;  ///< path with the query
  std::string_view head;          ///< request line and headers
  std::string_view body;
  std::uint64_t number = 0;         ///< of all requests to this server, from 0
  std::uint64_t on_connection = 0;  ///< of this connection, from 0

  /// A header's value without surrounding space; empty when absent. `name` in any case.
  std::string header(std::string_view name) const {
    for (std::size_t at = head.find("\r\n"); at != head.npos && at + 2 < head.size();) {
      const auto start = at + 2;
      at = head.find("\r\n", start);
      const auto line = head.substr(start, at == head.npos ? at : at - start);
      if (line.size() > name.size() && line[name.size()] == ':' &&
          strncasecmp(line.data(), name.data(), name.size()) == 0) {
        auto value = line.substr(name.size() + 1);
        while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
        return std::string(value);
      }
    }
    return {};
  }
};

/// What the server does about one request.
struct TestAnswer {
  enum class Then { Keep, Close, Reset };
  std::string bytes;
  std::chrono::nanoseconds delay{};
  Then then = Then::Keep;
  bool silent = false;  ///< never answers, keeps the connection

  TestAnswer&& after(std::chrono::nanoseconds d) && { return delay = d, std::move(*this); }
  TestAnswer&& and_close() && { return then = Then::Close, std::move(*this); }
  TestAnswer&& and_reset() && { return then = Then::Reset, std::move(*this); }
};
/// A whole answer with Content-Length. `headers`: whole lines, each with "\r\n".
inline TestAnswer answer(int status = 200, std::string_view body = "hello",
                         std::string_view headers = {}) {
  std::string bytes = "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: ";
  bytes.append(std::to_string(body.size())).append("\r\n").append(headers);
  return {.bytes = bytes.append("\r\n").append(body)};
}
inline TestAnswer raw(std::string bytes) { return {.bytes = std::move(bytes)}; }
inline TestAnswer nothing() { return {.silent = true}; }

using TestBehaviour = std::function<TestAnswer(const TestRequest&)>;

namespace detail {
inline std::int64_t now_ns() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1'000'000'000ll + t.tv_nsec;
}
inline void must(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

/// Listens on a loopback port; `port` 0 picks a free one.
inline int listen_on(int& port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  must(fd >= 0, "socket");
  const int one = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  must(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "bind");
  must(listen(fd, 16384) == 0, "listen");
  socklen_t size = sizeof address;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  port = ntohs(address.sin_port);
  return fd;
}

class ServerLoop {
 public:
  ServerLoop(int listener, int stop_event, TestBehaviour behaviour,
             std::atomic<std::uint64_t>& served)
      : listener_(listener),
        stop_(stop_event),
        poll_(epoll_create1(EPOLL_CLOEXEC)),
        behaviour_(std::move(behaviour)),
        served_(served) {
    watch(listener_, EPOLLIN);
    if (stop_ >= 0) watch(stop_, EPOLLIN);
  }
  ~ServerLoop() {
    for (auto& [fd, connection] : connections_) close(fd);
    close(poll_);
  }
  void run() {
    std::vector<epoll_event> events(256);
    while (true) {
      const int n = epoll_wait(poll_, events.data(), static_cast<int>(events.size()), wait_ms());
      for (int i = 0; i < n; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        if (fd == stop_) return;
        if (fd == listener_)
          accept_all();
        else
          receive(fd);
      }
      send_late();
    }
  }

 private:
  struct Connection {
    std::string in, out;
    std::uint64_t id = 0, requests = 0;
  };
  struct Late {
    std::int64_t due;
    int fd;
    std::uint64_t id;
    TestAnswer answer;
    bool operator>(const Late& other) const { return due > other.due; }
  };

  void watch(int fd, std::uint32_t what) {
    epoll_event e{};
    e.events = what;
    e.data.fd = fd;
    epoll_ctl(poll_, EPOLL_CTL_ADD, fd, &e);
  }
  int wait_ms() const {
    if (late_.empty()) return -1;
    const auto left = late_.top().due - now_ns();
    return left <= 0 ? 0 : static_cast<int>((left + 999'999) / 1'000'000);
  }
  void accept_all() {
    while (true) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      const int one = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      connections_[fd].id = ++ids_;
      watch(fd, EPOLLIN);
    }
  }
  void drop(int fd, bool reset) {
    if (reset) {
      const linger hard{1, 0};
      setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    }
    close(fd);
    connections_.erase(fd);
  }
  void receive(int fd) {
    const auto found = connections_.find(fd);
    if (found == connections_.end()) return;
    const auto id = found->second.id;
    const auto got = recv(fd, buffer_.data(), buffer_.size(), 0);
    if (got == 0 || (got < 0 && errno != EAGAIN)) return drop(fd, false);
    if (got < 0) return flush(fd, found->second);
    found->second.in.append(buffer_.data(), static_cast<std::size_t>(got));
    while (true) {
      const auto still = connections_.find(fd);
      if (still == connections_.end() || still->second.id != id) return;
      if (!take_request(fd, still->second)) return;
    }
  }
  bool take_request(int fd, Connection& c) {
    const auto end = c.in.find("\r\n\r\n");
    if (end == c.in.npos) return false;
    TestRequest request;
    request.head = std::string_view(c.in).substr(0, end);
    const auto length = request.header("content-length");
    const std::size_t size = length.empty() ? 0 : std::stoul(length);
    if (c.in.size() < end + 4 + size) return false;
    request.body = std::string_view(c.in).substr(end + 4, size);
    const auto first = request.head.find(' '), second = request.head.find(' ', first + 1);
    request.method = request.head.substr(0, first);
    request.path = request.head.substr(first + 1, second - first - 1);
    request.number = served_.fetch_add(1);
    request.on_connection = c.requests++;
    TestAnswer reply = behaviour_(request);
    c.in.erase(0, end + 4 + size);
    if (reply.silent) return true;
    if (reply.delay.count() > 0)
      late_.push({now_ns() + reply.delay.count(), fd, c.id, std::move(reply)});
    else
      act(fd, c, reply);
    return true;
  }
  void act(int fd, Connection& c, const TestAnswer& reply) {
    c.out += reply.bytes;
    flush(fd, c);
    if (reply.then != TestAnswer::Then::Keep) drop(fd, reply.then == TestAnswer::Then::Reset);
  }
  /// Large answers that do not fit the socket buffer are written in place, waiting at most 5 s.
  void flush(int fd, Connection& c) {
    const auto give_up = now_ns() + 5'000'000'000ll;
    while (!c.out.empty() && now_ns() < give_up) {
      const auto sent = send(fd, c.out.data(), c.out.size(), MSG_NOSIGNAL);
      if (sent >= 0)
        c.out.erase(0, static_cast<std::size_t>(sent));
      else if (errno == EAGAIN)
        std::this_thread::sleep_for(100us);
      else
        c.out.clear();
    }
  }
  void send_late() {
    while (!late_.empty() && late_.top().due <= now_ns()) {
      const Late late = late_.top();
      late_.pop();
      const auto found = connections_.find(late.fd);
      if (found != connections_.end() && found->second.id == late.id)
        act(late.fd, found->second, late.answer);
    }
  }

  int listener_, stop_, poll_;
  TestBehaviour behaviour_;
  std::atomic<std::uint64_t>& served_;
  std::map<int, Connection> connections_;
  std::priority_queue<Late, std::vector<Late>, std::greater<>> late_;
  std::vector<char> buffer_ = std::vector<char>(65536);
  std::uint64_t ids_ = 0;
};
}  // namespace detail

inline TestBehaviour always(TestAnswer what) {
  return [what = std::move(what)](const TestRequest&) { return what; };
}

/// Serves from a thread of this process until it is destroyed.
class TestServer {
 public:
  explicit TestServer(TestBehaviour behaviour = always(answer()), int port = 0) : port_(port) {
    listener_ = detail::listen_on(port_);
    stop_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    thread_ = std::thread([this, behaviour = std::move(behaviour)] {
      detail::ServerLoop(listener_, stop_, behaviour, served_).run();
    });
  }
  ~TestServer() {
    const std::uint64_t one = 1;
    if (write(stop_, &one, sizeof one) < 0) std::terminate();
    thread_.join();
    close(listener_);
    close(stop_);
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  int port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::uint64_t served() const { return served_; }  ///< requests read so far

 private:
  int port_ = 0, listener_ = -1, stop_ = -1;
  std::atomic<std::uint64_t> served_{0};
  std::thread thread_;
};

/// Serves from a child process, which dies with this one. Start it before any thread.
class ServerProcess {
 public:
  explicit ServerProcess(TestBehaviour behaviour = always(answer()), int port = 0) : port_(port) {
    const int listener = detail::listen_on(port_);
    const int parent = getpid();
    pid_ = fork();
    detail::must(pid_ >= 0, "fork");
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (getppid() != parent) _exit(1);
      std::atomic<std::uint64_t> served{0};
      detail::ServerLoop(listener, -1, std::move(behaviour), served).run();
      _exit(0);
    }
    close(listener);
  }
  ~ServerProcess() { kill(); }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  int port() const { return port_; }
  int pid() const { return pid_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  void stop() { ::kill(pid_, SIGSTOP); }
  void go_on() { ::kill(pid_, SIGCONT); }
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  int port_ = 0, pid_ = 0;
};

/// A loopback port on which nobody listens (free a moment ago).
inline int closed_port() {
  int port = 0;
  close(detail::listen_on(port));
  return port;
}

}  // namespace gunflint::test
