#pragma once
/// A file descriptor that closes itself, and reading and writing whole texts through one.

#include <string>
#include <string_view>
#include <utility>

#include "gunflint/base/result.hpp"
#include "gunflint/base/units.hpp"

namespace gunflint {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int number) : number_(number) {}
  Fd(Fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      close();
      number_ = std::exchange(other.number_, -1);
    }
    return *this;
  }
  ~Fd() { close(); }
  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }
  int release() { return std::exchange(number_, -1); }
  void close();

 private:
  int number_ = -1;
};

struct FdPair {
  Fd first, second;
};
/// `first` reads what is written to `second`. Both close on exec.
Result<FdPair> make_pipe();
/// Two ends of one stream. Both close on exec.
Result<FdPair> make_socket_pair();

/// The kernel's /proc and /sys texts: read until the end, at most `limit` bytes (more is an error).
Result<std::string> read_text_file(const std::string& path, std::size_t limit = 16u << 20);
/// One write(2) of the whole text to an existing file, as control files want it.
Result<void> write_control_file(const std::string& path, std::string_view text);
/// Writes everything, waiting at most until `deadline` has passed when the other side is slow.
Result<void> write_all(int fd, std::string_view bytes, Duration deadline);

/// CLOCK_MONOTONIC and CLOCK_BOOTTIME now.
Time monotonic_now();
Duration boottime_now();

/// Closes every descriptor from 3 on except the given one (-1: none). For a child that was forked
/// to run our own code: it must not keep locks and pipe ends of its parent alive.
void close_all_but(int keep);
void close_all_but(int keep, int keep_too);

/// pidfd_open(2) of a process with this start time; Gone when it is no more or another one.
Result<Fd> open_pidfd(int pid, std::uint64_t start_time);
Result<void> signal_pidfd(const Fd& pidfd, int number);

}  // namespace gunflint
