#include "host/network_commands.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "host/network_netem.hpp"

namespace gunflint {
namespace {

/// The multiport match takes this many.
constexpr std::size_t ports_per_rule = 15;

Family family_of(const std::string& host) {
  return host.find(':') == std::string::npos ? Family::V4 : Family::V6;
}
bool is_loopback(const std::string& host) { return host.starts_with("127.") || host == "::1"; }

std::vector<std::string> hosts_of(const Traffic& traffic, Family family) {
  std::vector<std::string> hosts;
  for (const auto& host : traffic.hosts)
    if (family_of(host) == family) hosts.push_back(host);
  return hosts;
}

/// "-p tcp -m multiport --sports 80,81" for every protocol and every 15 ports; one empty text when
/// neither is asked.
std::vector<std::string> service_matches(const Traffic& traffic, const std::string& option) {
  std::vector<std::string> protocols;
  if (!traffic.protocol.empty())
    protocols = {traffic.protocol};
  else if (!traffic.ports.empty())
    protocols = {"tcp", "udp"};
  if (protocols.empty()) return {""};
  std::vector<std::string> matches;
  for (const auto& protocol : protocols) {
    if (traffic.ports.empty()) matches.push_back(fmt::format(" -p {}", protocol));
    for (std::size_t i = 0; i < traffic.ports.size(); i += ports_per_rule) {
      const auto end = std::min(traffic.ports.size(), i + ports_per_rule);
      matches.push_back(
          fmt::format(" -p {} -m multiport --{} {}", protocol, option,
                      fmt::join(traffic.ports.begin() + static_cast<std::ptrdiff_t>(i),
                                traffic.ports.begin() + static_cast<std::ptrdiff_t>(end), ",")));
    }
  }
  return matches;
}

/// Which interface the packets come from (`-i`) or leave by (`-o`). Without ports only the
/// direction of the connection tells a request from its answer on loopback, where one host receives
/// both.
std::string place_match(const Traffic& traffic, const std::string& host, char option) {
  if (!traffic.interface.empty()) return fmt::format(" -{} {}", option, traffic.interface);
  if (!traffic.ports.empty() || !traffic.cgroup.empty()) return "";
  if (is_loopback(host)) return fmt::format(" -{} lo", option);
  return fmt::format(" ! -{} lo", option);
}
bool on_loopback_only(const Traffic& traffic, const std::string& host) {
  return traffic.interface == "lo" || is_loopback(host);
}

/// The matches of received packets: what goes to the queue.
void add_received(std::vector<std::string>& lines, const Traffic& traffic, Family family,
                  std::uint32_t mark, const std::string& prefix, const std::string& verdict) {
  auto hosts = hosts_of(traffic, family);
  if (hosts.empty() && !traffic.hosts.empty()) return;
  if (hosts.empty()) hosts.emplace_back();
  const bool client = traffic.side == Side::Client;
  for (const auto& host : hosts)
    for (const auto& service : service_matches(traffic, client ? "sports" : "dports")) {
      std::string match = place_match(traffic, host, 'i');
      if (!host.empty()) match += " -s " + host;
      match += service;
      if (!traffic.cgroup.empty()) match += fmt::format(" -m connmark --mark {0:#x}/{0:#x}", mark);
      if (!traffic.cgroup.empty() || (traffic.ports.empty() && on_loopback_only(traffic, host)))
        match += fmt::format(" -m conntrack --ctdir {}", client ? "REPLY" : "ORIGINAL");
      lines.push_back(prefix + match + verdict);
    }
}

/// The matches of sent packets: which connections of the cgroup get the mark.
void add_sent(std::vector<std::string>& lines, const Traffic& traffic, Family family,
              std::uint32_t mark, const std::string& chain) {
  auto hosts = hosts_of(traffic, family);
  if (traffic.cgroup.empty() || (hosts.empty() && !traffic.hosts.empty())) return;
  if (hosts.empty()) hosts.emplace_back();
  const auto path =
      traffic.cgroup.substr(std::min(traffic.cgroup.find_first_not_of('/'), traffic.cgroup.size()));
  for (const auto& host : hosts)
    for (const auto& service : service_matches(traffic, "dports"))
      lines.push_back(fmt::format(
          "-A {}{}{}{} -m cgroup --path \"{}\" -m conntrack --ctdir ORIGINAL -j CONNMARK "
          "--set-xmark {:#x}/{:#x}",
          chain, place_match(traffic, host, 'o'), host.empty() ? "" : " -d " + host, service, path,
          mark, mark));
}

std::string jump(const std::string& base, const Tag& tag, const std::string& chain) {
  return fmt::format("-A {} -m comment --comment \"{}\" -j {}", base, tag.text, chain);
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

bool needs_mark(const Rule& rule) {
  return std::any_of(rule.traffic.begin(), rule.traffic.end(),
                     [](const Traffic& t) { return !t.cgroup.empty(); });
}
std::string output_chain(const Tag& tag) { return tag.text + "-o"; }

std::optional<std::string> restore_input(const Rule& rule, const Tag& tag, Family family,
                                         std::uint32_t mark, const Made& made, bool has_jumps) {
  std::vector<std::string> received, sent;
  const std::string verdict = fmt::format(" -j NFQUEUE --queue-num {} --queue-bypass", rule.queue);
  for (const auto& traffic : rule.traffic) {
    add_received(received, traffic, family, mark, "-A " + tag.text, verdict);
    add_sent(sent, traffic, family, mark, output_chain(tag));
  }
  if (received.empty()) return std::nullopt;
  if (const std::string what = print(made); !what.empty())
    received.front().insert(received.front().rfind(" -j "),
                            fmt::format(" -m comment --comment \"made:{}\"", what));
  // Declaring a chain also empties it, if it is there.
  std::vector<std::string> lines{"*mangle", fmt::format(":{} - [0:0]", tag.text)};
  if (needs_mark(rule)) lines.push_back(fmt::format(":{} - [0:0]", output_chain(tag)));
  lines.insert(lines.end(), received.begin(), received.end());
  lines.insert(lines.end(), sent.begin(), sent.end());
  if (!has_jumps) {
    lines.push_back(jump("INPUT", tag, tag.text));
    if (needs_mark(rule)) lines.push_back(jump("OUTPUT", tag, output_chain(tag)));
  }
  lines.emplace_back("COMMIT");
  return fmt::format("{}\n", fmt::join(lines, "\n"));
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

std::vector<std::string> planned_actions(const Rule& rule, const Tag& tag) {
  if (rule.backend == Backend::Netem) {
    std::vector<std::string> texts;
    for (const auto& command : netem_add_commands(rule, tag)) texts.push_back(spelled(command));
    return texts;
  }
  std::vector<std::string> texts;
  // A bit that is free on this host is looked for when the rule is made; shown is the first choice.
  for (const Family family : {Family::V4, Family::V6})
    if (auto input = restore_input(rule, tag, family, 0x80000000u, {}, false))
      texts.push_back(spelled(restore_command(family, *input)));
  return texts;
}

std::vector<std::string> planned_undo(const Rule& rule, const Tag& tag) {
  std::vector<std::string> texts;
  if (rule.backend == Backend::Netem) {
    for (const auto& command : netem_remove_commands(rule, tag)) texts.push_back(spelled(command));
    return texts;
  }
  for (const Family family : {Family::V4, Family::V6}) {
    if (!restore_input(rule, tag, family, 1, {}, false)) continue;
    std::string input =
        fmt::format("*mangle\n-D INPUT -m comment --comment \"{0}\" -j {0}\n", tag.text);
    if (needs_mark(rule))
      input += fmt::format("-D OUTPUT -m comment --comment \"{0}\" -j {0}-o\n", tag.text);
    input += fmt::format("-F {0}\n-X {0}\n", tag.text);
    if (needs_mark(rule)) input += fmt::format("-F {0}-o\n-X {0}-o\n", tag.text);
    texts.push_back(spelled(restore_command(family, input + "COMMIT\n")));
  }
  if (needs_mark(rule))
    texts.emplace_back("clear the mark's bit from connections that still have it");
  return texts;
}

}  // namespace gunflint
