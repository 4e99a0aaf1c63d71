#pragma once
/// The netem back end: pure functions that render a rule as tc commands. Packets are held when they
/// leave (netem detaches them from the sender's socket, so that TCP is not stopped): the requests
/// of a Client rule, the answers of a Server rule. Either way a round trip takes `delay` longer.
///
/// Per interface: a prio qdisc at the root whose first three bands are what the kernel's default
/// does, and a fourth band with netem, reached only by filters. Its handle comes from the tag. Made
/// only where the root qdisc is the kernel's default, which comes back by itself.

#include <vector>

#include "gunflint/host/host.hpp"

namespace gunflint {

/// "8a31": major number of the root qdisc, as tc writes it.
std::string netem_handle(const Tag& tag);
std::vector<std::string> netem_interfaces(const Rule& rule);
/// Precondition: every traffic names its interface and no cgroup.
std::vector<Command> netem_add_commands(const Rule& rule, const Tag& tag);
std::vector<Command> netem_remove_commands(const Rule& rule, const Tag& tag);
Command netem_remove_command(const std::string& interface, const Tag& tag);
/// `tc -s -j qdisc show`: every qdisc of every interface.
Command netem_show_command();

/// What the output of netem_show_command says.
struct NetemSeen {
  std::vector<std::string> ours;     ///< interfaces whose root qdisc carries the tag
  std::vector<std::string> foreign;  ///< interfaces whose root qdisc somebody made
  Matched matched;                   ///< by our netem
};
Result<NetemSeen> parse_netem(const std::string& json, const Tag& tag);

}  // namespace gunflint
