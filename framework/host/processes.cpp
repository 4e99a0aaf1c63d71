// The real Processes port. Boost.Process is not used: posix_spawn with a close-from action is all
// that argv-only, deadline-bound commands need, it links statically, and it leaks no descriptor
// into the child (rule 12).
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "host/fd.hpp"
#include "host/process_table.hpp"
#include "host/real_host.hpp"

extern char** environ;

namespace gunflint {
namespace {

constexpr std::size_t output_limit = 1u << 20;

/// What posix_spawn wants, released on every way out.
struct SpawnPlan {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  SpawnPlan(int in, int out, int err) {
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, 0);
    posix_spawn_file_actions_adddup2(&actions, out, 1);
    posix_spawn_file_actions_adddup2(&actions, err, 2);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    posix_spawnattr_init(&attributes);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
};

/// Administration tools live in sbin, which a user's PATH often leaves out.
std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* path = std::getenv("PATH");
  std::string folders = path != nullptr ? path : "";
  folders += ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  std::string_view rest = folders;
  while (!rest.empty()) {
    const auto colon = std::min(rest.find(':'), rest.size());
    const auto folder = rest.substr(0, colon);
    rest.remove_prefix(std::min(colon + 1, rest.size()));
    if (folder.empty() || folder[0] != '/') continue;  // never a program from the current folder
    std::string candidate = fmt::format("{}/{}", folder, name);
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return {};
}

struct Child {
  int pid = 0;
  Fd in, out, err, handle;
};

Result<Child> spawn(const Command& command) {
  if (command.argv.empty()) return fail(Cause::BadInput, "a command without words was to be run");
  const std::string program = find_program(command.argv[0]);
  if (program.empty())
    return fail(Cause::Unsupported,
                fmt::format("there is no program `{}` on this host; install it", command.argv[0]));
  GF_TRY_AS(FdPair in, make_pipe());
  GF_TRY_AS(FdPair out, make_pipe());
  GF_TRY_AS(FdPair err, make_pipe());
  const SpawnPlan plan(in.first.get(), out.second.get(), err.second.get());
  std::vector<char*> argv;
  for (const auto& word : command.argv) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  Child child;
  const int error = ::posix_spawn(&child.pid, program.c_str(), &plan.actions, &plan.attributes,
                                  argv.data(), environ);
  if (error != 0) return fail_errno(error, "run " + program);
  child.handle = Fd(static_cast<int>(::syscall(SYS_pidfd_open, child.pid, 0)));
  child.in = std::move(in.second);
  child.out = std::move(out.first);
  child.err = std::move(err.first);
  for (const int fd : {child.in.get(), child.out.get(), child.err.get()})
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  return child;
}

void take_output(Fd& fd, std::string& into) {
  char buffer[16384];
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) return fd.close();
    const auto room = output_limit - std::min(into.size(), output_limit);
    into.append(buffer, std::min(static_cast<std::size_t>(n), room));
  }
}

void give_input(Fd& fd, std::string_view& left) {
  while (!left.empty()) {
    const ssize_t n = ::write(fd.get(), left.data(), left.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n < 0) break;  // the program does not want it: not our failure
    left.remove_prefix(static_cast<std::size_t>(n));
  }
  fd.close();
}

/// Until the child has ended (its grandchildren may keep the pipes open: they are not waited for)
/// or the time is over. True: it ended.
bool converse(Child& child, const Command& command, Exit& result) {
  const Time end = monotonic_now() + command.deadline;
  std::string_view input = command.input;
  for (;;) {
    std::array<pollfd, 4> wait{
        pollfd{child.handle.get(), POLLIN, 0}, pollfd{child.out.get(), POLLIN, 0},
        pollfd{child.err.get(), POLLIN, 0}, pollfd{child.in.get(), POLLOUT, 0}};
    const Duration left = end - monotonic_now();
    if (left <= Duration::zero()) return false;
    ::poll(wait.data(), wait.size(),
           static_cast<int>(std::clamp<std::int64_t>(left / 1ms, 1, 1000)));
    if (wait[3].revents != 0) give_input(child.in, input);
    if (wait[1].revents != 0) take_output(child.out, result.out);
    if (wait[2].revents != 0) take_output(child.err, result.err);
    if (wait[0].revents != 0) {
      if (child.out) take_output(child.out, result.out);
      if (child.err) take_output(child.err, result.err);
      return true;
    }
  }
}

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
  Result<Exit> run(const Command& command) override {
    GF_TRY_AS(Child child, spawn(command));
    if (!child.handle) {
      ::kill(child.pid, SIGKILL);
      ::waitpid(child.pid, nullptr, 0);
      return fail(Cause::Io, "no handle of a new process could be opened; too many open files?");
    }
    Exit result;
    const bool ended = converse(child, command, result);
    // SIGKILL to the group also ends what the command left running in the background of a timeout.
    if (!ended) ::kill(-child.pid, SIGKILL);
    int status = 0;
    while (::waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (!ended)
      return fail(Cause::TimedOut,
                  fmt::format("`{}` had not ended after {} and was killed",
                              fmt::join(command.argv, " "), human(command.deadline)));
    result.code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return result;
  }

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
      GF_TRY_AS(const ProcessStat stat, read_process_stat(process.pid));
      if (const std::string why = protected_because(stat); !why.empty())
        return fail(Cause::NotPermitted,
                    fmt::format("process {} ({}) is never a victim: {}; select another one",
                                process.pid, stat.name, why));
    }
    return signal_pidfd(handle, number);
  }

  Result<SoftLimit> limit(const ProcessId& process, int resource) override {
    GF_TRY_AS(const Fd handle, open_pidfd(process.pid, process.start_time));
    rlimit now{};
    if (::prlimit(process.pid, static_cast<__rlimit_resource>(resource), nullptr, &now) == 0)
      return SoftLimit{now.rlim_cur, now.rlim_max};
    const int error = errno;
    if (error == EPERM) return read_limit(process.pid, resource);
    return fail_errno(error, fmt::format("read a limit of process {}", process.pid));
  }

  Result<void> set_soft_limit(const ProcessId& process, int resource, std::uint64_t soft) override {
    GF_TRY_AS(const SoftLimit now, limit(process, resource));
    const rlimit wanted{soft, now.hard};
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
