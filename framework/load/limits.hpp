#pragma once
/// What this machine lets a load generator have: told before the start, with a sentence, and not by
/// the thousandth connection that fails.

#include <cstddef>
#include <vector>

#include "load/addresses.hpp"
#include "load/program.hpp"

namespace gunflint {

/// Raises the soft limit of open files so far that `sockets` more fit. Unsupported says what would.
Result<void> make_room_for_sockets(std::size_t sockets);

/// A connection from here to one address needs a local port of its own.
Result<void> check_local_ports(const LoadProgram& program, const Addresses& addresses);

/// For a precise pacing, a core for each of `loops`: the last ones that this process may use. At
/// least one of the machine is left to others, unless the process was bound to fewer on purpose.
Result<std::vector<int>> cores_to_spin_on(int loops);

/// The local address exists, and may be bound.
Result<void> check_source_address(const LoadProgram& program);

/// `connections` of the present process, and as many users, fit into what is free (of the machine
/// and of its cgroup).
Result<void> check_memory(const std::vector<LoadProgram>& programs);

/// Bytes that one connection costs in this process, about: measured (tests/bench/load_memory).
std::size_t bytes_per_connection(const LoadProgram& program);

}  // namespace gunflint
