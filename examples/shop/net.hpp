#pragma once
// Sockets and HTTP for the shop: blocking, small, and honest about what a simple server does.

#include <map>
#include <optional>
#include <string>

namespace shop {

/// A file descriptor that closes itself.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Fd& operator=(Fd&& other) noexcept;
  ~Fd();
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// Listens on 127.0.0.1; port 0 takes a free one. `backlog` is the accept queue's length.
Fd listen_on(int port, int backlog);
int port_of(const Fd& listener);
/// Connects within a second, or gives an empty Fd.
Fd dial(int port);

/// Reads until `until` has been seen (headers) or the peer closes; at most a second of silence.
std::string read_until(int fd, const std::string& until);
bool write_all(int fd, const std::string& text);
/// The peer has gone: there is nobody to answer any more.
bool hung_up(int fd);

struct HttpRequest {
  std::string method, path, body;
};
/// One request of one connection; nothing when the peer sent no whole request.
std::optional<HttpRequest> read_request(int fd);
void answer(int fd, int status, const std::string& body,
            const std::string& type = "application/json");

/// The integer after `"name":` in a flat JSON text.
std::optional<int> json_integer(const std::string& text, const std::string& name);

/// "--workers 4" style options.
class Options {
 public:
  Options(int count, char** words);
  int integer(const std::string& name, int fallback) const;
  std::string text(const std::string& name, const std::string& fallback = {}) const;
  bool has(const std::string& name) const { return values_.contains(name); }

 private:
  std::map<std::string, std::string> values_;
};

}  // namespace shop
