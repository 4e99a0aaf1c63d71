// Runs one lab test where it disturbs nobody and nobody disturbs it:   lab_capsule COMMAND…
//
// As root it gives the test namespaces of its own (mounts, network, processes, IPC, cgroups), empty
// folders over those that programs share, and a cgroup in each hierarchy that the test sees as its
// root. All of it ends with the test, whatever the test does; what the test itself left is told,
// and is a failure. Without root only undo records are its own, and the test has the machine's
// ports: then lab tests run one after the other. What nobody isolates is processor time.
//
//   GUNFLINT_REQUIRE_LAB=1   a skipped test has failed, unless tests/lab/skips.txt has its reason
//   GUNFLINT_SKIPS=FILE      where skipped tests are counted, one line each
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>

#include "files.hpp"
#include "groups.hpp"
#include "room.hpp"
#include "words.hpp"

namespace capsule {
namespace {

constexpr int broken = 70;  // the capsule, not the test
constexpr int left_behind = 71;
constexpr int not_allowed = 72;  // root without the right to namespaces, as in many containers
constexpr int patience = 100;    // times 100 ms for what is on its way out

int code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return code_of(status);
}

/// A child that does not outlive this process.
pid_t fork_bound() {
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // In a new process namespace the parent has no number.
    if (::getppid() != parent && ::getppid() != 0) ::_exit(broken);
  }
  return child;
}

int fail(const std::string& why) {
  std::printf("capsule: %s\n", why.c_str());
  std::fflush(stdout);
  return broken;
}

[[noreturn]] void become(char** command) {
  ::execvp(command[0], command);
  std::fprintf(stderr, "capsule: cannot start %s: %s\n", command[0], std::strerror(errno));
  ::_exit(127);
}

/// Waits for the test, and for every process that lost its parent.
int reap_until(pid_t test) {
  for (int status = 0;;) {
    const pid_t ended = ::waitpid(-1, &status, 0);
    if (ended == test) return code_of(status);
    if (ended < 0 && errno != EINTR) return broken;
  }
}

/// The first process of the namespaces: it ends last, and the kernel ends all others with it.
int first_process(const Groups& groups, char** command) {
  if (auto why = furnish(groups, {CAPSULE_SOURCES, CAPSULE_PROGRAMS}); !why.empty())
    return fail("no room for the test; " + why);
  const auto before = picture();
  const pid_t test = ::fork();
  if (test == 0) become(command);
  const int code = reap_until(test);
  auto found = left(groups, before);
  for (int i = 0; i < patience && !found.empty(); ++i) {
    ::usleep(100'000);
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    found = left(groups, before);
  }
  for (const auto& what : found) std::printf("capsule: left behind: %s\n", what.c_str());
  std::fflush(stdout);
  return code == 0 && !found.empty() ? left_behind : code;
}

/// In a child: everything that is done to a process for good.
int inside(const Groups& groups, char** command) {
  if (!groups.join()) return fail("the test's cgroups cannot be joined");
  if (const int error = enter_namespaces(); error != 0)
    return error == EPERM ? not_allowed
                          : fail(std::string("no namespaces: ") + std::strerror(error));
  groups.hand_on();
  const pid_t first = fork_bound();
  if (first == 0) ::_exit(first_process(groups, command));
  return wait_for(first);
}

/// Without namespaces: what lost its parent comes to us, and is told and ended.
int end_orphans() {
  const std::string list = "/proc/self/task/" + std::to_string(::getpid()) + "/children";
  const auto living = [&] {
    std::vector<int> pids;
    std::istringstream words(read(list));
    for (int pid; words >> pid;)
      if (!is_zombie(pid)) pids.push_back(pid);
    return pids;
  };
  for (int i = 0; i < patience && !living().empty(); ++i) ::usleep(100'000);
  int ended = 0;
  for (auto pids = living(); !pids.empty(); pids = living())
    for (const int pid : pids) {
      std::printf("capsule: left behind: process %d (%s)\n", pid, name_of(pid).c_str());
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
      ++ended;
    }
  std::fflush(stdout);
  return ended;
}

int plain(char** command) {
  char folder[] = "/tmp/gunflint-capsule-XXXXXX";
  if (::mkdtemp(folder) == nullptr) return fail("no folder in /tmp");
  ::setenv("XDG_STATE_HOME", folder, 1);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  const pid_t test = fork_bound();
  if (test == 0) become(command);
  const int code = reap_until(test);
  const int orphans = end_orphans();
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return code == 0 && orphans > 0 ? left_behind : code;
}

void count_skips(const Words& words, char** command) {
  const char* path = std::getenv("GUNFLINT_SKIPS");
  if (path == nullptr || words.reasons().empty()) return;
  std::string lines;
  for (const auto& reason : words.reasons()) {
    for (char** word = command; *word; ++word) {
      std::string text = *word;
      if (text.starts_with("--gtest_also_run")) continue;
      if (text.starts_with("--gtest_filter=")) text = text.substr(15);
      lines += text.substr(text.find_last_of('/') + 1) + " ";
    }
    lines += "(" + reason + ")\n";
  }
  const int fd = ::open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd >= 0 && ::write(fd, lines.data(), lines.size()) < 0) std::perror(path);
  if (fd >= 0) ::close(fd);
}

int run(char** command) {
  const char* strict = std::getenv("GUNFLINT_REQUIRE_LAB");
  Words words(strict && *strict == '1', CAPSULE_SOURCES "/tests/lab/skips.txt");
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) return fail("no pipe");
  const Groups groups = ::geteuid() == 0 ? Groups::make() : Groups{};
  const pid_t child = fork_bound();
  if (child == 0) {
    ::dup2(pipe[1], 1);
    ::dup2(pipe[1], 2);
    int code = not_allowed;
    if (::geteuid() == 0) {
      const pid_t first = fork_bound();
      code = first == 0 ? inside(groups, command) : wait_for(first);
      if (first == 0) ::_exit(code);
    }
    ::_exit(code == not_allowed ? plain(command) : code);
  }
  ::close(pipe[1]);
  words.pass_on(pipe[0]);
  const int code = wait_for(child);
  groups.remove();
  const int answer = words.code_for(code);
  count_skips(words, command);
  return answer;
}

}  // namespace
}  // namespace capsule

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: lab_capsule COMMAND…\n");
    return 2;
  }
  return capsule::run(argv + 1);
}
