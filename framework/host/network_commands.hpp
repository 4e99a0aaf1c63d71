#pragma once
/// Rules as the exact commands that make them: pure functions. Everything is one transaction per
/// address family (`iptables-restore --noflush`), so that a rule is there or it is not.
///
///     mangle INPUT  -> gf-<tag>    -> NFQUEUE (with --queue-bypass: packets pass without a holder)
///     mangle OUTPUT -> gf-<tag>-o  -> CONNMARK, only for connections of a cgroup
///
/// The jumps carry the tag as their comment; the first rule of gf-<tag> carries "made:<what>":
/// which of table (t), base chain INPUT (I) and OUTPUT (O) did not exist before, so that any later
/// process can undo exactly that.

#include <optional>
#include <string>
#include <vector>

#include "gunflint/host/host.hpp"

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

/// The family's part of the rule as input for `iptables-restore --noflush`; nothing when no packet
/// of this family can match. `mark`: the connection mark's bit, needed when the rule has a cgroup.
/// `has_jumps`: the jumps are there already (a change of the rule).
std::optional<std::string> restore_input(const Rule& rule, const Tag& tag, Family family,
                                         std::uint32_t mark, const Made& made, bool has_jumps);
Command restore_command(Family family, std::string input);
Command save_command(Family family, bool counters);
/// Deleting a chain that is not empty is refused by the kernel.
Command delete_base_chain_command(Family family, const std::string& chain);
Command delete_table_command(Family family);

/// True when the rule marks connections.
bool needs_mark(const Rule& rule);
std::string output_chain(const Tag& tag);

/// As a person reads it: the argv, and the lines of its input.
std::string spelled(const Command& command);
/// What add would run on a host without other rules, one text per command: for `plan`.
std::vector<std::string> planned_actions(const Rule& rule, const Tag& tag);
std::vector<std::string> planned_undo(const Rule& rule, const Tag& tag);

}  // namespace gunflint
