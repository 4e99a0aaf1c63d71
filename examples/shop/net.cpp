#include "net.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace shop {

Fd& Fd::operator=(Fd&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}

namespace {
sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

bool readable_within(int fd, int milliseconds) {
  pollfd p{fd, POLLIN, 0};
  return ::poll(&p, 1, milliseconds) > 0;
}
}  // namespace

Fd listen_on(int port, int backlog) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int one = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  const auto address = loopback(port);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(fd.get(), backlog) != 0) {
    std::fprintf(stderr, "shop: cannot listen on 127.0.0.1:%d: %s\n", port, std::strerror(errno));
    std::exit(1);
  }
  return fd;
}

int port_of(const Fd& listener) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

Fd dial(int port) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{1, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const auto address = loopback(port);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return {};
  const int one = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

std::string read_until(int fd, const std::string& until) {
  std::string text;
  char part[4096];
  while (text.find(until) == std::string::npos && text.size() < 65536 &&
         readable_within(fd, 1000)) {
    const auto n = ::recv(fd, part, sizeof part, 0);
    if (n <= 0) break;
    text.append(part, static_cast<std::size_t>(n));
  }
  return text;
}

bool write_all(int fd, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto n = ::send(fd, text.data() + at, text.size() - at, MSG_NOSIGNAL);
    if (n <= 0) return false;
    at += static_cast<std::size_t>(n);
  }
  return true;
}

bool hung_up(int fd) {
  char byte;
  const auto n = ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (n == 0) return true;
  pollfd p{fd, POLLRDHUP, 0};
  return ::poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

std::optional<HttpRequest> read_request(int fd) {
  std::string text = read_until(fd, "\r\n\r\n");
  const auto head_end = text.find("\r\n\r\n");
  if (head_end == std::string::npos) return std::nullopt;
  HttpRequest request;
  const auto line = text.substr(0, text.find("\r\n"));
  const auto first = line.find(' '), second = line.find(' ', first + 1);
  if (first == std::string::npos || second == std::string::npos) return std::nullopt;
  request.method = line.substr(0, first);
  request.path = line.substr(first + 1, second - first - 1);
  std::size_t length = 0;
  std::string head = text.substr(0, head_end);
  for (char& c : head) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (const auto at = head.find("content-length:"); at != std::string::npos)
    length = std::strtoul(head.c_str() + at + 15, nullptr, 10);
  request.body = text.substr(head_end + 4);
  char part[4096];
  while (request.body.size() < length && length < 65536 && readable_within(fd, 1000)) {
    const auto n = ::recv(fd, part, sizeof part, 0);
    if (n <= 0) return std::nullopt;
    request.body.append(part, static_cast<std::size_t>(n));
  }
  return request;
}

void answer(int fd, int status, const std::string& body, const std::string& type) {
  const char* reason = status == 200 ? "OK" : status == 404 ? "Not Found" : "Service Unavailable";
  write_all(fd, "HTTP/1.1 " + std::to_string(status) + " " + reason + "\r\nContent-Type: " + type +
                    "\r\nContent-Length: " + std::to_string(body.size()) +
                    "\r\nConnection: close\r\n\r\n" + body);
}

std::optional<int> json_integer(const std::string& text, const std::string& name) {
  auto at = text.find('"' + name + '"');
  if (at == std::string::npos || (at = text.find(':', at)) == std::string::npos)
    return std::nullopt;
  char* end = nullptr;
  const long value = std::strtol(text.c_str() + at + 1, &end, 10);
  if (end == text.c_str() + at + 1) return std::nullopt;
  return static_cast<int>(value);
}

Options::Options(int count, char** words) {
  for (int i = 0; i < count; ++i) {
    std::string word = words[i];
    if (!word.starts_with("--")) continue;
    const bool has_value = i + 1 < count && std::strncmp(words[i + 1], "--", 2) != 0;
    values_[word.substr(2)] = has_value ? words[++i] : "";
  }
}
int Options::integer(const std::string& name, int fallback) const {
  const auto at = values_.find(name);
  return at == values_.end() ? fallback : std::atoi(at->second.c_str());
}
std::string Options::text(const std::string& name, const std::string& fallback) const {
  const auto at = values_.find(name);
  return at == values_.end() ? fallback : at->second;
}

}  // namespace shop
