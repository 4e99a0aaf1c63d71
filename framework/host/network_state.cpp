#include "host/network_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "gunflint/base/value.hpp"

namespace gunflint {
namespace {

constexpr std::string_view ours = "gf-";

std::string_view next_word(std::string_view& text) {
  const auto begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return text = {};
  auto end = text.find(' ', begin);
  if (end == std::string_view::npos) end = text.size();
  const auto word = text.substr(begin, end - begin);
  text.remove_prefix(end);
  return word;
}

/// The word after `option`.
std::string_view value_of(std::string_view rule, std::string_view option) {
  while (!rule.empty())
    if (next_word(rule) == option) return next_word(rule);
  return {};
}

std::uint32_t parse_number(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x")) {
    text.remove_prefix(2);
    base = 16;
  }
  std::uint32_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number, base);
  return number;
}

/// "gf-abc-o" belongs to tag "gf-abc".
std::string tag_of_chain(std::string_view chain) {
  if (chain.ends_with("-o")) chain.remove_suffix(2);
  return std::string(chain);
}

/// "[12:840] -A …" -> the counters, and the rest.
Matched take_counters(std::string_view& line) {
  Matched matched;
  if (!line.starts_with('[')) return matched;
  const auto colon = line.find(':'), end = line.find(']');
  if (colon == std::string_view::npos || end == std::string_view::npos) return matched;
  std::from_chars(line.data() + 1, line.data() + colon, matched.packets);
  std::from_chars(line.data() + colon + 1, line.data() + end, matched.bytes);
  line.remove_prefix(std::min(line.size(), end + 2));
  return matched;
}

/// The text of a rule's comment, which is in quotes when it has a space.
std::string_view comment_of(std::string_view rule) {
  const std::string_view option = "--comment ";
  const auto at = rule.find(option);
  if (at == std::string_view::npos) return {};
  auto text = rule.substr(at + option.size());
  const bool quoted = text.starts_with('"');
  if (quoted) text.remove_prefix(1);
  return text.substr(0, text.find(quoted ? '"' : ' '));
}

void take_rule(TableState& table, std::string_view line, const Matched& counters) {
  const std::string_view rule = line.substr(3);  // "-A "
  std::string_view rest = rule;
  const std::string base(next_word(rest));
  ++table.rules[base];
  const auto comment = comment_of(rule);
  const auto target = value_of(rest, "-j"), mark_value = value_of(rest, "--mark");
  if (!base.starts_with(ours)) {
    if (!target.starts_with(ours)) return;
    const std::string tag = tag_of_chain(target);
    table.jumps[tag].push_back({base, std::string(rule)});
    if (rule.find(" -m connmark ") != std::string_view::npos)
      table.tracked[tag] = parse_number(mark_value.substr(0, mark_value.find('/')));
    return;
  }
  const std::string tag = tag_of_chain(base);
  if (comment.starts_with("made:")) table.made[tag] = parse_made(comment.substr(5));
  if (const auto mark = value_of(rest, "--set-xmark"); !mark.empty())
    table.marks[tag] = parse_number(mark.substr(0, mark.find('/')));
  if (target == "NFQUEUE") {
    table.matched[tag].packets += counters.packets;
    table.matched[tag].bytes += counters.bytes;
  }
}

}  // namespace

TableState parse_save(std::string_view text) {
  TableState table;
  table.used_marks = mentioned_marks(text);
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + 1));
    if (line.starts_with(':')) {
      std::string_view rest = line.substr(1);
      const auto chain = next_word(rest);
      if (chain.starts_with(ours)) table.chains.emplace(chain);
      continue;
    }
    const Matched counters = take_counters(line);
    if (line.starts_with("-A ")) take_rule(table, line, counters);
  }
  return table;
}

std::uint32_t mentioned_marks(std::string_view text) {
  // Every number of a line that speaks of a mark counts: too many is safe, too few is not.
  std::uint32_t used = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + 1));
    if (line.find("mark") == std::string_view::npos && line.find("MARK") == std::string_view::npos)
      continue;
    for (std::size_t i = 0; i < line.size();) {
      const auto stop = std::min(line.find_first_of(" /,;", i), line.size());
      const auto word = line.substr(i, stop - i);
      if (!word.empty() && word[0] >= '0' && word[0] <= '9') used |= parse_number(word);
      i = stop + 1;
    }
  }
  return used;
}

std::uint32_t free_mark(std::uint32_t used) {
  for (std::uint32_t bit = 0x80000000u; bit != 0; bit >>= 1)
    if ((used & bit) == 0) return bit;
  return 0;
}

Result<BaseState> parse_base(const std::string& tables_json, const std::string& chains_json,
                             Family family) {
  GF_TRY_AS(const Value tables, parse_json(tables_json));
  GF_TRY_AS(const Value chains, parse_json(chains_json));
  BaseState base;
  auto each = [&](const Value& document, std::string_view kind, auto&& use) {
    const Value* list = document.find("nftables");
    if (list == nullptr || !list->is_list()) return;
    for (const auto& item : list->items())
      if (const Value* found = item.find(kind);
          found != nullptr && found->text_or("family") == nft_family(family))
        use(*found);
  };
  each(tables, "table", [&](const Value& v) { base.table |= v.text_or("name") == "mangle"; });
  each(chains, "chain", [&](const Value& v) {
    if (v.text_or("table") != "mangle") return;
    const std::string name = v.text_or("name");
    if (name == "INPUT")
      base.input = true;
    else if (name == "OUTPUT")
      base.output = true;
    else
      ++base.other_chains;
  });
  return base;
}

Made made_by_us(const BaseState& before, const TableState& table) {
  Made made{!before.table, !before.input, !before.output};
  for (const auto& [tag, earlier] : table.made) {
    made.table |= earlier.table;
    made.input |= earlier.input;
    made.output |= earlier.output;
  }
  return made;
}

std::string unjump_input(const TableState& table, const Tag& tag) {
  const auto found = table.jumps.find(tag.text);
  if (found == table.jumps.end()) return {};
  std::string input = "*mangle\n";
  for (const auto& jump : found->second) input += fmt::format("-D {}\n", jump.rule);
  return input + "COMMIT\n";
}

std::string remove_chains_input(const TableState& table, const Tag& tag) {
  std::string flush, remove;
  for (const auto& chain : {tag.text, output_chain(tag)})
    if (table.chains.contains(chain)) {
      flush += fmt::format("-F {}\n", chain);
      remove += fmt::format("-X {}\n", chain);
    }
  return flush.empty() ? "" : "*mangle\n" + flush + remove + "COMMIT\n";
}

bool has_ours(const TableState& table, const Tag& tag) {
  return table.jumps.contains(tag.text) || table.chains.contains(tag.text) ||
         table.chains.contains(output_chain(tag));
}

std::string remove_at_once(const TableState& table, const BaseState& base, const Tag& tag,
                           Family family) {
  const auto made = table.made.find(tag.text);
  if (made == table.made.end() || table.tracked.contains(tag.text)) return {};
  const auto jumps = table.jumps.find(tag.text);
  std::vector<std::string> chains;
  // A base chain goes with the jumps in it: it must be made for us, and hold nothing else.
  auto take_base = [&](const std::string& chain, bool by_us, bool there) {
    const auto ours = jumps == table.jumps.end()
                          ? 0
                          : std::count_if(jumps->second.begin(), jumps->second.end(),
                                          [&](const auto& jump) { return jump.base == chain; });
    const auto all = table.rules.find(chain);
    const bool only_ours = all == table.rules.end() || all->second == ours;
    if (by_us && there && only_ours) chains.push_back(chain);
    return ours == 0 || (by_us && there && only_ours);
  };
  if (!take_base("INPUT", made->second.input, base.input) ||
      !take_base("OUTPUT", made->second.output, base.output))
    return {};
  const std::size_t bases = chains.size();
  for (const auto& chain : {tag.text, output_chain(tag)})
    if (table.chains.contains(chain)) chains.push_back(chain);
  const bool whole_table = made->second.table && base.table &&
                           base.other_chains == chains.size() - bases &&
                           bases == (base.input ? 1u : 0u) + (base.output ? 1u : 0u);
  const std::string name = nft_family(family) + " mangle";
  if (whole_table) return "delete table " + name + "\n";
  std::string lines;
  for (const auto& chain : chains) lines += fmt::format("delete chain {} {}\n", name, chain);
  return lines;
}

}  // namespace gunflint
