#include "agent/holder_keeper.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "host/process_table.hpp"

extern char** environ;

namespace gunflint {
namespace {

constexpr Duration ready_deadline = 5s;
constexpr Duration stop_deadline = 1s;

/// In the new child: becomes the holder program with the control socket on 3 and the board on 4.
[[noreturn]] void become_holder(int program, const std::vector<std::string>& words, int control,
                                int board) {
  std::vector<char*> argv;
  for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::setpgid(0, 0);
  const int nothing = ::open("/dev/null", O_RDWR);
  ::dup2(nothing, 0);
  ::dup2(nothing, 1);
  // Out of the way first: any of the three may be 3 or 4.
  const int high_control = ::fcntl(control, F_DUPFD_CLOEXEC, 10);
  const int high_board = ::fcntl(board, F_DUPFD_CLOEXEC, 10);
  const int high_program = ::fcntl(program, F_DUPFD_CLOEXEC, 10);
  ::dup2(high_control, 3);
  ::dup2(high_board, 4);
  ::syscall(SYS_close_range, 5, ~0u, CLOSE_RANGE_CLOEXEC);
  ::syscall(SYS_execveat, high_program, "", argv.data(), environ, AT_EMPTY_PATH);
  ::_exit(127);
}

Error ended_early(const std::string& kind) {
  return {Cause::Io, "the " + kind + " holder ended before it acted; the fault is not in force"};
}

}  // namespace

HolderKeeper::~HolderKeeper() {
  // Their control sockets close with us, which ends them; nobody is left to wait.
}

Result<HolderKeeper::Holder> HolderKeeper::launch(const std::string& kind, const Value& config,
                                                  const Tag& tag) {
  GF_TRY_AS(FdPair link, make_socket_pair());
  GF_TRY_AS(HolderBoardMap board, HolderBoardMap::create());
  auto words = arguments_;
  words.push_back(kind);
  const int pid = ::fork();
  if (pid < 0) return fail_errno(errno, "start a holder process");
  if (pid == 0) become_holder(program_, words, link.second.get(), board.fd());
  Holder holder{kind,
                config,
                pid,
                Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))),
                std::move(link.first),
                {},
                std::move(board),
                monotonic_now(),
                {},
                false,
                false,
                {},
                {}};
  // From here every way out closes `control`, which ends the inert holder.
  HolderLine line;
  line.tag = tag.text;
  line.holder = kind;
  line.pid = pid;
  GF_TRY_AS(const ProcessInfo info, read_process(pid));
  line.start_time = info.id.start_time;
  line.pid_namespace = info.pid_namespace;
  GF_TRY(record_(line));
  GF_TRY(write_all(holder.control.get(), "G", 1s));
  GF_TRY(write_frame(holder.control.get(), config, 1s));
  ::fcntl(holder.control.get(), F_SETFL, O_NONBLOCK);
  return holder;
}

void HolderKeeper::start(const std::string& kind, const Value& config, const Tag& tag,
                         Reply reply) {
  if (const auto found = holders_.find(tag.text); found != holders_.end()) {
    Holder& old = found->second;
    if (old.kind == kind && old.config == config && old.ready && !old.stopping) return reply({});
    // Another configuration: the old one ends first, both could not hold the same thing.
    return stop(
        tag, [this, kind, config, tag, reply](Result<void>) { start(kind, config, tag, reply); });
  }
  auto holder = launch(kind, config, tag);
  if (!holder) return reply(fail(std::move(holder).error()));
  holder->on_ready = std::move(reply);
  holders_.emplace(tag.text, std::move(*holder));
}

void HolderKeeper::stop(const Tag& tag, Reply reply) {
  const auto found = holders_.find(tag.text);
  if (found == holders_.end()) return reply({});
  Holder& holder = found->second;
  holder.on_stopped.push_back(std::move(reply));
  if (holder.stopping) return;
  holder.stopping = true;
  holder.stop_by = monotonic_now() + stop_deadline;
  ::shutdown(holder.control.get(), SHUT_WR);
  // A stopped process cannot read that it is to end.
  if (auto stat = read_process_stat(holder.pid); stat && stat->state == 'T')
    (void)signal_pidfd(holder.handle, SIGKILL);
}

Result<Value> HolderKeeper::stats(const Tag& tag) const {
  const auto found = holders_.find(tag.text);
  if (found == holders_.end()) return fail(Cause::Gone, "no holder runs under " + tag.text);
  return found->second.board.stats();
}

bool HolderKeeper::running(const Tag& tag) const {
  const auto found = holders_.find(tag.text);
  return found != holders_.end() && found->second.ready && !found->second.stopping;
}

void HolderKeeper::add_polls(std::vector<pollfd>& into) const {
  for (const auto& [tag, holder] : holders_) {
    into.push_back({holder.handle.get(), POLLIN, 0});
    if (!holder.ready && !holder.stopping) into.push_back({holder.control.get(), POLLIN, 0});
  }
}

void HolderKeeper::hear(Holder& holder) {
  if (!holder.on_ready) return;
  if (!read_some(holder.control.get(), holder.words)) return;
  auto word = holder.words.next();
  if (!word || !*word) return;
  auto reply = std::exchange(holder.on_ready, nullptr);
  if ((*word)->find("ready") != nullptr) {
    holder.ready = true;
    return reply({});
  }
  const auto cause = (*word)->integer_or("cause", static_cast<int>(Cause::Io));
  reply(fail(static_cast<Cause>(cause),
             (*word)->text_or("error", "the " + holder.kind + " holder failed")));
}

void HolderKeeper::check_time(Holder& holder, Duration late) {
  const Time now = monotonic_now();
  const bool stuck = holder.stopping ? now > holder.stop_by
                     : !holder.ready
                         ? now > holder.started + ready_deadline
                         : late < 200ms && now > holder.board.last_beat() + holder_silence;
  if (stuck) (void)signal_pidfd(holder.handle, SIGKILL);
}

void HolderKeeper::ended(const std::string& tag) {
  auto node = holders_.extract(tag);
  Holder& holder = node.mapped();
  while (::waitpid(holder.pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (holder.on_ready) holder.on_ready(fail(ended_early(holder.kind)));
  for (auto& reply : holder.on_stopped) reply({});
}

void HolderKeeper::poll(Duration late) {
  std::vector<std::string> tags;
  for (const auto& [tag, holder] : holders_) tags.push_back(tag);
  for (const auto& tag : tags) {
    const auto found = holders_.find(tag);
    if (found == holders_.end()) continue;
    Holder& holder = found->second;
    pollfd end{holder.handle.get(), POLLIN, 0};
    const bool over = ::poll(&end, 1, 0) > 0;
    hear(holder);
    if (!holders_.contains(tag)) continue;
    if (over)
      ended(tag);
    else
      check_time(holder, late);
  }
}

namespace {
std::uint64_t own_pid_namespace() {
  struct stat space {};
  return ::stat("/proc/self/ns/pid", &space) == 0 ? space.st_ino : 0;
}
}  // namespace

/// In another pid namespace the same number is somebody else. Such a holder ends with its agent, as
/// all do; nobody here could name it.
OrphanHolders::OrphanHolders(std::vector<HolderLine> known) : known_(std::move(known)) {
  const std::uint64_t ours = own_pid_namespace();
  std::erase_if(known_, [ours](const HolderLine& line) {
    return line.pid_namespace != 0 && ours != 0 && line.pid_namespace != ours;
  });
}

Result<void> OrphanHolders::start(const std::string& kind, const Value&, const Tag&) {
  return fail(Cause::Unsupported, "no " + kind + " holder is started while taking things back");
}
Result<Value> OrphanHolders::stats(const Tag& tag) {
  return fail(Cause::Gone, "no holder runs under " + tag.text);
}
Result<void> OrphanHolders::stop(const Tag& tag) {
  const Time grace = monotonic_now() + 300ms, end = grace + 2s;
  for (const auto& line : known_) {
    if (line.tag != tag.text) continue;
    while (true) {
      auto handle = open_pidfd(line.pid, line.start_time);
      if (!handle) break;  // gone: what was wanted
      const auto stat = read_process_stat(line.pid);
      const bool stopped = stat && stat->state == 'T';
      if (stopped || monotonic_now() > grace) (void)signal_pidfd(*handle, SIGKILL);
      if (monotonic_now() > end)
        return fail(Cause::TimedOut,
                    fmt::format("holder process {} does not end; see what keeps it", line.pid));
      pollfd wait{handle->get(), POLLIN, 0};
      ::poll(&wait, 1, 20);
    }
  }
  return {};
}
Result<bool> OrphanHolders::running(const Tag& tag) {
  return std::any_of(known_.begin(), known_.end(), [&](const HolderLine& line) {
    return line.tag == tag.text && open_pidfd(line.pid, line.start_time).has_value();
  });
}

}  // namespace gunflint
