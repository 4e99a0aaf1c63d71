#pragma once
/// What a host's rules are now: pure readers of the output of `iptables-save` and `nft -j`, and the
/// commands that take one tag away.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "host/network_commands.hpp"

namespace gunflint {

/// One address family's mangle table, as far as this program is concerned.
struct TableState {
  struct Jump {
    std::string base;  ///< "INPUT" or "OUTPUT"
    std::string rule;  ///< as printed, without "-A "
  };
  std::map<std::string, std::vector<Jump>> jumps;  ///< by tag
  std::set<std::string> chains;                    ///< all that begin with "gf-"
  std::map<std::string, std::uint32_t> marks;      ///< by tag: the bit that its rules set
  std::map<std::string, std::uint32_t> tracked;  ///< by tag: the bit on connections, if it is used
  std::map<std::string, Made> made;              ///< by tag
  std::map<std::string, int> rules;              ///< how many, by base chain
  std::map<std::string, Matched> matched;        ///< by tag: sum of its queue rules (with -c)
  std::uint32_t used_marks = 0;                  ///< every bit that any rule of the table mentions
};
TableState parse_save(std::string_view text);

/// Every bit of every mark mentioned in a listing of rules (iptables-save or nft).
std::uint32_t mentioned_marks(std::string_view text);
/// The highest bit that is not used; 0 when all 32 are.
std::uint32_t free_mark(std::uint32_t used);

/// The mangle table and its base chains, from `nft -j list chains` and `nft -j list tables`.
struct BaseState {
  bool table = false, input = false, output = false;
  std::size_t other_chains = 0;  ///< chains that are neither INPUT nor OUTPUT
};
Result<BaseState> parse_base(const std::string& tables_json, const std::string& chains_json,
                             Family family);

/// What the rule of a new tag must say: what does not exist now, or what an injection
/// that is still in force has made.
Made made_by_us(const BaseState& before, const TableState& table);

/// Input for `iptables-restore --noflush`; empty when there is nothing to do. The jumps go first,
/// so that marks and base chains can be undone while the chains still say which they were.
std::string unjump_input(const TableState& table, const Tag& tag);
std::string remove_chains_input(const TableState& table, const Tag& tag);

/// True when anything of this tag is in the table.
bool has_ours(const TableState& table, const Tag& tag);
/// The lines of one nft transaction that takes everything of the tag away at once, its base chains
/// and the table included. Empty when that would take more than ours (somebody else's rules are in
/// the same base chain), or less (a connection mark has to be cleared between two steps).
std::string remove_at_once(const TableState& table, const BaseState& base, const Tag& tag,
                           Family family);

}  // namespace gunflint
