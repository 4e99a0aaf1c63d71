// The real Processes port: what /proc, pidfds and prlimit say. Programs are started by launch.cpp.
#include <cerrno>
#include <charconv>
#include <csignal>
#include <fstream>
#include <map>

#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "gunflint/host/victims.hpp"
#include "host/fd.hpp"
#include "host/launch.hpp"
#include "host/process_table.hpp"
#include "host/real_host.hpp"

namespace gunflint {
namespace {

/// /proc/PID/limits answers everybody, where prlimit asks for the same user and group. One line per
/// RLIMIT_ constant, in their order, below a head; 26 columns of name, then 20 each.
Result<SoftLimit> read_limit(int pid, int resource) {
  std::ifstream in(fmt::format("/proc/{}/limits", pid));
  std::string line;
  for (int row = 0; row <= resource + 1; ++row)
    if (!std::getline(in, line))
      return fail(Cause::Gone, fmt::format("process {} is no more", pid));
  const auto number = [&line](std::size_t column) {
    const std::string text = line.size() > column ? line.substr(column, 20) : "unlimited";
    std::uint64_t value = RLIM_INFINITY;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  };
  return SoftLimit{number(26), number(47)};
}

/// The real group; /proc/PID itself may belong to root (a process that changed its user).
Result<std::uint32_t> group_of(int pid) {
  std::ifstream in(fmt::format("/proc/{}/status", pid));
  std::uint32_t group = 0;
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("Gid:\t") &&
        std::from_chars(line.data() + 5, line.data() + line.size(), group).ec == std::errc())
      return group;
  return fail(Cause::Gone, fmt::format("process {} is no more", pid));
}

class RealProcesses final : public Processes {
 public:
  Result<Exit> run(const Command& command) override { return run_to_the_end(command); }

  Result<ProcessInfo> look(int pid) override { return read_process(pid); }

  Result<std::vector<ProcessInfo>> all() override {
    std::vector<ProcessInfo> found;
    for (const auto& stat : read_process_stats())
      if (auto info = read_process(stat.pid)) found.push_back(std::move(*info));
    return found;
  }

  Result<void> signal(const ProcessId& process, int number) override {
    GF_TRY_AS(const Fd handle, open_pidfd(process.pid, process.start_time));
    // Signals that only continue or ask a question harm nobody: an undo must reach everybody.
    if (number != SIGCONT && number != 0) {
      GF_TRY_AS(const ProcessInfo info, read_process(process.pid));
      GF_TRY(refuse_ours(info));
    }
    return signal_pidfd(handle, number);
  }

  Result<SoftLimit> limit(const ProcessId& process, int resource) override {
    GF_TRY_AS(const Fd handle, open_pidfd(process.pid, process.start_time));
    rlimit now{};
    const bool read =
        ::prlimit(process.pid, static_cast<__rlimit_resource>(resource), nullptr, &now) == 0;
    const int error = errno;
    GF_TRY(still_there(handle, process.pid));  // else the number may have been a stranger's
    if (read) return SoftLimit{now.rlim_cur, now.rlim_max};
    if (error == EPERM) return read_limit(process.pid, resource);
    return fail_errno(error, fmt::format("read a limit of process {}", process.pid));
  }

  Result<void> set_soft_limit(const ProcessId& process, int resource, std::uint64_t soft) override {
    GF_TRY_AS(const SoftLimit now, limit(process, resource));
    GF_TRY_AS(const Fd handle, open_pidfd(process.pid, process.start_time));
    if (soft < now.soft) {  // an undo gives back
      GF_TRY_AS(const ProcessInfo info, read_process(process.pid));
      GF_TRY(refuse_ours(info));
    }
    const rlimit wanted{soft, now.hard};
    // There is no prlimit by pidfd. That the process lives is asked right before: its number is
    // given away again only when it is dead and its parent has heard so.
    GF_TRY(still_there(handle, process.pid));
    if (::prlimit(process.pid, static_cast<__rlimit_resource>(resource), &wanted, nullptr) == 0)
      return {};
    const int error = errno;
    GF_TRY_AS(const ProcessStat stat, read_process_stat(process.pid));
    if (error == EPERM && ::geteuid() == 0) return set_as_owner(process, resource, wanted);
    return fail_errno(error, fmt::format("set a limit of {} ({})", process.pid, stat.name));
  }

  Result<std::vector<ProcessInfo>> descendants(int pid) override {
    std::multimap<int, int> children;
    for (const auto& stat : read_process_stats()) children.emplace(stat.parent, stat.pid);
    std::vector<ProcessInfo> found;
    std::vector<int> level{pid};
    while (!level.empty() && found.size() < 100'000) {
      std::vector<int> next;
      for (const int parent : level)
        for (auto [at, end] = children.equal_range(parent); at != end; ++at)
          if (auto info = read_process(at->second)) {
            next.push_back(at->second);
            found.push_back(std::move(*info));
          }
      level = std::move(next);
    }
    return found;
  }

 private:
  static Result<void> still_there(const Fd& handle, int pid) {
    pollfd ended{handle.get(), POLLIN, 0};
    if (::poll(&ended, 1, 0) <= 0) return {};
    return fail(Cause::Gone, fmt::format("process {} is no more", pid));
  }

  /// Root without CAP_SYS_RESOURCE may not touch another user's process: a child with that user's
  /// ids may (rule 9).
  static Result<void> set_as_owner(const ProcessId& process, int resource, const rlimit& wanted) {
    GF_TRY_AS(const ProcessInfo info, read_process(process.pid));
    GF_TRY_AS(const std::uint32_t group, group_of(process.pid));
    const int child = ::fork();
    if (child < 0) return fail_errno(errno, "start a helper process");
    if (child == 0) {
      if (::syscall(SYS_setgroups, 0, nullptr) != 0 || ::setresgid(group, group, group) != 0 ||
          ::setresuid(info.uid, info.uid, info.uid) != 0)
        ::_exit(errno);
      const auto kind = static_cast<__rlimit_resource>(resource);
      ::_exit(::prlimit(process.pid, kind, &wanted, nullptr) == 0 ? 0 : errno);
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    const int error = WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
    if (error == 0) return {};
    return fail_errno(error, fmt::format("set a limit of {} ({}) as its user {}", process.pid,
                                         info.name, info.uid));
  }
};

}  // namespace

std::unique_ptr<Processes> make_real_processes() { return std::make_unique<RealProcesses>(); }

}  // namespace gunflint
