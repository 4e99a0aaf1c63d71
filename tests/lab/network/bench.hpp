#pragma once
// What the lab tests of the network fault stand on: an echo server in a process of its own,
// application-level round trips, holders as forked children, and a picture of everything that a
// network fault could leave behind.

#include <sys/types.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gunflint/concepts/fault.hpp"
#include "host/fd.hpp"
#include "host/holder_board.hpp"
#include "host/no_http.hpp"
#include "host/real_host.hpp"
#include "support/lab.hpp"

namespace gunflint {

/// Echoes every byte. Port 0: a free one. It is a child of this test and ends with it.
class EchoServer {
 public:
  explicit EchoServer(const std::string& address = "127.0.0.1");
  ~EchoServer();
  int port() const { return port_; }
  pid_t pid() const { return pid_; }

 private:
  int port_ = 0;
  pid_t pid_ = 0;
};

/// One TCP connection whose every byte comes back.
class EchoClient {
 public:
  EchoClient(const std::string& address, int port);
  /// Milliseconds until the answer; negative when the connection broke or 5 s passed.
  double round_trip();
  /// Median of `count` round trips.
  double median(int count);
  std::vector<double> round_trips(int count);
  /// MiB per second, there and back.
  double throughput(std::size_t bytes);

 private:
  Fd fd_;
};

/// Takes what it is sent and says nothing, with a receive buffer that never grows.
class SinkServer {
 public:
  SinkServer(const std::string& address, int receive_buffer);
  ~SinkServer();
  int port() const { return port_; }

 private:
  int port_ = 0;
  pid_t pid_ = 0;
};
/// What a new connection to a sink carries in two seconds, after half a second to get going.
struct Bulk {
  double rate = 0;    ///< bytes per second
  double window = 0;  ///< bytes that the receiver lets be under way at most
};
Bulk send_bulk(const std::string& address, int port);

double median(std::vector<double> values);
/// What `client` measures when nothing disturbs it: the least of five medians of `count` round
/// trips, some milliseconds apart. A busy machine wakes an application late for a while, and never
/// early; a median of round trips of microseconds is over before such a while is. Negative when one
/// of them is.
template <class Client>
double calm_median(Client& client, int count) {
  double least = client.median(count);
  for (int i = 1; i < 5 && least >= 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    least = std::min(least, client.median(count));
  }
  return least;
}
/// How long connect, one request and its answer take, in milliseconds.
double connect_and_ask(const std::string& address, int port);

/// A client in a process of its own.
class RemoteClient {
 public:
  explicit RemoteClient(const std::string& address, int port);
  ~RemoteClient();
  pid_t pid() const { return pid_; }
  void connect();
  /// Leaves the present connection open and unused, and opens another.
  void keep();
  double round_trip();
  double median(int count);

 private:
  double ask(char what);
  pid_t pid_ = 0;
  Fd control_;
};

/// Holders as children of this test: the bodies are the real ones.
class ForkedHolders final : public Holders {
 public:
  ~ForkedHolders() override;
  Result<void> start(const std::string& kind, const Value& config, const Tag& tag) override;
  Result<Value> stats(const Tag& tag) override;
  Result<void> stop(const Tag& tag) override;
  Result<bool> running(const Tag& tag) override;
  pid_t pid(const Tag& tag) { return running_.at(tag.text).pid; }
  /// As if it had crashed.
  void kill(const Tag& tag);

 private:
  struct One {
    pid_t pid = 0;
    Fd stop;
    std::unique_ptr<HolderBoardMap> board;
  };
  std::map<std::string, One> running_;
};

/// A real host with one network fault in it.
class NetworkBench {
 public:
  NetworkBench();
  Host& host() { return *host_; }
  ForkedHolders& holders() { return holders_; }

  Member host_member() const;
  Member process(pid_t pid, std::vector<int> ports) const;

  /// observe, inject; fails the test when one of them fails.
  void inject(const Member& member, const std::string& params, const Tag& tag);
  Bite bite(const Tag& tag);
  void restore(const Tag& tag);

 private:
  struct Injected {
    Member member;
    Value params, saved;
  };
  RealHost real_;
  std::unique_ptr<Network> network_;
  ForkedHolders holders_;
  std::unique_ptr<Http> http_;
  std::unique_ptr<Host> host_;
  const FaultKind* kind_;
  std::map<std::string, Injected> injected_;
};

/// Rules of both families, queueing disciplines, packet queues, marked connections, and cgroups
/// with a tag. Packet counters left out.
std::string picture(lab::Lab& lab);

}  // namespace gunflint
