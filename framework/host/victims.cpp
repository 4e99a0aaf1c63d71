#include "gunflint/host/victims.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include <fmt/format.h>

#include "host/process_table.hpp"

namespace gunflint {
namespace {

constexpr double no_limit = std::numeric_limits<double>::infinity();

std::string_view bare(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return text;
}

/// The first number; `max`, `-1` and nothing are no limit. Of `quota period` (cpu.max) the share.
double amount(std::string_view text) {
  double value = 0, period = 0;
  const auto* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, value);
  if (first.ec != std::errc() || value < 0) return no_limit;
  if (first.ptr != end && *first.ptr == ' ' &&
      std::from_chars(first.ptr + 1, end, period).ec == std::errc() && period > 0)
    return value / period;
  return value;
}

/// How many processors `0-3,7` names; all of them when it names none (v2: as the parent has).
double processors(std::string_view list) {
  if (list.empty()) return no_limit;
  double count = 0;
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    const auto item = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    const auto dash = item.find('-');
    const double first = amount(item.substr(0, dash));
    const double last = dash == item.npos ? first : amount(item.substr(dash + 1));
    count += last - first + 1;
  }
  return count;
}

}  // namespace

Result<void> refuse_ours(const ProcessInfo& process) {
  ProcessStat stat;
  stat.pid = process.id.pid;
  stat.name = process.name;
  const std::string why = protected_because(stat);
  if (why.empty()) return {};
  return fail(Cause::NotPermitted, fmt::format("process {} ({}) is never a victim: {}; select "
                                               "another one",
                                               stat.pid, stat.name, why));
}

bool takes_away(std::string_view file, std::string_view now, std::string_view text) {
  now = bare(now), text = bare(text);
  if (file == "cgroup.freeze") return text != "0";
  if (file == "freezer.state") return text != "THAWED";
  // Says where things are counted or kept, not how much there is.
  if (file == "cgroup.subtree_control" || file == "cpuset.mems") return false;
  if (file == "cpuset.cpus") return processors(text) < processors(now);
  if (file == "cpu.cfs_period_us") return amount(text) > amount(now);
  for (const std::string_view end : {".max", ".high", ".weight", ".shares", "_quota_us", "_bytes"})
    if (file.ends_with(end)) return amount(text) < amount(now);
  return true;
}

bool is_own_group(std::string_view path) {
  const auto slash = path.rfind('/');
  const auto name = slash == path.npos ? path : path.substr(slash + 1);
  return name.starts_with("gf-") || name.starts_with("gunflint-");
}

}  // namespace gunflint
