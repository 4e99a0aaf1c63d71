#include "load/loop.hpp"

#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <csignal>

#include <array>
#include <cerrno>

#include <fmt/format.h>

#include "load/native_wire.hpp"

namespace gunflint {
namespace {

// An event's data: kind in the top byte, then the traffic's index, then see Pool.
constexpr std::uint64_t kind_shift = 56, traffic_shift = 48;
constexpr std::uint64_t timer_event = 1, bell_event = 2;
/// Sockets looked at before the schedule is: 64 answers take about half a millisecond.
constexpr int events_at_once = 64;
/// A precise pacing: the kernel wakes us so long before an arrival; the rest is spun away. It looks
/// at sockets meanwhile, but not in the last moment: blind_before().
constexpr Duration spin = 50us;

void watch(int poll, int fd, std::uint64_t data) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.u64 = data;
  epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
}

}  // namespace

Loop::Loop(const Work& work, WorkShare share, std::uint64_t seed, Time zero, int core,
           OnSecond on_second, OnGivenUp on_given_up)
    : work_(work),
      share_(share),
      seed_(seed),
      clock_(zero),
      core_(core),
      on_second_(std::move(on_second)),
      on_given_up_(std::move(on_given_up)) {}

Loop::~Loop() {
  quit_ = true;
  if (bell_) wake();
  if (thread_.joinable()) thread_.join();
}

Result<void> Loop::open() {
  poll_ = Fd(epoll_create1(EPOLL_CLOEXEC));
  timer_ = Fd(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  bell_ = Fd(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (poll_.get() < 0 || timer_.get() < 0 || bell_.get() < 0)
    return fail_errno(errno, "open the event loop of a load");
  watch(poll_.get(), timer_.get(), timer_event << kind_shift);
  watch(poll_.get(), bell_.get(), bell_event << kind_shift);
  for (std::size_t i = 0; i < work_.programs.size(); ++i) {
    const LoadProgram& program = work_.programs[i];
    const Pool::Setup pool{
        &program,    work_.addresses[i].get(), &clock_,
        poll_.get(), i << traffic_shift,       part_of(program.spec.http.connections, share_)};
    const bool native = program.spec.transport == TransportKind::Native;
    const auto make_wire = [this, pool, native](WireUsers& users) -> std::unique_ptr<Wire> {
      if (!native) return work_.curl(pool, users);
      return std::make_unique<NativeWire>(pool, users);
    };
    const Traffic::Setup setup{&program, share_, seed_, &clock_, work_.journeys_left[i].get(),
                               make_wire};
    traffic_.push_back(std::make_unique<Traffic>(
        setup, [this, i](Tally tally) { on_second_(i, std::move(tally)); }));
  }
  return {};
}

void Loop::start() {
  thread_ = std::thread([this] { run(); });
}

void Loop::stop(Time at) {
  stop_at_ = (at - clock_.zero()).count();
  wake();
}

void Loop::cut_off() {
  cut_ = true;
  wake();
}

void Loop::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = write(bell_.get(), &one, sizeof one);
}

void Loop::run() {
  // OpenSSL writes without MSG_NOSIGNAL: a server that is gone is an error, no signal.
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  if (core_ >= 0) {
    cpu_set_t own;
    CPU_ZERO(&own);
    CPU_SET(core_, &own);
    sched_setaffinity(0, sizeof own, &own);
  }
  while (!quit_ && step()) {
  }
}

bool Loop::step() {
  const std::int64_t stop_at = stop_at_;
  bool all_finished = true;
  Duration wake = Duration::max();
  for (std::size_t i = 0; i < traffic_.size(); ++i) {
    auto& traffic = *traffic_[i];
    if (stop_at != INT64_MAX) traffic.stop(Duration(stop_at));
    if (cut_) traffic.cut_off();
    traffic.advance();
    if (!traffic.miscounted().empty()) {
      on_given_up_(traffic.miscounted());
      return false;
    }
    if (traffic.gave_up()) {
      for (const auto& each : traffic_) each->give_up();
      on_given_up_(
          fmt::format("{}load `{}` was given up: more requests were due than may be under way",
                      overload_abort, work_.programs[i].spec.name));
      return false;
    }
    all_finished &= traffic.finished();
    wake = std::min(wake, traffic.next_wake());
  }
  if (all_finished) return false;
  if (wait_for_events(wake)) return true;
  on_given_up_("waiting for sockets failed; the load has ended");
  return false;
}

bool Loop::wait_for_events(Duration wake) {
  Duration now = clock_.now();
  if (wake <= now) return look_for_events(0);
  if (core_ >= 0 && wake == next_arrival()) {
    if (wake - now <= spin) return spin_until(wake);
    wake -= spin;
  }
  arm(wake);
  return look_for_events(-1);
}

bool Loop::spin_until(Duration due) {
  const Duration blind = blind_before(due - clock_.now());
  while (true) {
    const Duration now = clock_.now();
    if (now >= due) return true;
    if (due - now <= blind) continue;
    if (!look_for_events(0)) return false;
    for (const auto& traffic : traffic_) traffic->send_out();
  }
}

Duration Loop::next_arrival() const {
  Duration next = Duration::max();
  for (const auto& traffic : traffic_) next = std::min(next, traffic->next_arrival());
  return next;
}

bool Loop::look_for_events(int timeout) {
  std::array<epoll_event, events_at_once> events;
  const int n = epoll_wait(poll_.get(), events.data(), events_at_once, timeout);
  if (n < 0 && errno != EINTR) return false;
  for (int i = 0; i < n; ++i) {
    const auto& event = events[static_cast<std::size_t>(i)];
    const auto data = event.data.u64;
    if (data >> kind_shift == timer_event) {
      armed_ = Duration::max();
    } else if (data >> kind_shift == bell_event) {
      std::uint64_t count = 0;
      [[maybe_unused]] const auto got = read(bell_.get(), &count, sizeof count);
    } else {
      traffic_[data >> traffic_shift]->on_socket(
          static_cast<std::uint32_t>(data), static_cast<std::uint16_t>(data >> 32), event.events);
    }
  }
  return true;
}

/// An earlier time than asked for is good enough: it costs a look, not a system call each time.
void Loop::arm(Duration wake) {
  if (armed_ <= wake) return;
  armed_ = wake;
  const auto at = (clock_.zero() + wake).time_since_epoch();
  itimerspec when{};
  when.it_value.tv_sec = at / 1s;
  when.it_value.tv_nsec = (at % 1s).count();
  timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
}

}  // namespace gunflint
