#include "bench.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "holder/holder.hpp"
#include "host/network_real.hpp"

namespace gunflint {
namespace {

constexpr int patience_ms = 5000;

struct Endpoint {
  sockaddr_storage storage{};
  socklen_t length = 0;
  sockaddr* address() { return reinterpret_cast<sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
  int port() {
    return ntohs(family() == AF_INET ? reinterpret_cast<sockaddr_in*>(&storage)->sin_port
                                     : reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port);
  }
};
Endpoint endpoint(const std::string& address, int port) {
  Endpoint end;
  const auto number = htons(static_cast<std::uint16_t>(port));
  if (auto* v4 = reinterpret_cast<sockaddr_in*>(&end.storage);
      ::inet_pton(AF_INET, address.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = number;
    end.length = sizeof *v4;
    return end;
  }
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&end.storage);
  EXPECT_EQ(::inet_pton(AF_INET6, address.c_str(), &v6->sin6_addr), 1) << address;
  v6->sin6_family = AF_INET6;
  v6->sin6_port = number;
  end.length = sizeof *v6;
  return end;
}
/// A listening socket on a free port of the address, and the port.
std::pair<int, int> listen_on(const std::string& address, int receive_buffer = 0) {
  Endpoint end = endpoint(address, 0);
  const int listener = ::socket(end.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer > 0)
    ::setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  EXPECT_EQ(::bind(listener, end.address(), end.length), 0) << address;
  EXPECT_EQ(::listen(listener, 512), 0);
  ::getsockname(listener, end.address(), &end.length);
  return {listener, end.port()};
}

bool readable(int fd, int milliseconds) {
  pollfd ready{fd, POLLIN, 0};
  return ::poll(&ready, 1, milliseconds) == 1;
}

Fd dial(const std::string& address, int port) {
  Endpoint end = endpoint(address, port);
  Fd fd(::socket(end.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(fd.get(), end.address(), end.length) != 0) return Fd();
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

double milliseconds_since(Time begin) {
  return static_cast<double>((monotonic_now() - begin).count()) / 1e6;
}

double ask(int fd) {
  char byte = 'x';
  const Time begin = monotonic_now();
  if (::send(fd, &byte, 1, MSG_NOSIGNAL) != 1 || !readable(fd, patience_ms)) return -1;
  if (::recv(fd, &byte, 1, 0) != 1) return -1;
  return milliseconds_since(begin);
}

[[noreturn]] void serve_echo(int listener) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::vector<pollfd> watched{{listener, POLLIN, 0}};
  std::vector<char> buffer(1 << 18);
  while (::poll(watched.data(), watched.size(), -1) >= 0) {
    for (std::size_t i = watched.size(); i-- > 1;) {
      if (watched[i].revents == 0) continue;
      const ssize_t got = ::recv(watched[i].fd, buffer.data(), buffer.size(), 0);
      for (ssize_t sent = 0; sent < got;) {
        const ssize_t n = ::send(watched[i].fd, buffer.data() + sent,
                                 static_cast<std::size_t>(got - sent), MSG_NOSIGNAL);
        if (n <= 0) break;
        sent += n;
      }
      if (got > 0) continue;
      ::close(watched[i].fd);
      watched.erase(watched.begin() + static_cast<std::ptrdiff_t>(i));
    }
    if (watched[0].revents == 0) continue;
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    watched.push_back({fd, POLLIN, 0});
  }
  ::_exit(1);
}

void end_child(pid_t pid) {
  if (pid <= 0) return;
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

}  // namespace

double median(std::vector<double> values) {
  if (values.empty()) return -1;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

EchoServer::EchoServer(const std::string& address) {
  const auto [listener, port] = listen_on(address);
  port_ = port;
  pid_ = ::fork();
  if (pid_ == 0) serve_echo(listener);
  ::close(listener);
}
EchoServer::~EchoServer() { end_child(pid_); }

SinkServer::SinkServer(const std::string& address, int receive_buffer) {
  const auto [listener, port] = listen_on(address, receive_buffer);
  port_ = port;
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::vector<char> buffer(1 << 18);
    while (true) {
      const Fd fd(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
      while (::recv(fd.get(), buffer.data(), buffer.size(), 0) > 0) continue;
    }
  }
  ::close(listener);
}
SinkServer::~SinkServer() { end_child(pid_); }

Bulk send_bulk(const std::string& address, int port) {
  const Fd fd = dial(address, port);
  const int room = 8 << 20;  // more than the receiver takes
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
  const std::vector<char> buffer(1 << 16);
  Bulk bulk;
  std::uint64_t began_at = 0;
  const Time begin = monotonic_now();
  Time counted = begin;
  while (monotonic_now() - begin < 2500ms) {
    if (::send(fd.get(), buffer.data(), buffer.size(), MSG_NOSIGNAL) < 0) return {};
    tcp_info info{};
    socklen_t length = sizeof info;
    ::getsockopt(fd.get(), IPPROTO_TCP, TCP_INFO, &info, &length);
    bulk.window = std::max(bulk.window, static_cast<double>(info.tcpi_snd_wnd));
    if (began_at == 0 && monotonic_now() - begin > 500ms) {
      began_at = info.tcpi_bytes_acked;
      counted = monotonic_now();
    }
    bulk.rate =
        static_cast<double>(info.tcpi_bytes_acked - began_at) * 1e3 / milliseconds_since(counted);
  }
  return bulk;
}

EchoClient::EchoClient(const std::string& address, int port) : fd_(dial(address, port)) {}
double EchoClient::round_trip() { return ask(fd_.get()); }
std::vector<double> EchoClient::round_trips(int count) {
  std::vector<double> all;
  for (int i = 0; i < count; ++i) all.push_back(round_trip());
  return all;
}
double EchoClient::median(int count) { return gunflint::median(round_trips(count)); }

double EchoClient::throughput(std::size_t bytes) {
  std::vector<char> buffer(1 << 17);
  std::size_t sent = 0, got = 0;
  const Time begin = monotonic_now();
  while (got < bytes) {
    pollfd ready{fd_.get(), static_cast<short>(sent < bytes ? POLLIN | POLLOUT : POLLIN), 0};
    if (::poll(&ready, 1, patience_ms) != 1) return -1;
    if ((ready.revents & POLLIN) != 0) {
      const ssize_t n = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (n == 0) return -1;
      if (n > 0) got += static_cast<std::size_t>(n);
    }
    if ((ready.revents & POLLOUT) != 0) {
      const ssize_t n = ::send(fd_.get(), buffer.data(), std::min(buffer.size(), bytes - sent),
                               MSG_DONTWAIT | MSG_NOSIGNAL);
      if (n > 0) sent += static_cast<std::size_t>(n);
    }
  }
  return static_cast<double>(bytes) / 1048.576 / milliseconds_since(begin);
}

double connect_and_ask(const std::string& address, int port) {
  const Time begin = monotonic_now();
  const Fd fd = dial(address, port);
  if (!fd || ask(fd.get()) < 0) return -1;
  return milliseconds_since(begin);
}

RemoteClient::RemoteClient(const std::string& address, int port) {
  auto pair = make_socket_pair();
  EXPECT_TRUE(pair);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    Fd connection;
    char what = 0;
    while (::recv(pair->second.get(), &what, 1, 0) == 1) {
      double answer = 0;
      if (what == 'k') (void)connection.release();
      if (what == 'c' || what == 'k')
        connection = dial(address, port);
      else
        answer = gunflint::ask(connection.get());
      (void)::send(pair->second.get(), &answer, sizeof answer, MSG_NOSIGNAL);
    }
    ::_exit(0);
  }
  control_ = std::move(pair->first);
}
RemoteClient::~RemoteClient() { end_child(pid_); }
double RemoteClient::ask(char what) {
  double answer = -1;
  (void)::send(control_.get(), &what, 1, MSG_NOSIGNAL);
  (void)::recv(control_.get(), &answer, sizeof answer, MSG_WAITALL);
  return answer;
}
void RemoteClient::connect() { (void)ask('c'); }
void RemoteClient::keep() { (void)ask('k'); }
double RemoteClient::round_trip() { return ask('r'); }
double RemoteClient::median(int count) {
  std::vector<double> all;
  for (int i = 0; i < count; ++i) all.push_back(round_trip());
  return gunflint::median(all);
}

// ---- holders ------------------------------------------------------------------------------------
namespace {
class BoardPulse final : public Pulse {
 public:
  BoardPulse(HolderBoardMap& board, int ready_fd) : board_(board), ready_fd_(ready_fd) {}
  void beat() override { board_.beat(); }
  void ready() override { (void)::write(ready_fd_, "r", 1); }
  void publish(const Value& stats) override { board_.publish(stats); }

 private:
  HolderBoardMap& board_;
  int ready_fd_;
};
}  // namespace

ForkedHolders::~ForkedHolders() {
  while (!running_.empty()) (void)stop(Tag{running_.begin()->first});
}

Result<void> ForkedHolders::start(const std::string& kind, const Value& config, const Tag& tag) {
  GF_TRY(stop(tag));
  const auto& table = holder_table();
  const auto body =
      std::find_if(table.begin(), table.end(), [&](const HolderKind& k) { return k.name == kind; });
  if (body == table.end()) return fail(Cause::Unsupported, "no holder " + kind);
  GF_TRY_AS(HolderBoardMap board, HolderBoardMap::create());
  GF_TRY_AS(FdPair pair, make_socket_pair());
  One one;
  one.board = std::make_unique<HolderBoardMap>(std::move(board));
  one.pid = ::fork();
  if (one.pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    pair.first = Fd();
    running_.clear();  // another holder's pipe, kept open here, would never end
    BoardPulse pulse(*one.board, pair.second.get());
    const auto ended = body->run(config, pulse, pair.second.get());
    if (!ended) {
      const std::string why = "!" + ended.error().message;
      (void)::write(pair.second.get(), why.data(), why.size());
    }
    ::_exit(ended ? 0 : 1);
  }
  pair.second = Fd();
  one.stop = std::move(pair.first);
  char said[512]{};
  const auto got = readable(one.stop.get(), patience_ms)
                       ? ::recv(one.stop.get(), said, sizeof said - 1, 0)
                       : ssize_t{-1};
  const bool ready = got > 0 && said[0] == 'r';
  running_[tag.text] = std::move(one);
  if (ready) return {};
  (void)stop(tag);
  return fail(Cause::Io, got > 1 ? said + 1 : "the holder was never ready");
}

Result<Value> ForkedHolders::stats(const Tag& tag) {
  GF_TRY_AS(const bool alive, running(tag));
  if (!alive) return fail(Cause::Gone, "no holder runs under " + tag.text);
  return running_[tag.text].board->stats();
}
Result<bool> ForkedHolders::running(const Tag& tag) {
  const auto found = running_.find(tag.text);
  if (found == running_.end()) return false;
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(found->second.pid), &info, WEXITED | WNOHANG | WNOWAIT);
  return info.si_pid == 0;
}
Result<void> ForkedHolders::stop(const Tag& tag) {
  const auto found = running_.find(tag.text);
  if (found == running_.end()) return {};
  found->second.stop = Fd();
  ::waitpid(found->second.pid, nullptr, 0);
  running_.erase(found);
  return {};
}
void ForkedHolders::kill(const Tag& tag) { ::kill(pid(tag), SIGKILL); }

// ---- the fault ----------------------------------------------------------------------------------
NetworkBench::NetworkBench()
    : network_(make_real_network(*real_.processes)),
      http_(std::make_unique<NoHttp>()),
      kind_(find_fault("network")) {
  host_ = std::make_unique<Host>(real_.with(*network_, holders_, *http_));
}

Member NetworkBench::host_member() const { return {.target = "t", .id = "host", .label = "host"}; }
Member NetworkBench::process(pid_t pid, std::vector<int> ports) const {
  const auto seen = real_.processes->look(pid);
  EXPECT_TRUE(seen);
  return {.target = "t",
          .id = "pid:" + std::to_string(pid),
          .label = "echo[" + std::to_string(pid) + "]",
          .pid = pid,
          .start_time = seen->id.start_time,
          .ports = std::move(ports)};
}

void NetworkBench::inject(const Member& member, const std::string& params, const Tag& tag) {
  Injected one{member, parse_json(params).value(), {}};
  auto saved = kind_->observe(*host_, member, one.params);
  ASSERT_TRUE(saved) << saved.error().message;
  one.saved = *saved;
  const auto done = kind_->inject(*host_, member, one.params, one.saved, tag);
  injected_[tag.text] = one;
  ASSERT_TRUE(done) << done.error().message;
}
Bite NetworkBench::bite(const Tag& tag) {
  // Numbers are published every 100 ms.
  ::poll(nullptr, 0, 250);
  const auto& one = injected_.at(tag.text);
  auto bite = kind_->bite(*host_, one.member, one.params, one.saved, tag);
  EXPECT_TRUE(bite) << bite.error().message;
  return bite ? *bite : Bite{};
}
void NetworkBench::restore(const Tag& tag) {
  const auto& one = injected_.at(tag.text);
  const auto done = kind_->restore(*host_, one.saved, tag);
  EXPECT_TRUE(done) << done.error().message;
  const auto clean = kind_->restored(*host_, one.saved, tag);
  EXPECT_TRUE(clean && *clean);
}

std::string picture(lab::Lab& lab) {
  std::string text;
  for (const std::vector<std::string>& argv :
       std::vector<std::vector<std::string>>{{"nft", "list", "ruleset"},
                                             {"iptables-save"},
                                             {"ip6tables-save"},
                                             {"tc", "qdisc", "show"},
                                             {"tc", "filter", "show"}}) {
    std::istringstream lines(lab.run(argv).out);
    for (std::string line; std::getline(lines, line);)
      if (line[0] != '#') text += line.substr(0, line.rfind(" [")) + "\n";
  }
  text += lab.run({"cat", "/proc/self/net/netfilter/nfnetlink_queue"}).out;
  std::istringstream tracked(lab.run({"cat", "/proc/self/net/nf_conntrack"}).out);
  for (std::string line; std::getline(tracked, line);)
    if (const auto at = line.find("mark="); at != std::string::npos && line[at + 5] != '0')
      text += "marked connection " + line + "\n";
  std::error_code failed;
  for (const auto& group :
       std::filesystem::recursive_directory_iterator("/sys/fs/cgroup/unified", failed))
    if (group.is_directory(failed) && group.path().filename().string().starts_with("gf-nettest"))
      text += group.path().string() + "\n";
  return text;
}

}  // namespace gunflint
