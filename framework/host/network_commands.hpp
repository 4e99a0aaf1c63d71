#pragma once
/// Rules as the exact commands that make them: pure functions. Everything is one transaction per
/// address family (`iptables-restore --noflush`), so that a rule is there or it is not.
///
///     mangle INPUT  <which packets> -> <tag>    NFQUEUE (with --queue-bypass: packets pass without
///     a
///                                                holder)
///     mangle OUTPUT <which packets> -> <tag>-o  MARK, only for what a cgroup sends over loopback
///
/// What other packets pay for a rule is decided by the base chains, so the choice stands there
/// (docs/decisions/0008-what-others-pay.md).
///
/// A cgroup's packets are told without connection tracking, which would slow everybody's: what it
/// receives from other hosts by the socket that the kernel has found before INPUT (early demux),
/// and on loopback, where that does not happen, what it sends by a bit of the packet's mark.
///
/// The jumps carry the tag as the name of the chain they lead to; the rule in <tag> carries
/// "made:<what>": which of table (t), base chain INPUT (I) and OUTPUT (O) did not exist before, so
/// that any later process can undo exactly that.

#include <optional>
#include <string>
#include <vector>

#include "gunflint/host/host.hpp"
#include "host/network_conntrack.hpp"

namespace gunflint {

enum class Family { V4, V6 };
std::string iptables_name(Family family);  ///< "iptables", "ip6tables"
std::string nft_family(Family family);     ///< "ip", "ip6"

/// What this program made in the mangle table, beyond its own chains.
struct Made {
  bool table = false, input = false, output = false;
  bool operator==(const Made&) const = default;
};
std::string print(const Made& made);  ///< "tIO"
Made parse_made(std::string_view text);

/// What is chosen when the rule is made, from what the host has.
struct Selection {
  std::uint32_t mark = 0x80000000u;  ///< a free bit; needed when the rule has a cgroup
  std::vector<Flow> open = {};       ///< connections that the processes of the rule have open
  bool tracked = false;              ///< too many for rules: they are told by the connection mark
};
/// At most this many rules for open connections: each costs all other packets 30 ns, and connection
/// tracking 700 ns.
constexpr std::size_t most_open_rules = 16;
/// One match for up to 15 connections to the same service.
std::vector<std::string> open_matches(const std::vector<Flow>& flows, Family family);

/// The family's part of the rule as input for `iptables-restore --noflush`; nothing when no packet
/// of this family can match. `old_jumps`: those of the rule that this one replaces, as printed.
std::optional<std::string> restore_input(const Rule& rule, const Tag& tag, Family family,
                                         const Selection& selection, const Made& made,
                                         const std::vector<std::string>& old_jumps);
Command restore_command(Family family, std::string input);
Command save_command(Family family, bool counters);
/// All tables and base chains of both families: two documents, a line each.
Command list_base_command();
/// One transaction: all of it is done, or nothing.
Command nft_command(std::string lines);
Command delete_base_chain_command(Family family, const std::string& chain);
Command delete_table_command(Family family);

/// True when the rule needs a mark: it has a cgroup.
bool needs_mark(const Rule& rule);
std::string output_chain(const Tag& tag);

/// As a person reads it: the argv, and the lines of its input.
std::string spelled(const Command& command);

}  // namespace gunflint
