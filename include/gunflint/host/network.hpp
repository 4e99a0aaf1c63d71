#pragma once
/// Network faults in terms of rules. Pure functions render a rule as the exact commands
/// (framework/host/network_commands.cpp); `plan` shows those, the real Network runs them.
///
/// A delay always acts on RECEIVED packets of this host, on one direction of a connection only, so
/// that 50 ms asked is 50 ms more per round trip. (A local sender that is held back on the way out
/// is stopped by TCP Small Queues at about 1 Mbit/s.)

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "gunflint/base/fields.hpp"
#include "gunflint/base/units.hpp"
#include "gunflint/model/undo.hpp"

namespace gunflint {

/// Which end of a connection we are.
enum class Side {
  Client,  ///< we opened it (`to:`): its answers are held
  Server,  ///< others opened it to us (`from:`): its requests are held
};
template <>
struct Names<Side> {
  static constexpr std::array table{std::pair{Side::Client, "client"},
                                    std::pair{Side::Server, "server"}};
};

/// Which packets. Empty lists match everything; all given parts must match.
struct PacketMatch {
  Side side = Side::Client;
  /// Addresses or CIDR ranges of the other side (names are resolved before). Neither hosts nor
  /// ports: every interface but loopback, where each connection would be held twice.
  std::vector<std::string> hosts;
  std::vector<int> ports;  ///< TCP/UDP ports of the service: the other side's for Client, else ours
  std::string protocol;    ///< "tcp", "udp" or "" for both
  /// v2 path, Client only: packets of sockets that were created inside it. Servers are told by
  /// their ports: the kernel knows a new connection's socket too late for the first request.
  std::string cgroup;
  /// With cgroup: the connections which these processes have open already are included (when the
  /// process was moved, those sockets belong to the cgroup in which they were created).
  std::vector<int> processes;
  std::string interface;  ///< "" is every interface; netem needs a name: see interfaces()
  static Fields<PacketMatch> fields();
};

enum class Backend { Netem, Queue };  ///< kernel's netem, or NFQUEUE with our delay holder
template <>
struct Names<Backend> {
  static constexpr std::array table{std::pair{Backend::Netem, "netem"},
                                    std::pair{Backend::Queue, "nfqueue"}};
};

/// Sends traffic through a delay. A packet that any entry matches is delayed, once.
struct Rule {
  std::vector<PacketMatch> traffic;
  Backend backend = Backend::Queue;
  Duration delay{}, jitter{};
  std::uint16_t queue = 0;  ///< NFQUEUE number: queue_number(tag)
  static Fields<Rule> fields();
};

/// Packets that the rule has matched so far.
struct Matched {
  std::uint64_t packets = 0, bytes = 0;
};

class Network {
 public:
  virtual ~Network() = default;
  /// Idempotent; another rule under the same tag replaces the first. Everything made carries the
  /// tag (chains, comments, qdisc handle). Queue: packets pass while no holder listens.
  virtual Result<void> add(const Rule& rule, const Tag& tag) = 0;
  /// Success when nothing is there. Removes only what carries the tag, then tables and base chains
  /// that did not exist before and are empty.
  virtual Result<void> remove(const Tag& tag) = 0;
  virtual Result<bool> present(const Tag& tag) = 0;
  /// Gone when there is no such rule.
  virtual Result<Matched> matched(const Tag& tag) = 0;
  /// Addresses of a name, by `getent` on this host; an address or CIDR range is itself.
  virtual Result<std::vector<std::string>> resolve(const std::string& name) = 0;
  /// The interfaces by which packets to these addresses leave; without addresses all that are up.
  virtual Result<std::vector<std::string>> interfaces(const std::vector<std::string>& hosts) {
    (void)hosts;
    return std::vector<std::string>{"lo"};
  }
  /// Does the process live in our network namespace? Rules reach no other.
  virtual Result<bool> reaches(int pid) {
    (void)pid;
    return true;
  }
};

/// Drawn from the tag: 1024 to 65535.
std::uint16_t queue_number(const Tag& tag);

}  // namespace gunflint
