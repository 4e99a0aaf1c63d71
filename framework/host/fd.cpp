#include "host/fd.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fmt/format.h>

#include "host/no_broken_pipe.hpp"
#include "host/process_table.hpp"

namespace gunflint {

void Fd::close() {
  if (number_ >= 0) ::close(std::exchange(number_, -1));
}

Result<FdPair> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno(errno, "make a pipe");
  return FdPair{Fd(ends[0]), Fd(ends[1])};
}

Result<FdPair> make_socket_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return fail_errno(errno, "make a pair of sockets");
  return FdPair{Fd(ends[0]), Fd(ends[1])};
}

Result<std::string> read_text_file(const std::string& path, std::size_t limit) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) return fail_errno(errno, "open " + path);
  std::string text;
  char buffer[16384];
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno(errno, "read " + path);
    if (n == 0) return text;
    text.append(buffer, static_cast<std::size_t>(n));
    if (text.size() > limit)
      return fail(Cause::BadInput,
                  fmt::format("{} is larger than {} bytes; it was not read", path, limit));
  }
}

Result<void> write_control_file(const std::string& path, std::string_view text) {
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) return fail_errno(errno, "open " + path + " for writing");
  ssize_t n = 0;
  do n = ::write(fd.get(), text.data(), text.size());
  while (n < 0 && errno == EINTR);
  if (n < 0) return fail_errno(errno, fmt::format("write \"{}\" to {}", text, path));
  return {};
}

namespace {
/// MSG_NOSIGNAL is for sockets alone, and not every command ignores SIGPIPE.
ssize_t write_quietly(int fd, std::string_view bytes) {
  const NoBrokenPipe quiet;
  return ::write(fd, bytes.data(), bytes.size());
}
}  // namespace

Result<void> write_all(int fd, std::string_view bytes, Duration deadline) {
  const Time end = monotonic_now() + deadline;
  while (!bytes.empty()) {
    ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == ENOTSOCK) n = write_quietly(fd, bytes);
    if (n > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
      continue;
    }
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno != EAGAIN) return fail_errno(errno, "write to the other side of a pipe");
    const Duration left = end - monotonic_now();
    if (left <= Duration::zero())
      return fail(Cause::TimedOut,
                  fmt::format("the other side of a pipe did not read for {}; it is "
                              "stopped or overloaded",
                              human(deadline)));
    pollfd wait{fd, POLLOUT, 0};
    ::poll(&wait, 1, static_cast<int>(std::clamp<std::int64_t>(left / 1ms, 1, 1000)));
  }
  return {};
}

namespace {
Duration read_clock(clockid_t id) {
  timespec t{};
  ::clock_gettime(id, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}
}  // namespace

Time monotonic_now() { return Time(read_clock(CLOCK_MONOTONIC)); }
Duration boottime_now() { return read_clock(CLOCK_BOOTTIME); }

void close_all_but(int keep) { close_all_but(keep, -1); }
void close_all_but(int keep, int keep_too) {
  int kept[2] = {std::min(keep, keep_too), std::max(keep, keep_too)};
  unsigned from = 3;
  for (const int fd : kept) {
    if (fd < 3) continue;
    const auto stay = static_cast<unsigned>(fd);
    if (stay > from) ::syscall(SYS_close_range, from, stay - 1, 0);
    from = stay + 1;
  }
  ::syscall(SYS_close_range, from, ~0u, 0);
}

Result<Fd> open_pidfd(int pid, std::uint64_t start_time) {
  Fd fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!fd) {
    if (errno == ESRCH || errno == EINVAL)
      return fail(Cause::Gone, fmt::format("process {} is no more", pid));
    return fail_errno(errno, fmt::format("open a handle of process {}", pid));
  }
  // Looked at after opening: from here on the handle cannot change its meaning.
  GF_TRY_AS(const ProcessStat stat, read_process_stat(pid));
  if (stat.start_time != start_time || stat.state == 'Z' || stat.state == 'X')
    return fail(Cause::Gone, fmt::format("process {} is no more", pid));
  return fd;
}

Result<void> signal_pidfd(const Fd& pidfd, int number) {
  if (::syscall(SYS_pidfd_send_signal, pidfd.get(), number, nullptr, 0) == 0) return {};
  if (errno == ESRCH) return fail(Cause::Gone, "the process is no more");
  return fail_errno(errno, fmt::format("send signal {}", number));
}

}  // namespace gunflint
