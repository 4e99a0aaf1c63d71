#pragma once
/// The real Network: runs the commands of network_commands.cpp and network_netem.cpp in the network
/// namespace of this process.

#include <memory>

#include "gunflint/host/host.hpp"

namespace gunflint {

/// `processes` must live as long as the Network.
std::unique_ptr<Network> make_real_network(Processes& processes);

}  // namespace gunflint
