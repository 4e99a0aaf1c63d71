#include "host/network_commands.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

namespace gunflint {
namespace {

/// The multiport match takes this many.
constexpr std::size_t ports_per_rule = 15;
/// A rule for one port costs other packets 20 ns, one with the multiport match 60 ns (measured).
constexpr std::size_t most_single_ports = 3;

Family family_of(const std::string& host) {
  return host.find(':') == std::string::npos ? Family::V4 : Family::V6;
}
bool is_loopback(const std::string& host) { return host.starts_with("127.") || host == "::1"; }

std::vector<std::string> hosts_of(const PacketMatch& traffic, Family family) {
  std::vector<std::string> hosts;
  for (const auto& host : traffic.hosts)
    if (family_of(host) == family) hosts.push_back(host);
  return hosts;
}

/// Runs of neighbouring ports, "80" or "8000:8009", as the kernel compares them fastest.
std::vector<std::string> port_runs(std::vector<int> ports) {
  std::sort(ports.begin(), ports.end());
  std::vector<std::pair<int, int>> runs;
  for (const int port : ports) {
    if (!runs.empty() && port <= runs.back().second + 1)
      runs.back().second = port;
    else
      runs.emplace_back(port, port);
  }
  std::vector<std::string> texts;
  for (const auto& [first, last] : runs)
    texts.push_back(first == last ? std::to_string(first) : fmt::format("{}:{}", first, last));
  return texts;
}

/// " -m multiport --sports 80,443" for every 15 ports.
std::vector<std::string> multiport_matches(const std::vector<int>& ports,
                                           const std::string& option) {
  std::vector<std::string> matches;
  for (std::size_t i = 0; i < ports.size(); i += ports_per_rule) {
    const auto end = std::min(ports.size(), i + ports_per_rule);
    matches.push_back(
        fmt::format(" -m multiport --{}s {}", option,
                    fmt::join(ports.begin() + static_cast<std::ptrdiff_t>(i),
                              ports.begin() + static_cast<std::ptrdiff_t>(end), ",")));
  }
  return matches;
}

/// "-p tcp --sport 80", or "-p tcp -m multiport --sports 80,443,…", for every protocol; one empty
/// text when neither is asked.
std::vector<std::string> service_matches(const PacketMatch& traffic, const std::string& option) {
  std::vector<std::string> protocols;
  if (!traffic.protocol.empty())
    protocols = {traffic.protocol};
  else if (!traffic.ports.empty())
    protocols = {"tcp", "udp"};
  if (protocols.empty()) return {""};
  const auto runs = port_runs(traffic.ports);
  std::vector<std::string> matches;
  for (const auto& protocol : protocols) {
    const std::string begin = " -p " + protocol;
    if (runs.empty()) matches.push_back(begin);
    if (runs.size() <= most_single_ports)
      for (const auto& run : runs)
        matches.push_back(fmt::format("{} -m {} --{} {}", begin, protocol, option, run));
    else
      for (const auto& several : multiport_matches(traffic.ports, option))
        matches.push_back(begin + several);
  }
  return matches;
}

bool is_everything(const PacketMatch& traffic) {
  return traffic.hosts.empty() && traffic.ports.empty();
}

/// Where the packets come from. Without ports only the direction of the connection tells a request
/// from its answer on loopback, where one host receives both.
std::string place_match(const PacketMatch& traffic, const std::string& host) {
  if (!traffic.interface.empty()) return fmt::format(" -i {}", traffic.interface);
  // What a cgroup sends over loopback is told by its mark.
  if (!traffic.cgroup.empty()) return " ! -i lo";
  if (!traffic.ports.empty()) return "";
  return is_loopback(host) ? " -i lo" : " ! -i lo";
}
bool on_loopback_only(const PacketMatch& traffic, const std::string& host) {
  return traffic.interface == "lo" || is_loopback(host);
}
/// As `iptables -m cgroup --path` wants it: without the first slash.
std::string cgroup_match(const PacketMatch& traffic) {
  const auto begin = std::min(traffic.cgroup.find_first_not_of('/'), traffic.cgroup.size());
  return fmt::format(" -m cgroup --path \"{}\"", traffic.cgroup.substr(begin));
}

/// The parts of a rule that end up in one address family's chains. What tells its packets from
/// others stands in the base chains: a jump that every packet takes costs more than all the rest.
struct Lines {
  Family family;
  const Selection& selection;
  std::string chain;
  std::vector<std::string> jumps = {}, sent = {};  ///< in INPUT and OUTPUT; in <tag>-o

  void receive(const std::string& match) {
    jumps.push_back(fmt::format("INPUT{} -j {}", match, chain));
  }
  void send(const std::string& match) {
    jumps.push_back(fmt::format("OUTPUT -o lo{} -j {}-o", match, chain));
  }
};

std::vector<std::string> hosts_or_any(const PacketMatch& traffic, Family family) {
  auto hosts = hosts_of(traffic, family);
  if (hosts.empty() && traffic.hosts.empty()) hosts.emplace_back();
  return hosts;
}

/// Received packets: what goes to the queue.
void add_received(Lines& lines, const PacketMatch& traffic) {
  const bool client = traffic.side == Side::Client;
  if (!traffic.cgroup.empty() && traffic.interface == "lo") return;
  for (const auto& host : hosts_or_any(traffic, lines.family))
    for (const auto& service : service_matches(traffic, client ? "sport" : "dport")) {
      std::string match = place_match(traffic, host);
      if (!host.empty()) match += " -s " + host;
      match += service;
      if (!traffic.cgroup.empty())
        match += cgroup_match(traffic);
      else if (traffic.ports.empty() && on_loopback_only(traffic, host))
        match += fmt::format(" -m conntrack --ctdir {}", client ? "REPLY" : "ORIGINAL");
      lines.receive(match);
    }
}

/// What a cgroup sends over loopback: marked here, held where it arrives. Answers of its own
/// services are left out: their requests are held already.
void add_sent(Lines& lines, const Rule& rule, const PacketMatch& traffic) {
  if (traffic.cgroup.empty() || (!traffic.interface.empty() && traffic.interface != "lo")) return;
  if (is_everything(traffic))
    for (const auto& other : rule.traffic)
      if (other.side == Side::Server && !other.ports.empty())
        for (const auto& service : service_matches(other, "sport"))
          lines.sent.push_back(fmt::format("{}-o{} -j RETURN", lines.chain, service));
  for (const auto& host : hosts_or_any(traffic, lines.family))
    for (const auto& service : service_matches(traffic, "dport"))
      lines.send((host.empty() ? "" : " -d " + host) + service + cgroup_match(traffic));
}

/// The whole of the family's part: jumps, and what <tag>-o does with a packet.
Lines lines_of(const Rule& rule, const Tag& tag, Family family, const Selection& selection) {
  Lines lines{family, selection, tag.text};
  for (const auto& traffic : rule.traffic) {
    add_received(lines, traffic);
    add_sent(lines, rule, traffic);
  }
  if (std::any_of(lines.jumps.begin(), lines.jumps.end(),
                  [](const std::string& jump) { return jump.starts_with("OUTPUT"); })) {
    const std::string mark = fmt::format("{0:#x}/{0:#x}", selection.mark);
    lines.sent.push_back(fmt::format("{}-o -j MARK --set-xmark {}", tag.text, mark));
    lines.receive(" -m mark --mark " + mark);
  }
  // Connections that were open before: their sockets belong to another cgroup.
  if (!needs_mark(rule)) return lines;
  if (selection.tracked)
    lines.receive(fmt::format(" -m connmark --mark {0:#x}/{0:#x} -m conntrack --ctdir REPLY",
                              selection.mark));
  else
    for (const auto& match : open_matches(selection.open, family)) lines.receive(match);
  return lines;
}

}  // namespace

std::string iptables_name(Family family) { return family == Family::V4 ? "iptables" : "ip6tables"; }
std::string nft_family(Family family) { return family == Family::V4 ? "ip" : "ip6"; }

std::string print(const Made& made) {
  std::string text;
  if (made.table) text += 't';
  if (made.input) text += 'I';
  if (made.output) text += 'O';
  return text;
}
Made parse_made(std::string_view text) {
  auto has = [&](char c) { return text.find(c) != std::string_view::npos; };
  return {has('t'), has('I'), has('O')};
}

/// Grouped by everything but our port, so that a pool of connections to one service is one rule,
/// whose first words tell it from all others.
std::vector<std::string> open_matches(const std::vector<Flow>& flows, Family family) {
  std::map<std::string, std::vector<int>> ports;
  for (const auto& flow : flows)
    if (flow.v6 == (family == Family::V6))
      ports[fmt::format(" -s {} -d {} -p tcp -m tcp --sport {}", print_address(flow, false),
                        print_address(flow, true), flow.remote_port)]
          .push_back(flow.local_port);
  std::vector<std::string> matches;
  for (const auto& [service, local] : ports)
    if (local.size() == 1)
      matches.push_back(fmt::format("{} --dport {}", service, local.front()));
    else
      for (const auto& several : multiport_matches(local, "dport"))
        matches.push_back(service + several);
  return matches;
}

bool needs_mark(const Rule& rule) {
  return std::any_of(rule.traffic.begin(), rule.traffic.end(),
                     [](const PacketMatch& t) { return !t.cgroup.empty(); });
}
std::string output_chain(const Tag& tag) { return tag.text + "-o"; }

std::optional<std::string> restore_input(const Rule& rule, const Tag& tag, Family family,
                                         const Selection& selection, const Made& made,
                                         const std::vector<std::string>& old_jumps) {
  const Lines lines = lines_of(rule, tag, family, selection);
  if (lines.jumps.empty()) return std::nullopt;
  // Declaring a chain also empties it, if it is there.
  std::vector<std::string> text{"*mangle", fmt::format(":{} - [0:0]", tag.text)};
  if (needs_mark(rule)) text.push_back(fmt::format(":{} - [0:0]", output_chain(tag)));
  for (const auto& jump : old_jumps) text.push_back("-D " + jump);
  const std::string what = print(made);
  text.push_back(fmt::format(
      "-A {}{} -j NFQUEUE --queue-num {} --queue-bypass", tag.text,
      what.empty() ? "" : fmt::format(" -m comment --comment \"made:{}\"", what), rule.queue));
  for (const auto& line : lines.sent) text.push_back("-A " + line);
  for (const auto& jump : lines.jumps) text.push_back("-A " + jump);
  text.emplace_back("COMMIT");
  return fmt::format("{}\n", fmt::join(text, "\n"));
}

Command restore_command(Family family, std::string input) {
  return {.argv = {iptables_name(family) + "-restore", "--noflush", "--wait", "5"},
          .input = std::move(input)};
}
Command save_command(Family family, bool counters) {
  Command command{.argv = {iptables_name(family) + "-save", "-t", "mangle"}};
  if (counters) command.argv.insert(command.argv.begin() + 1, "-c");
  return command;
}
Command list_base_command() { return {.argv = {"nft", "-j", "list tables; list chains"}}; }
Command nft_command(std::string lines) {
  return {.argv = {"nft", "-f", "-"}, .input = std::move(lines)};
}
Command delete_base_chain_command(Family family, const std::string& chain) {
  return {.argv = {"nft", "delete", "chain", nft_family(family), "mangle", chain}};
}
Command delete_table_command(Family family) {
  return {.argv = {"nft", "delete", "table", nft_family(family), "mangle"}};
}

std::string spelled(const Command& command) {
  std::string text = fmt::format("{}", fmt::join(command.argv, " "));
  if (!command.input.empty()) text += " << END\n" + command.input + "END";
  return text;
}

}  // namespace gunflint
