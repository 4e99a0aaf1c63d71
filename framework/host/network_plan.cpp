#include "host/network_plan.hpp"

#include <fmt/format.h>

#include "host/network_netem.hpp"

namespace gunflint {
namespace {

struct After {
  TableState table;
  BaseState base;
};

/// The listing and the input are the same language.
After after(const FamilySeen& seen, const std::string& input, const Tag& tag) {
  After then{parse_save(seen.saved + "\n" + input), seen.base};
  then.base.table = true;
  for (const auto& jump : then.table.jumps[tag.text])
    (jump.base == "INPUT" ? then.base.input : then.base.output) = true;
  for (const auto& chain : {tag.text, output_chain(tag)})
    if (then.table.chains.contains(chain)) ++then.base.other_chains;
  return then;
}

/// RealNetwork::remove_made.
void take_chains(const After& then, const Tag& tag, Family family, std::vector<std::string>& out) {
  const auto made = then.table.made.find(tag.text);
  const auto jumps = then.table.jumps.find(tag.text);
  auto emptied = [&](const std::string& chain) {
    const auto all = then.table.rules.find(chain);
    if (all == then.table.rules.end()) return true;
    int ours = 0;
    if (jumps != then.table.jumps.end())
      for (const auto& jump : jumps->second) ours += jump.base == chain ? 1 : 0;
    return all->second == ours;
  };
  if (made != then.table.made.end()) {
    if (made->second.input && then.base.input && emptied("INPUT"))
      out.push_back(spelled(delete_base_chain_command(family, "INPUT")));
    if (made->second.output && then.base.output && emptied("OUTPUT"))
      out.push_back(spelled(delete_base_chain_command(family, "OUTPUT")));
  }
  out.push_back(spelled(restore_command(family, remove_chains_input(then.table, tag))));
}

std::vector<std::string> undo(const std::map<Family, After>& families, const Tag& tag) {
  std::string lines;
  bool at_once = !families.empty();
  for (const auto& [family, then] : families) {
    const std::string own = remove_at_once(then.table, then.base, tag, family);
    at_once &= !own.empty();
    lines += own;
  }
  if (at_once) {
    std::vector<std::string> texts{spelled(nft_command(lines))};
    if (lines.find("delete table") != std::string::npos)
      texts.push_back(
          "(the table is made by this; if somebody else's rules are in it by then, only ours go)");
    return texts;
  }
  std::vector<std::string> texts;
  std::uint32_t mark = 0;
  for (const auto& [family, then] : families) {
    if (const auto own = then.table.tracked.find(tag.text); own != then.table.tracked.end())
      mark = own->second;
    texts.push_back(spelled(restore_command(family, unjump_input(then.table, tag))));
  }
  if (mark != 0)
    texts.push_back(fmt::format("(netlink) clear the bit {:#x} of every tracked connection", mark));
  for (const auto& [family, then] : families) take_chains(then, tag, family, texts);
  return texts;
}

}  // namespace

PlannedRule plan_rule(const Rule& rule, const Tag& tag, const Selection& selection,
                      std::map<Family, FamilySeen> families) {
  PlannedRule planned;
  if (rule.backend == Backend::Netem) {
    for (const auto& command : netem_add_commands(rule, tag))
      planned.actions.push_back(spelled(command));
    for (const auto& command : netem_remove_commands(rule, tag))
      planned.undo.push_back(spelled(command));
    return planned;
  }
  if (families.empty()) families = {{Family::V4, {}}, {Family::V6, {}}};
  std::map<Family, After> then;
  for (const auto& [family, seen] : families) {
    Made made = made_by_us(seen.base, parse_save(seen.saved));
    if (!needs_mark(rule)) made.output = false;
    const auto input = restore_input(rule, tag, family, selection, made, {});
    if (!input) continue;
    planned.actions.push_back(spelled(restore_command(family, *input)));
    then.emplace(family, after(seen, *input, tag));
  }
  if (selection.tracked)
    planned.actions.push_back(fmt::format("(netlink) set the bit {:#x} of {} open connections",
                                          selection.mark, selection.open.size()));
  planned.undo = undo(then, tag);
  return planned;
}

}  // namespace gunflint
