#include "agent/guardian.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <set>
#include <utility>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/guard_cgroup.hpp"
#include "agent/recovery.hpp"
#include "host/process_table.hpp"

namespace gunflint {
namespace {

constexpr Duration give_up_after = 1h;

struct Heard {
  Time last{};
  bool quit = false;  ///< a clean end was announced
  bool undo = false;  ///< an undo record exists
  bool closed = false;
};

void take_words(GuardianSeat& seat, Heard& heard) {
  char words[256];
  const ssize_t n = ::read(seat.from_agent.get(), words, sizeof words);
  if (n == 0) heard.closed = true;
  if (n <= 0) return;
  heard.last = monotonic_now();
  if (std::find(words, words + n, 'q') != words + n) heard.quit = true;
  if (std::find(words, words + n, 'u') != words + n) heard.undo = true;
}

bool silent_for_too_long(const GuardianSeat& seat, const Heard& heard) {
  const Duration silence = monotonic_now() - heard.last;
  if (silence < stopped_silence) return false;
  if (silence > longest_silence) return true;
  const auto stat = read_process_stat(seat.agent_pid);
  return stat && (stat->state == 'T' || stat->state == 't');
}

/// True when the agent's end was clean.
bool watch_agent(AgentHost& host, GuardianSeat& seat) {
  Heard heard{monotonic_now()};
  bool apart = false;
  for (;;) {
    std::array<pollfd, 3> wait{pollfd{seat.agent.get(), POLLIN, 0},
                               pollfd{heard.closed ? -1 : seat.from_agent.get(), POLLIN, 0},
                               pollfd{seat.signals.get(), POLLIN, 0}};
    ::poll(wait.data(), wait.size(), guardian_beat / 1ms);
    if (wait[1].revents != 0) take_words(seat, heard);
    // Once; where it is not possible, it is not possible later either.
    if (heard.undo && !std::exchange(apart, true)) stand_apart(host.cgroups(), seat.cgroup);
    signalfd_siginfo info{};
    if (wait[2].revents != 0 && ::read(seat.signals.get(), &info, sizeof info) > 0)
      (void)signal_pidfd(seat.agent, SIGTERM);
    if (wait[0].revents != 0) break;
    if (silent_for_too_long(seat, heard)) (void)signal_pidfd(seat.agent, SIGKILL);
  }
  int status = 0;
  while (::waitpid(seat.agent_pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!heard.closed) take_words(seat, heard);
  return heard.quit && WIFEXITED(status);
}

/// What the agent had running is ours now, and a child keeps its number until we have waited for
/// it, so each is meant by its number. Holders end by themselves (the ledger knows them);
/// operations and their commands must not go on acting while we take back.
void kill_orphans(const std::set<int>& holders) {
  const int self = ::getpid();
  for (int round = 0; round < 20; ++round) {
    bool any = false;
    for (const auto& stat : read_process_stats()) {
      if (stat.parent != self || stat.state == 'Z' || holders.contains(stat.pid)) continue;
      ::kill(stat.pid, SIGKILL);
      any = true;
    }
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    if (!any) return;
    ::usleep(2000);
  }
}

std::set<int> holders_in(const std::string& path) {
  std::set<int> pids;
  if (const auto text = read_text_file(path))
    if (const auto content = parse_ledger(*text))
      for (const auto& line : content->holders) pids.insert(line.pid);
  return pids;
}

/// What only a person can settle stays in the ledger; trying again would not help.
constexpr int for_a_person = 2;

/// In a child, so that a restore that hangs can be killed and tried again. 0: nothing is open.
int recover_in_child(AgentHost& host, const std::string& path, Duration deadline) {
  const int child = ::fork();
  if (child < 0) return 1;
  if (child == 0) {
    ::prctl(PR_SET_NAME, "gunflint-undo");
    ::setpgid(0, 0);
    auto ledger = Ledger::take_over(path);
    if (!ledger) ::_exit(ledger.error().cause == Cause::Gone ? 0 : 1);
    recover_ledger(host, *ledger, {"guardian"});
    ::_exit(!ledger->content().open.empty() ? 1 : ledger->content().done() ? 0 : for_a_person);
  }
  const Time end = monotonic_now() + deadline;
  const Fd handle(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  int status = 0;
  for (bool killed = false;;) {
    const int ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child || (ended < 0 && errno != EINTR)) break;
    if (monotonic_now() >= end && !std::exchange(killed, true)) ::kill(-child, SIGKILL);
    // Without a handle (no descriptor is left) it is looked at again and again.
    pollfd wait{handle.get(), POLLIN, 0};
    const Duration left = std::clamp<Duration>(end - monotonic_now(), 20ms, 1s);
    ::poll(&wait, 1, static_cast<int>((handle ? left : 20ms) / 1ms));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace

namespace {
int guard(AgentHost& host, GuardianSeat& seat) {
  if (watch_agent(host, seat)) {
    kill_orphans(holders_in(seat.ledger));
    return 0;
  }
  kill_orphans(holders_in(seat.ledger));
  const Time end = monotonic_now() + give_up_after;
  for (Duration pause = 100ms; monotonic_now() < end; pause = std::min<Duration>(pause * 2, 30s)) {
    const int code = recover_in_child(host, seat.ledger, 60s);
    if (code == 0) return 0;
    if (code == for_a_person) return 5;
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    ::poll(nullptr, 0, static_cast<int>(pause / 1ms));
  }
  return 5;
}
}  // namespace

int run_guardian(AgentHost& host, GuardianSeat seat) {
  const int code = guard(host, seat);
  stand_back(host.cgroups(), ::getpid(), seat.home, seat.cgroup);
  return code;
}

}  // namespace gunflint
