// The server that benchmarks and tests load: one thread, epoll, canned answers; nothing that a
// generator sends costs it much. It prints its port and serves until its standard input ends.
//
//     tiny_server [--unix PATH] [--port N]
//
//     /x                 200, 153 bytes
//     /login             200, sets a cookie
//     /items             200, 1 KB of JSON with $.items[3].id
//     /bytes/N           200, N bytes
//     /sleep/MS          as /x, MS milliseconds later
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

std::string answer(const std::string& body, const std::string& headers = {}) {
  return "HTTP/1.1 200 OK\r\nServer: tiny\r\nDate: Sun, 22 Nov 2026 16:07:30 GMT\r\n" + headers +
         "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nConnection: keep-alive\r\n\r\n" + body;
}

/// A kilobyte with a value in the middle, as a shop's list of items is.
std::string items() {
  std::string body = R"({"page":1,"items":[)";
  for (int i = 0; body.size() < 960; ++i)
    body += (i ? "," : "") + std::string(R"({"id":")") + std::to_string(1000 + i) +
            R"(","name":"item )" + std::to_string(i) + R"(","price":12.5,"tags":["a","b"]})";
  return answer(body + R"(],"next":2})");
}

struct Answers {
  std::string x = answer(std::string(153, 'x'));
  std::string login =
      answer(R"({"user":"u1"})", "Set-Cookie: session=0123456789abcdef; Path=/\r\n");
  std::string list = items();

  std::string_view to(std::string_view target, std::string& made) const {
    if (target.starts_with("/login")) return login;
    if (target.starts_with("/items")) return list;
    if (target.starts_with("/bytes/")) {
      made = answer(std::string(static_cast<std::size_t>(std::atoll(target.data() + 7)), 'b'));
      return made;
    }
    return x;
  }
};

using Clock = std::chrono::steady_clock;

/// Answers that are due later, by connection.
class Later {
 public:
  void add(int fd, int milliseconds) {
    due_.emplace(Clock::now() + std::chrono::milliseconds(milliseconds), fd);
  }
  void forget(int fd) {
    std::erase_if(due_, [fd](const auto& one) { return one.second == fd; });
  }
  void send_due(std::string_view reply) {
    while (!due_.empty() && due_.begin()->first <= Clock::now()) {
      send(due_.begin()->second, reply.data(), reply.size(), MSG_NOSIGNAL);
      due_.erase(due_.begin());
    }
  }
  int timeout() const {
    if (due_.empty()) return -1;
    const auto left = due_.begin()->first - Clock::now();
    return std::max(0,
                    static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count()));
  }

 private:
  std::multimap<Clock::time_point, int> due_;
};

void serve(int listener) {
  const Answers answers;
  Later later;
  const int poll = epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{};
  // Edge-triggered, and answers go out together after a batch: the server must not be the limit of
  // what is measured.
  event.events = EPOLLIN | EPOLLRDHUP | EPOLLET;
  event.data.fd = listener;
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
  event.data.fd = STDIN_FILENO;
  epoll_ctl(poll, EPOLL_CTL_ADD, STDIN_FILENO, &event);
  std::vector<epoll_event> events(512);
  std::vector<char> buffer(65536);
  std::string made;
  std::vector<std::pair<int, std::string_view>> replies;
  const auto send_replies = [&] {
    for (const auto& [fd, reply] : replies) send(fd, reply.data(), reply.size(), MSG_NOSIGNAL);
    replies.clear();
  };
  while (true) {
    send_replies();
    const int n = epoll_wait(poll, events.data(), static_cast<int>(events.size()), later.timeout());
    later.send_due(answers.x);
    for (int i = 0; i < n; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == STDIN_FILENO) return;
      if (fd == listener) {
        const int one = 1;
        for (int c = 0; (c = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
          setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
          event.data.fd = c;
          epoll_ctl(poll, EPOLL_CTL_ADD, c, &event);
        }
        continue;
      }
      const auto got = recv(fd, buffer.data(), buffer.size(), 0);
      const bool over = (events[static_cast<std::size_t>(i)].events & EPOLLRDHUP) != 0;
      if (got <= 0 || over) {
        if (got == 0 || over || errno != EAGAIN) {
          send_replies();
          later.forget(fd);
          close(fd);
        }
        continue;
      }
      std::string_view text(buffer.data(), static_cast<std::size_t>(got));
      while (!text.empty()) {
        const auto end = text.find("\r\n\r\n");
        if (end == text.npos) break;
        const auto space = text.find(' ');
        const auto target = text.substr(space + 1, text.find(' ', space + 1) - space - 1);
        text.remove_prefix(end + 4);
        if (target.starts_with("/sleep/")) {
          later.add(fd, std::atoi(target.data() + 7));
          continue;
        }
        replies.emplace_back(fd, answers.to(target, made));
        if (!made.empty()) send_replies(), made.clear();
      }
    }
  }
}

int listen_at_port(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int one = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  // Whatever the machine's default is: no pacing between loopback's ends.
  setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  socklen_t size = sizeof address;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(fd, 16384) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return -1;
  std::printf("%d\n", ntohs(address.sin_port));
  return fd;
}

int listen_at_path(const char* path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  unlink(path);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(fd, 4096) != 0)
    return -1;
  std::printf("%s\n", path);
  return fd;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string option = argc > 2 ? argv[1] : "";
  const int listener = option == "--unix"   ? listen_at_path(argv[2])
                       : option == "--port" ? listen_at_port(std::atoi(argv[2]))
                                            : listen_at_port(0);
  if (listener < 0) {
    std::perror("tiny_server: listen");
    return 1;
  }
  std::fflush(stdout);
  serve(listener);
}
