#pragma once
/// Listening TCP sockets of this machine, out of /proc. Looks and touches nothing.

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gunflint/base/result.hpp"

namespace gunflint {

struct Listener {
  std::string address;  ///< "127.0.0.1", "0.0.0.0", "::1", "::"
  int port = 0;
  std::uint64_t inode = 0;
  std::uint64_t queue = 0;  ///< connections waiting to be accepted
};

/// The LISTEN rows of a text in the form of /proc/net/tcp or /proc/net/tcp6.
std::vector<Listener> parse_listeners(std::string_view text);

/// All listeners in the network namespace of a process (0: our own).
std::vector<Listener> listeners_of_namespace(int pid);

/// Inodes of the sockets that a process has open; empty when we may not look.
std::set<std::uint64_t> sockets_of(int pid);
/// The inode in a link text "socket:[12345]"; 0 when it is none.
std::uint64_t inode_of_link(std::string_view link);

}  // namespace gunflint
