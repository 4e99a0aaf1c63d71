// What pacing can have on this machine: the least that sends 10,000 requests a second at their
// times. It counts nothing, parses nothing and decides nothing; how late it sends is the doing of
// the kernel's timer, of other processes and of the hypervisor. `watch` sends nothing at all and
// only reads the clock: no program is nearer to its times than that. Prints p50 and p99 in
// microseconds.
//
//     bare_pacer timer|precise|watch PORT SECONDS        8.1 43.2
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "gunflint/concepts/worker.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;
constexpr auto apart = 100us, spun = 50us, blind = 15us;  // as ours
constexpr int connections = 64;

int connected(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) return -1;
  const int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

class Pacer {
 public:
  Pacer(bool precise, int port) : precise_(precise) {
    look_at(timer_);
    for (int i = 0; i < connections; ++i)
      if (const int fd = connected(port); fd >= 0) {
        look_at(fd);
        idle_.push_back(fd);
      }
  }
  bool usable() const { return idle_.size() == connections; }

  static std::vector<Clock::duration> watch(int moments) {
    std::vector<Clock::duration> late;
    late.reserve(static_cast<std::size_t>(moments));
    auto due = begin();
    for (int i = 0; i < moments; ++i) {
      due += apart;
      auto now = Clock::now();
      while (now < due) now = Clock::now();
      late.push_back(now - due);
    }
    return late;
  }

  std::vector<Clock::duration> run(int moments) {
    constexpr std::string_view request = "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n";
    std::vector<Clock::duration> late;
    late.reserve(static_cast<std::size_t>(moments));
    auto due = begin();
    for (int i = 0; i < moments; ++i) {
      due += apart;
      wait_until(due);
      while (idle_.empty()) look(-1);
      const int fd = idle_.back();
      idle_.pop_back();
      late.push_back(Clock::now() - due);
      if (send(fd, request.data(), request.size(), MSG_NOSIGNAL) < 0) return {};
    }
    return late;
  }

 private:
  static Clock::time_point begin() {
    return Clock::time_point(
        gunflint::between_ticks(gunflint::Time(Clock::now().time_since_epoch()))
            .time_since_epoch());
  }
  void look_at(int fd) const {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    event.data.fd = fd;
    epoll_ctl(poll_, EPOLL_CTL_ADD, fd, &event);
  }
  void look(int timeout) {
    std::array<epoll_event, connections> events{};
    std::array<char, 4096> answer{};
    const int n = epoll_wait(poll_, events.data(), connections, timeout);
    for (int i = 0; i < n; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd != timer_ && recv(fd, answer.data(), answer.size(), 0) > 0) idle_.push_back(fd);
    }
  }
  void wait_until(Clock::time_point due) {
    while (true) {
      const auto left = due - Clock::now();
      if (left <= 0ns) return;
      if (precise_ && left <= spun) {
        if (left > blind) look(0);
        continue;
      }
      const auto at = (precise_ ? due - spun : due).time_since_epoch();
      itimerspec when{};
      when.it_value.tv_sec = at / 1s;
      when.it_value.tv_nsec = (at % 1s) / 1ns;
      timerfd_settime(timer_, TFD_TIMER_ABSTIME, &when, nullptr);
      look(-1);
    }
  }

  bool precise_;
  int poll_ = epoll_create1(0), timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  std::vector<int> idle_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const std::string_view kind = argv[1];
  const int moments = std::atoi(argv[3]) * 10'000;
  std::vector<Clock::duration> late;
  if (kind == "watch") {
    late = Pacer::watch(moments);
  } else {
    Pacer pacer(kind == "precise", std::atoi(argv[2]));
    if (!pacer.usable()) return 1;
    late = pacer.run(moments);
  }
  if (late.empty()) return 1;
  std::sort(late.begin(), late.end());
  const auto at = [&](std::size_t percent) {
    return std::chrono::duration<double, std::micro>(late[late.size() * percent / 100]).count();
  };
  std::printf("%.2f %.2f\n", at(50), at(99));
}
