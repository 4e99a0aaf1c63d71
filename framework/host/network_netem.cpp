#include "host/network_netem.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "gunflint/base/value.hpp"

namespace gunflint {
namespace {

/// Above what the delay may hold: 20 s at 50 000 packets a second.
constexpr int packet_limit = 1'000'000;

using Words = std::vector<std::string>;
void append(Words& to, const Words& words) { to.insert(to.end(), words.begin(), words.end()); }

std::string microseconds(Duration d) { return fmt::format("{}us", d / 1us); }

/// "10.0.0.5" and "10.0.0.0/8" as tc wants them.
std::string prefix(const std::string& host, bool v6) {
  if (host.find('/') != std::string::npos) return host;
  return host + (v6 ? "/128" : "/32");
}

Command filter(const PacketMatch& traffic, const std::string& handle, bool v6,
               const std::string& host, const std::string& protocol, int port) {
  const std::string ip = v6 ? "ip6" : "ip";
  // One priority per address family: filters of different protocols may not share one.
  Words argv{"tc",         "filter",          "add",
             "dev",        traffic.interface, "parent",
             handle + ":", "protocol",        v6 ? "ipv6" : "ip",
             "prio",       v6 ? "2" : "1",    "u32"};
  const std::size_t bare = argv.size();
  if (!host.empty()) append(argv, {"match", ip, "dst", prefix(host, v6)});
  if (!protocol.empty())
    append(argv, {"match", ip, "protocol", protocol == "tcp" ? "6" : "17", "0xff"});
  if (port > 0)
    append(argv, {"match", ip, traffic.side == Side::Client ? "dport" : "sport",
                  std::to_string(port), "0xffff"});
  if (argv.size() == bare) append(argv, {"match", "u32", "0", "0"});
  append(argv, {"flowid", handle + ":4"});
  return {.argv = std::move(argv)};
}

void add_filters(std::vector<Command>& commands, const PacketMatch& traffic,
                 const std::string& handle) {
  std::vector<std::string> protocols{traffic.protocol};
  if (traffic.protocol.empty() && !traffic.ports.empty()) protocols = {"tcp", "udp"};
  std::vector<int> ports = traffic.ports;
  if (ports.empty()) ports.push_back(0);
  std::vector<std::string> hosts = traffic.hosts;
  if (hosts.empty()) hosts.emplace_back();
  for (const bool v6 : {false, true})
    for (const auto& host : hosts) {
      if (!host.empty() && (host.find(':') != std::string::npos) != v6) continue;
      for (const auto& protocol : protocols)
        for (const int port : ports)
          commands.push_back(filter(traffic, handle, v6, host, protocol, port));
    }
}

}  // namespace

std::string netem_handle(const Tag& tag) {
  return fmt::format("{:x}", 0x100 + queue_number(tag) % 0x7e00);
}

std::vector<std::string> netem_interfaces(const Rule& rule) {
  std::vector<std::string> names;
  for (const auto& traffic : rule.traffic)
    if (std::find(names.begin(), names.end(), traffic.interface) == names.end())
      names.push_back(traffic.interface);
  return names;
}

std::vector<Command> netem_add_commands(const Rule& rule, const Tag& tag) {
  const std::string handle = netem_handle(tag);
  std::vector<Command> commands;
  for (const auto& interface : netem_interfaces(rule)) {
    Words root{"tc",     "qdisc",      "add",  "dev",   interface, "root",
               "handle", handle + ":", "prio", "bands", "4",       "priomap"};
    // The kernel's own map of priorities to its three bands; the fourth is reached by filters only.
    append(root, {"1", "2", "2", "2", "1", "2", "0", "0", "1", "1", "1", "1", "1", "1", "1", "1"});
    commands.push_back({.argv = std::move(root)});
    Words netem{"tc",     "qdisc",       "add",   "dev",   interface,
                "parent", handle + ":4", "netem", "delay", microseconds(rule.delay)};
    if (rule.jitter != Duration::zero()) netem.push_back(microseconds(rule.jitter));
    append(netem, {"limit", std::to_string(packet_limit)});
    commands.push_back({.argv = std::move(netem)});
    for (const auto& traffic : rule.traffic)
      if (traffic.interface == interface) add_filters(commands, traffic, handle);
  }
  return commands;
}

Command netem_remove_command(const std::string& interface, const Tag& tag) {
  return {
      .argv = {"tc", "qdisc", "del", "dev", interface, "root", "handle", netem_handle(tag) + ":"}};
}
std::vector<Command> netem_remove_commands(const Rule& rule, const Tag& tag) {
  std::vector<Command> commands;
  for (const auto& interface : netem_interfaces(rule))
    commands.push_back(netem_remove_command(interface, tag));
  return commands;
}

Command netem_show_command() { return {.argv = {"tc", "-s", "-j", "qdisc", "show"}}; }

Result<NetemSeen> parse_netem(const std::string& json, const Tag& tag) {
  GF_TRY_AS(const Value list, parse_json(json));
  if (!list.is_list()) return fail(Cause::Io, "`tc -j qdisc show` printed no list; tc is too old");
  const std::string handle = netem_handle(tag) + ":";
  NetemSeen seen;
  for (const auto& qdisc : list.items()) {
    const std::string interface = qdisc.text_or("dev");
    if (qdisc.bool_or("root")) {
      // The kernel's own default has no handle.
      if (qdisc.text_or("handle") == handle)
        seen.ours.push_back(interface);
      else if (qdisc.text_or("handle") != "0:")
        seen.foreign.push_back(interface);
    }
    if (qdisc.text_or("parent") != handle + "4" || qdisc.text_or("kind") != "netem") continue;
    seen.matched.packets += static_cast<std::uint64_t>(qdisc.integer_or("packets"));
    seen.matched.bytes += static_cast<std::uint64_t>(qdisc.integer_or("bytes"));
  }
  return seen;
}

}  // namespace gunflint
