#pragma once
/// Names, addresses and the way to them, asked of the host's own tools (`getent`, `ip`): a static
/// program has no name service of its own.

#include <string>
#include <vector>

#include "gunflint/host/host.hpp"

namespace gunflint {

/// True for an IPv4 or IPv6 address, with or without "/prefix".
bool is_address(const std::string& text);
/// Unreachable when the name has no address.
Result<std::vector<std::string>> resolve_name(Processes& processes, const std::string& name);
/// First column of `getent ahosts`, each once, without zones.
std::vector<std::string> parse_ahosts(std::string_view text);
/// By which interfaces packets to these addresses leave; without addresses, all that are up.
Result<std::vector<std::string>> interfaces_towards(Processes& processes,
                                                    const std::vector<std::string>& hosts);

}  // namespace gunflint
