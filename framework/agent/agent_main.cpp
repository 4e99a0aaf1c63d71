#include "agent/agent_main.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fmt/format.h>

#include "agent/agent.hpp"
#include "agent/guard_cgroup.hpp"
#include "agent/guardian.hpp"
#include "agent/ledger_folder.hpp"
#include "host/process_table.hpp"

namespace gunflint {
namespace {

std::string random_id() {
  std::uint64_t number = 0;
  if (::getrandom(&number, sizeof number, 0) != sizeof number)
    number = static_cast<std::uint64_t>(boottime_now().count()) ^
             static_cast<std::uint64_t>(::getpid()) << 40;
  return fmt::format("{:016x}", number);
}

/// SIGTERM and SIGHUP as something to poll for; SIGPIPE and SIGINT are nobody's business here (a
/// Ctrl-C goes to the coordinator, which says what is to be done).
Result<Fd> take_signals() {
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGINT, SIG_IGN);
  ::signal(SIGQUIT, SIG_IGN);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  Fd fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) return fail_errno(errno, "take signals");
  return fd;
}

int complain(const Error& error) {
  std::fputs(("gunflint-agent: " + error.message + "\n").c_str(), stderr);
  return 6;
}

int run_agent(const AgentParts& parts, AgentHost& host, AgentSeat seat) {
  ::prctl(PR_SET_NAME, "gunflint-agent");
  // Not PDEATHSIG: when the guardian dies the agent has things to put back first.
  seat.guardian = Fd(static_cast<int>(::syscall(SYS_pidfd_open, ::getppid(), 0)));
  return Agent(parts, host, std::move(seat)).run();
}

void leave_standard_streams() {
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(nothing, 0);
  ::dup2(nothing, 1);
  if (nothing > 2) ::close(nothing);
}

}  // namespace

int agent_main(const AgentParts& parts) {
  close_all_but(-1);
  ::umask(077);
  auto signals = take_signals();
  if (!signals) return complain(signals.error());
  ::setsid();  // fails harmlessly for the leader of a group
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  auto folder = ledger_folder();
  if (!folder) return complain(folder.error());
  const int program = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  if (program < 0) return complain(fail_errno(errno, "open this program itself").value());
  auto words = make_pipe();
  if (!words) return complain(words.error());
  AgentHost host(parts);

  AgentSeat seat;
  seat.program = program;
  seat.id = random_id();
  seat.folder = *folder;
  if (const auto self = read_process_stat(::getpid()))
    seat.home = host.cgroups().path_of({self->pid, self->start_time}, "").value_or("");
  seat.guard_cgroup = guard_cgroup_of(host.cgroups(), seat.id);
  GuardianSeat guard;
  guard.home = seat.home;
  guard.cgroup = seat.guard_cgroup;
  const std::string ledger = fmt::format("{}/{}.ledger", *folder, seat.id);
  const int agent = ::fork();
  if (agent < 0) return complain(fail_errno(errno, "start the agent").value());
  if (agent == 0) {
    words->first.close();
    seat.to_guardian = std::move(words->second);
    seat.signals = std::move(*signals);
    ::_exit(run_agent(parts, host, std::move(seat)));
  }
  words->second.close();
  // Only the agent holds the coordinator's pipe: its end must be the end of the pipe.
  leave_standard_streams();
  ::prctl(PR_SET_NAME, "gunflint-guard");
  ::fcntl(words->first.get(), F_SETFL, O_NONBLOCK);
  guard.agent_pid = agent;
  guard.agent = Fd(static_cast<int>(::syscall(SYS_pidfd_open, agent, 0)));
  guard.from_agent = std::move(words->first);
  guard.signals = std::move(*signals);
  guard.ledger = ledger;
  return run_guardian(host, std::move(guard));
}

}  // namespace gunflint
