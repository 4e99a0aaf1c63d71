#pragma once
/// Network faults in terms of rules. One pure function renders a rule as the exact tc/nft/iptables
/// commands (framework/host/network_commands.cpp); `plan` shows those, the real Network runs them.

#include <cstdint>
#include <string>
#include <vector>

#include "gunflint/base/fields.hpp"
#include "gunflint/base/units.hpp"
#include "gunflint/model/undo.hpp"

namespace gunflint {

/// Which packets. Empty lists match everything; all given parts must match.
struct Traffic {
  std::vector<std::string>
      hosts;  ///< addresses or CIDR ranges of the other side (names are resolved before)
  std::vector<int> ports;  ///< TCP/UDP ports of the service, on whichever side it is
  std::string protocol;    ///< "tcp", "udp" or "" for both
  std::string cgroup;      ///< v2 path: only sockets created inside it
  std::string interface;   ///< "" is every interface
  static Fields<Traffic> fields();
};

enum class Backend { Netem, Queue };  ///< kernel's netem, or NFQUEUE with our delay holder
template <>
struct Names<Backend> {
  static constexpr std::array table{std::pair{Backend::Netem, "netem"},
                                    std::pair{Backend::Queue, "nfqueue"}};
};

/// Sends the traffic through a delay.
struct Rule {
  Traffic traffic;
  Backend backend = Backend::Queue;
  Duration delay{}, jitter{};
  std::uint16_t queue = 0;  ///< NFQUEUE number; drawn from the tag
  static Fields<Rule> fields();
};

/// Packets that the rule has matched so far.
struct Matched {
  std::uint64_t packets = 0, bytes = 0;
};

class Network {
 public:
  virtual ~Network() = default;
  /// Idempotent. Everything made carries the tag (table, chain comment, qdisc handle).
  virtual Result<void> add(const Rule& rule, const Tag& tag) = 0;
  virtual Result<void> remove(const Tag& tag) = 0;  ///< success when nothing is there
  virtual Result<bool> present(const Tag& tag) = 0;
  virtual Result<Matched> matched(const Tag& tag) = 0;
  /// Addresses of a name, by `getent` on this host; an address is itself.
  virtual Result<std::vector<std::string>> resolve(const std::string& name) = 0;
};

}  // namespace gunflint
