#pragma once
/// The bytes of one connection: a non-blocking socket, with TLS on it or without.

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string_view>

#include "load/tls.hpp"

namespace gunflint {

/// Reading and writing without TLS are inline: they are half of what a request costs.
class Transport {
 public:
  Transport() = default;
  ~Transport() { close(); }
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  /// Takes the socket over.
  void open(int fd) { fd_ = fd; }
  void secure(std::unique_ptr<TlsStream> tls) { tls_ = std::move(tls); }
  void close() {
    tls_.reset();
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  int fd() const { return fd_; }
  TlsStream* tls() const { return tls_.get(); }

  Io read(char* to, std::size_t size) {
    if (tls_) return tls_->read(to, size);
    ssize_t got = 0;
    do got = recv(fd_, to, size, 0);
    while (got < 0 && errno == EINTR);
    if (got > 0) return {static_cast<std::size_t>(got), IoState::Done};
    if (got == 0) return {0, IoState::End};
    return {0, errno == EAGAIN ? IoState::Again : IoState::Failed, errno};
  }
  Io write(std::string_view bytes) {
    if (tls_) return tls_->write(bytes);
    ssize_t sent = 0;
    do sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent >= 0) return {static_cast<std::size_t>(sent), IoState::Done};
    return {0, errno == EAGAIN ? IoState::Again : IoState::Failed, errno};
  }
  /// Fewer bytes than asked for: the socket is empty, and a new edge will tell of more. TLS gives a
  /// record at a time, whatever else it holds.
  bool drained(std::size_t got, std::size_t asked) const { return !tls_ && got < asked; }

 private:
  int fd_ = -1;
  std::unique_ptr<TlsStream> tls_;
};

}  // namespace gunflint
