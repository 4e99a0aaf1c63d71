#include "host/network_real.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <map>

#include <fmt/format.h>

#include "gunflint/base/value.hpp"
#include "host/fd.hpp"
#include "host/launch.hpp"
#include "host/network_commands.hpp"
#include "host/network_conntrack.hpp"
#include "host/network_names.hpp"
#include "host/network_netem.hpp"
#include "host/network_plan.hpp"
#include "host/network_state.hpp"

namespace gunflint {
namespace {

/// Two documents, a line each (list_base_command).
Result<BaseState> parse_listing(const std::string& text, Family family) {
  const auto line = std::min(text.find('\n'), text.size());
  return parse_base(text.substr(0, line), text.substr(line), family);
}

class RealNetwork final : public Network, public RulePlanner {
 public:
  explicit RealNetwork(Processes& processes) : processes_(processes) {}

  Result<void> add(const Rule& rule, const Tag& tag) override {
    return rule.backend == Backend::Netem ? add_netem(rule, tag) : add_queue(rule, tag);
  }
  Result<void> remove(const Tag& tag) override {
    // One of the two cannot keep the other in force.
    const auto queue = remove_queue(tag);
    GF_TRY(remove_netem(tag));
    return queue;
  }
  Result<bool> present(const Tag& tag) override;
  Result<Matched> matched(const Tag& tag) override;
  Result<std::vector<std::string>> resolve(const std::string& name) override {
    return resolve_name(processes_, name);
  }
  Result<std::vector<std::string>> interfaces(const std::vector<std::string>& hosts) override {
    return interfaces_towards(processes_, hosts);
  }
  Result<PlannedRule> plan(const Rule& rule, const Tag& tag) override;
  Result<bool> reaches(int pid) override;

 private:
  Result<std::string> run(const Command& command);
  Result<TableState> look(Family family, bool counters = false);
  Result<BaseState> look_at_base(Family family);
  std::vector<Family> families() const;

  Result<void> add_queue(const Rule& rule, const Tag& tag);
  Result<void> add_family(const Rule& rule, const Tag& tag, Family family,
                          const Selection& selection, bool& any);
  Result<Selection> select(const Rule& rule, const Tag& tag);
  Result<std::uint32_t> choose_mark(const Tag& tag);
  static std::vector<Flow> open_connections(const Rule& rule);
  Result<void> remove_queue(const Tag& tag);
  bool removed_at_once(const std::map<Family, TableState>& tables, const Tag& tag);
  Result<void> remove_in_steps(const std::map<Family, TableState>& tables, const Tag& tag);
  Result<void> remove_made(Family family, const Tag& tag);

  Result<NetemSeen> look_at_netem(const Tag& tag);
  Result<void> add_netem(const Rule& rule, const Tag& tag);
  Result<void> remove_netem(const Tag& tag);

  Processes& processes_;
};

Result<std::string> RealNetwork::run(const Command& command) {
  GF_TRY_AS(Exit exit, processes_.run(command));
  if (exit.code == 0) return std::move(exit.out);
  while (!exit.err.empty() && exit.err.back() == '\n') exit.err.pop_back();
  const bool forbidden = exit.err.find("ermission denied") != std::string::npos ||
                         exit.err.find("not permitted") != std::string::npos;
  return fail(forbidden ? Cause::NotPermitted : Cause::Io,
              fmt::format("`{}` failed: {}; {}", fmt::join(command.argv, " "),
                          exit.err.empty() ? fmt::format("exit code {}", exit.code) : exit.err,
                          forbidden ? "it needs root or CAP_NET_ADMIN"
                                    : "see `gunflint doctor` for what this host lacks"));
}

/// A host without IPv6 has no packets of it, and ip6tables would load a module to say so.
std::vector<Family> RealNetwork::families() const {
  if (::access("/proc/self/net/if_inet6", R_OK) == 0) return {Family::V4, Family::V6};
  return {Family::V4};
}

Result<TableState> RealNetwork::look(Family family, bool counters) {
  GF_TRY_AS(const std::string text, run(save_command(family, counters)));
  return parse_save(text);
}

/// Without nft, or with the old iptables whose tables are part of the kernel, nothing beyond our
/// own chains is made, as far as anybody could tell; so nothing more is removed.
Result<BaseState> RealNetwork::look_at_base(Family family) {
  const BaseState unknown{true, true, true, 0};
  auto version = processes_.run({.argv = {iptables_name(family), "-V"}});
  if (!version || version->out.find("nf_tables") == std::string::npos) return unknown;
  const auto text = run(list_base_command());
  return text ? parse_listing(*text, family) : unknown;
}

Result<std::uint32_t> RealNetwork::choose_mark(const Tag& tag) {
  std::uint32_t used = 0;
  for (const Family family : families()) {
    GF_TRY_AS(const TableState table, look(family));
    if (const auto own = table.marks.find(tag.text); own != table.marks.end()) return own->second;
    GF_TRY_AS(const std::string all, run({.argv = {iptables_name(family) + "-save"}}));
    used |= mentioned_marks(all);
  }
  if (auto rules = processes_.run({.argv = {"ip", "rule"}}); rules && rules->code == 0)
    used |= mentioned_marks(rules->out);
  // Rules that iptables does not show; without nft there are none.
  if (auto rules = processes_.run({.argv = {"nft", "list", "ruleset"}}); rules && rules->code == 0)
    used |= mentioned_marks(rules->out);
  while (const std::uint32_t bit = free_mark(used)) {
    GF_TRY_AS(const bool in_use, connection_mark_in_use(bit));
    if (!in_use) return bit;
    used |= bit;
  }
  return fail(Cause::Conflict,
              "every bit of the connection mark is used on this host, so one process's connections "
              "cannot be told from others; select by ports instead (`to: {ports: [..]}` on a "
              "target that is the host)");
}

Result<Selection> RealNetwork::select(const Rule& rule, const Tag& tag) {
  Selection chosen;
  if (!needs_mark(rule)) return chosen;
  for (const char* name : {"ip_early_demux", "tcp_early_demux"})
    if (read_text_file(std::string("/proc/sys/net/ipv4/") + name).value_or("1").starts_with('0'))
      return fail(Cause::Unsupported,
                  fmt::format("net.ipv4.{} is off, so the kernel learns too late whose a received "
                              "packet is; switch it on, or select by ports on a target that is the "
                              "host",
                              name));
  GF_TRY_AS(chosen.mark, choose_mark(tag));
  chosen.open = open_connections(rule);
  chosen.tracked =
      open_matches(chosen.open, Family::V4).size() + open_matches(chosen.open, Family::V6).size() >
      most_open_rules;
  return chosen;
}

Result<void> RealNetwork::add_queue(const Rule& rule, const Tag& tag) {
  GF_TRY_AS(const Selection chosen, select(rule, tag));
  bool any = false;
  for (const Family family : families()) GF_TRY(add_family(rule, tag, family, chosen, any));
  if (!any)
    return fail(Cause::BadInput,
                "no packet of this host can match the rule: all its hosts are IPv6 addresses, and "
                "this host has no IPv6; name IPv4 hosts");
  return chosen.tracked ? mark_connections(chosen.open, chosen.mark) : Result<void>();
}

Result<void> RealNetwork::add_family(const Rule& rule, const Tag& tag, Family family,
                                     const Selection& selection, bool& any) {
  GF_TRY_AS(const TableState table, look(family));
  GF_TRY_AS(const BaseState base, look_at_base(family));
  Made made = made_by_us(base, table);
  if (!needs_mark(rule))
    made.output = table.made.contains(tag.text) && table.made.at(tag.text).output;
  std::vector<std::string> old;
  if (const auto jumps = table.jumps.find(tag.text); jumps != table.jumps.end())
    for (const auto& jump : jumps->second) old.push_back(jump.rule);
  const auto input = restore_input(rule, tag, family, selection, made, old);
  any |= input.has_value();
  // Before, packets of this family matched; now none can.
  const std::string text = input ? *input : unjump_input(table, tag);
  if (text.empty()) return {};
  return run(restore_command(family, text)).map([](const std::string&) {});
}

std::vector<Flow> RealNetwork::open_connections(const Rule& rule) {
  std::vector<Flow> flows;
  for (const auto& traffic : rule.traffic)
    for (const int pid : traffic.processes) {
      const auto inodes = sockets_held_by(pid);
      const std::string folder = fmt::format("/proc/{}/net/", pid);
      // A process that has ended meanwhile has no connections.
      const std::string v4 = read_text_file(folder + "tcp", 64u << 20).value_or("");
      const std::string v6 = read_text_file(folder + "tcp6", 64u << 20).value_or("");
      auto listening = parse_listening(v4, inodes);
      const auto more = parse_listening(v6, inodes);
      listening.insert(listening.end(), more.begin(), more.end());
      auto all = parse_connections(v4, false, inodes, listening);
      for (const auto& flow : parse_connections(v6, true, inodes, listening)) all.push_back(flow);
      for (const auto& flow : all)
        if (matches(flow, traffic.hosts, traffic.ports)) flows.push_back(flow);
    }
  return flows;
}

Result<void> RealNetwork::remove_queue(const Tag& tag) {
  std::map<Family, TableState> tables;
  for (const Family family : families()) {
    auto table = look(family);
    // A host without iptables has nothing of ours.
    if (!table && is_absent(table.error())) return {};
    if (!table) return fail(std::move(table).error());
    if (has_ours(*table, tag)) tables.emplace(family, std::move(*table));
  }
  if (tables.empty() || removed_at_once(tables, tag)) return {};
  return remove_in_steps(tables, tag);
}

/// Programs are what an undo takes its time for: two instead of up to a dozen, where nobody else
/// uses what was made. False: nothing was done.
bool RealNetwork::removed_at_once(const std::map<Family, TableState>& tables, const Tag& tag) {
  for (const auto& [family, table] : tables)
    if (!table.made.contains(tag.text)) return false;  // then nft was not there, or not needed
  const auto seen = run(list_base_command());
  std::string lines;
  for (const auto& [family, table] : tables) {
    const auto base = seen ? parse_listing(*seen, family) : Result<BaseState>(fail(seen.error()));
    const std::string own = base ? remove_at_once(table, *base, tag, family) : "";
    if (own.empty()) return false;
    lines += own;
  }
  return run(nft_command(lines)).has_value();
}

Result<void> RealNetwork::remove_in_steps(const std::map<Family, TableState>& tables,
                                          const Tag& tag) {
  std::uint32_t mark = 0;
  for (const auto& [family, table] : tables) {
    if (const auto own = table.tracked.find(tag.text); own != table.tracked.end())
      mark = own->second;
    if (const std::string input = unjump_input(table, tag); !input.empty())
      GF_TRY(run(restore_command(family, input)));
  }
  if (mark != 0) {
    GF_TRY(clear_connection_mark(mark));
  }
  for (const auto& [family, table] : tables) GF_TRY(remove_made(family, tag));
  return {};
}

/// The base chains that we made and nobody uses, then our chains; and the table, together with our
/// chains in one step, when nothing else is in it.
Result<void> RealNetwork::remove_made(Family family, const Tag& tag) {
  GF_TRY_AS(const TableState table, look(family));
  if (!table.chains.contains(tag.text) && !table.chains.contains(output_chain(tag))) return {};
  const auto made = table.made.find(tag.text);
  auto empty = [&](const std::string& chain) { return !table.rules.contains(chain); };
  if (made != table.made.end()) {
    GF_TRY_AS(BaseState base, look_at_base(family));
    if (made->second.input && base.input && empty("INPUT")) {
      GF_TRY(run(delete_base_chain_command(family, "INPUT")));
      base.input = false;
    }
    if (made->second.output && base.output && empty("OUTPUT")) {
      GF_TRY(run(delete_base_chain_command(family, "OUTPUT")));
      base.output = false;
    }
    const std::size_t ours = (table.chains.contains(tag.text) ? 1 : 0) +
                             (table.chains.contains(output_chain(tag)) ? 1 : 0);
    if (made->second.table && base.table && !base.input && !base.output &&
        base.other_chains == ours)
      return run(delete_table_command(family)).map([](const std::string&) {});
  }
  return run(restore_command(family, remove_chains_input(table, tag))).map([](const std::string&) {
  });
}

Result<bool> RealNetwork::present(const Tag& tag) {
  for (const Family family : families()) {
    auto table = look(family);
    if (!table && is_absent(table.error())) break;
    if (!table) return fail(std::move(table).error());
    if (has_ours(*table, tag)) return true;
  }
  GF_TRY_AS(const NetemSeen netem, look_at_netem(tag));
  return !netem.ours.empty();
}

Result<Matched> RealNetwork::matched(const Tag& tag) {
  bool found = false;
  Matched sum;
  for (const Family family : families()) {
    auto table = look(family, true);
    if (!table && is_absent(table.error())) break;
    if (!table) return fail(std::move(table).error());
    if (!table->jumps.contains(tag.text)) continue;
    found = true;
    sum.packets += table->matched[tag.text].packets;
    sum.bytes += table->matched[tag.text].bytes;
  }
  if (found) return sum;
  GF_TRY_AS(const NetemSeen netem, look_at_netem(tag));
  if (netem.ours.empty())
    return fail(Cause::Gone, "no rule of this host carries " + tag.text +
                                 "; somebody removed it, or the firewall was loaded anew");
  return netem.matched;
}

Result<NetemSeen> RealNetwork::look_at_netem(const Tag& tag) {
  auto shown = run(netem_show_command());
  if (!shown && is_absent(shown.error())) return NetemSeen{};
  if (!shown) return fail(std::move(shown).error());
  return parse_netem(*shown, tag);
}

Result<void> RealNetwork::add_netem(const Rule& rule, const Tag& tag) {
  GF_TRY(remove_netem(tag));
  GF_TRY_AS(const NetemSeen seen, look_at_netem(tag));
  for (const auto& interface : netem_interfaces(rule))
    for (const auto& foreign : seen.foreign)
      if (interface == foreign)
        return fail(Cause::Conflict,
                    fmt::format("{} has a queueing discipline of its own, which netem would "
                                "replace; use `backend: nfqueue`",
                                interface));
  for (const auto& command : netem_add_commands(rule, tag))
    if (auto done = run(command); !done) {
      (void)remove_netem(tag);
      return fail(std::move(done).error());
    }
  return {};
}

Result<void> RealNetwork::remove_netem(const Tag& tag) {
  GF_TRY_AS(const NetemSeen seen, look_at_netem(tag));
  for (const auto& interface : seen.ours) GF_TRY(run(netem_remove_command(interface, tag)));
  return {};
}

Result<PlannedRule> RealNetwork::plan(const Rule& rule, const Tag& tag) {
  std::map<Family, FamilySeen> seen;
  if (rule.backend == Backend::Netem) return plan_rule(rule, tag, {}, {});
  // Without root the rules cannot be seen; the plan is then that of a host without any.
  for (const Family family : families()) {
    auto saved = run(save_command(family, false));
    auto base = saved ? look_at_base(family) : Result<BaseState>(fail(saved.error()));
    if (!base) return plan_rule(rule, tag, {}, {});
    seen.emplace(family, FamilySeen{std::move(*saved), *base});
  }
  GF_TRY_AS(const Selection chosen, select(rule, tag));
  return plan_rule(rule, tag, chosen, std::move(seen));
}

Result<bool> RealNetwork::reaches(int pid) {
  struct stat own {
  }, other{};
  if (::stat("/proc/self/ns/net", &own) != 0) return fail_errno(errno, "look at our own network");
  const std::string path = fmt::format("/proc/{}/ns/net", pid);
  if (::stat(path.c_str(), &other) != 0) return fail_errno(errno, "look at " + path);
  return own.st_ino == other.st_ino && own.st_dev == other.st_dev;
}

}  // namespace

std::unique_ptr<Network> make_real_network(Processes& processes) {
  return std::make_unique<RealNetwork>(processes);
}

}  // namespace gunflint
