// The load engine beside wrk: same server, same number of connections, one generating thread each,
// as fast as they can, in alternating rounds. Prints requests per second and CPU per request (the
// steadier number on a shared machine) of every round, and the medians of the paired ratios.
//
//     load_vs_wrk [rounds] [connections]
//
// The generator is an open loop: it is asked for more than it can do, and drops what finds no free
// connection, so that all connections are always busy, as wrk's are.
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "lab/load/collect.hpp"

namespace {

using namespace gunflint;

constexpr double asked_rate = 300'000;
constexpr int seconds_per_round = 2;

void pin_to(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  sched_setaffinity(0, sizeof set, &set);  // on one core: stays where it is
}

/// Answers every read with as many canned answers as it held requests. Never returns.
[[noreturn]] void serve(int listener) {
  const std::string answer =
      "HTTP/1.1 200 OK\r\nServer: bench\r\nDate: Sun, 22 Nov 2026 16:07:30 GMT\r\n"
      "Content-Type: application/json\r\nContent-Length: 153\r\nConnection: keep-alive\r\n\r\n" +
      std::string(153, 'x');
  const int poll = epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = listener;
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
  std::vector<epoll_event> events(512);
  std::vector<char> buffer(65536);
  while (true) {
    const int n = epoll_wait(poll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < n; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == listener) {
        const int one = 1;
        for (int c = 0; (c = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
          setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
          event.data.fd = c;
          epoll_ctl(poll, EPOLL_CTL_ADD, c, &event);
        }
        continue;
      }
      const auto got = recv(fd, buffer.data(), buffer.size(), 0);
      if (got <= 0) {
        if (got == 0 || errno != EAGAIN) close(fd);
        continue;
      }
      const char* at = buffer.data();
      const char* end = at + got;
      while ((at = static_cast<const char*>(
                  memmem(at, static_cast<std::size_t>(end - at), "\r\n\r\n", 4)))) {
        at += 4;
        if (send(fd, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) break;
      }
    }
  }
}

struct Server {
  int port = 0;
  pid_t pid = 0;
  Server() {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(fd, 16384) != 0 ||
        getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      std::abort();
    port = ntohs(address.sin_port);
    pid = fork();
    if (pid == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      pin_to(0);
      serve(fd);
    }
    close(fd);
  }
  ~Server() {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
};

/// Child mode: generates for one round and prints "<completed>".
int generate(const std::string& url, int connections) {
  auto spec = test::load(url, asked_rate, std::chrono::seconds(seconds_per_round));
  spec.http.connections = connections;
  spec.on_overload = OnOverload::Drop;
  test::Collector collector;
  test::run(collector, {spec}, std::chrono::seconds(seconds_per_round));
  std::printf("%llu\n", static_cast<unsigned long long>(collector.completed()));
  return 0;
}

struct Round {
  double requests = 0, per_second = 0, cpu_us = 0;
};

/// Runs a generator on the second core; what it used comes from the kernel.
Round run(std::vector<std::string> arguments, double (*count)(const std::string&)) {
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) std::abort();
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const pid_t pid = fork();
  if (pid == 0) {
    pin_to(1);
    dup2(pipe_ends[1], 1);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  close(pipe_ends[1]);
  std::string out;
  char buffer[4096];
  for (ssize_t got = 0; (got = read(pipe_ends[0], buffer, sizeof buffer)) > 0;)
    out.append(buffer, static_cast<std::size_t>(got));
  close(pipe_ends[0]);
  rusage used{};
  wait4(pid, nullptr, 0, &used);
  const auto us = [](timeval t) { return static_cast<double>(t.tv_sec) * 1e6 + t.tv_usec; };
  Round round;
  round.requests = count(out);
  round.per_second = round.requests / seconds_per_round;
  round.cpu_us = (us(used.ru_utime) + us(used.ru_stime)) / std::max(1.0, round.requests);
  return round;
}

/// "  123456 requests in 2.00s, 40MB read"
double count_of_wrk(const std::string& out) {
  const auto at = out.find(" requests in ");
  if (at == out.npos) return 0;
  const auto start = out.find_last_not_of("0123456789", at - 1) + 1;
  return std::atof(out.substr(start, at - start).c_str());
}
double count_of_ours(const std::string& out) { return std::atof(out.c_str()); }

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4 && std::string(argv[1]) == "--generate")
    return generate(argv[2], std::atoi(argv[3]));
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 5;
  const std::string connections = argc > 2 ? argv[2] : "64";
  const Server server;
  const std::string url = "http://127.0.0.1:" + std::to_string(server.port) + "/x";
  std::vector<double> throughput, cpu;
  std::printf("%d rounds of %d s, %s connections, server on core 0, generator on core 1\n", rounds,
              seconds_per_round, connections.c_str());
  for (int i = 0; i < rounds; ++i) {
    const Round theirs =
        run({"wrk", "-t1", "-c" + connections, "-d" + std::to_string(seconds_per_round) + "s", url},
            count_of_wrk);
    const Round ours = run({"/proc/self/exe", "--generate", url, connections}, count_of_ours);
    if (theirs.requests == 0 || ours.requests == 0) {
      std::printf("a round was empty (is wrk installed?)\n");
      return 1;
    }
    std::printf("round %d: wrk %.0f/s %.2f us/request · gunflint %.0f/s %.2f us/request\n", i + 1,
                theirs.per_second, theirs.cpu_us, ours.per_second, ours.cpu_us);
    throughput.push_back(ours.per_second / theirs.per_second);
    cpu.push_back(ours.cpu_us / theirs.cpu_us);
  }
  std::printf("median of paired ratios, gunflint / wrk: throughput %.2f, CPU per request %.2f\n",
              median(throughput), median(cpu));
  return 0;
}
