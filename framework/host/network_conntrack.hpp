#pragma once
/// Marks on the kernel's tracked connections, over netlink (linux/netfilter/nfnetlink_conntrack.h).
/// Used for a process that has many connections open when the rule is made: one bit tells them from
/// all others, and is cleared when the rule goes.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gunflint/base/result.hpp"

namespace gunflint {

/// A TCP connection as its client sees it.
struct Flow {
  bool v6 = false;
  std::array<std::byte, 16> local{}, remote{};  ///< network byte order; the first 4 bytes for v4
  std::uint16_t local_port = 0, remote_port = 0;
  bool operator==(const Flow&) const = default;
};

std::string print_address(const Flow& flow, bool local);
/// Does the other side match: one of the hosts (addresses or ranges; none: any) and ports?
bool matches(const Flow& flow, const std::vector<std::string>& hosts,
             const std::vector<int>& ports);

/// True when any tracked connection has the bit.
Result<bool> connection_mark_in_use(std::uint32_t bit);
/// Clears the bit everywhere; how many had it.
Result<int> clear_connection_mark(std::uint32_t bit);
/// Sets the bit on open connections; one that the kernel does not track yet becomes tracked.
Result<void> mark_connections(const std::vector<Flow>& flows, std::uint32_t bit);

/// Established connections from a text like /proc/net/tcp or tcp6 whose socket inode is one of
/// `inodes` and whose local port is none of `listening`. Pure. `v6`: which of the two texts it is;
/// IPv4 addresses inside IPv6 become IPv4 flows.
std::vector<Flow> parse_connections(std::string_view text, bool v6,
                                    const std::vector<std::uint64_t>& inodes,
                                    const std::vector<int>& listening);
/// Local ports of sockets in the state LISTEN.
std::vector<int> parse_listening(std::string_view text, const std::vector<std::uint64_t>& inodes);
/// Inodes of the sockets that the process has open.
std::vector<std::uint64_t> sockets_held_by(int pid);

}  // namespace gunflint
