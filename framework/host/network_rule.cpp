#include "gunflint/host/network.hpp"

namespace gunflint {

Fields<PacketMatch> PacketMatch::fields() {
  using T = PacketMatch;
  return {field("side", &T::side, "Our end of the connections."),
          field("hosts", &T::hosts, "Other side."),
          field("ports", &T::ports, "Service ports."),
          field("protocol", &T::protocol, "tcp, udp or both."),
          field("cgroup", &T::cgroup, "v2 path."),
          field("processes", &T::processes, "Whose open connections are included."),
          field("interface", &T::interface, "Interface.")};
}

Fields<Rule> Rule::fields() {
  using T = Rule;
  return {field("traffic", &T::traffic, "Which packets."), field("backend", &T::backend, "How."),
          field("delay", &T::delay, "Added delay."),
          field("jitter", &T::jitter, "Uniform, plus or minus."),
          field("queue", &T::queue, "NFQUEUE number.")};
}

/// FNV-1a: the same tag finds its queue again in any process.
std::uint16_t queue_number(const Tag& tag) {
  std::uint64_t hash = 14695981039346656037u;
  for (const char c : tag.text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return static_cast<std::uint16_t>(1024 + hash % (65536 - 1024));
}

}  // namespace gunflint
