// What "0.5 cores", "256MiB" or "50% of current" is in the words of the kernel.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "limit/cgroup_limit.hpp"

namespace gunflint {
namespace {

std::string bare(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

/// The text of a group's file; empty where the kernel has no such file (at the root).
Result<std::string> text_of(Host& host, const std::string& controller, const std::string& group,
                            const std::string& file) {
  auto text = host.cgroups.read(controller, group, file);
  if (!text && text.error().cause == Cause::Gone) return std::string();
  if (!text) return fail(text.error());
  return bare(*text);
}

std::int64_t whole(const std::string& text, std::int64_t fallback) {
  std::int64_t number = fallback;
  (void)std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Result<FileChange> cpu_change(Host& host, const Setpoint& value, int version,
                              const std::string& group) {
  FileChange change{.controller = "cpu"};
  double quota = -1;
  std::int64_t period = 100000;
  if (version == 1) {
    change.file = "cpu.cfs_quota_us";
    GF_TRY_AS(change.old, text_of(host, "cpu", group, change.file));
    GF_TRY_AS(const std::string written, text_of(host, "cpu", group, "cpu.cfs_period_us"));
    period = whole(written, period);
    quota = static_cast<double>(whole(change.old, -1));
  } else {
    change.file = "cpu.max";
    GF_TRY_AS(change.old, text_of(host, "cpu", group, change.file));
    const auto space = change.old.find(' ');
    if (space != std::string::npos) period = whole(change.old.substr(space + 1), period);
    quota = static_cast<double>(whole(change.old, -1));
  }
  const double now = quota > 0 ? quota / static_cast<double>(period) : host.facts.cores;
  double cores = 0;
  if (value.share)
    cores = now * value.share->of_one;
  else
    (void)std::from_chars(value.text.data(), value.text.data() + value.text.size(), cores);
  const auto micros = std::max<std::int64_t>(
      1000, static_cast<std::int64_t>(std::floor(cores * static_cast<double>(period) + 1e-6)));
  change.set = std::to_string(micros) + (version == 1 ? "" : " " + std::to_string(period));
  return change;
}

Result<FileChange> memory_change(Host& host, const Setpoint& value, int version,
                                 const std::string& group) {
  FileChange change{.controller = "memory",
                    .file = version == 1 ? "memory.limit_in_bytes" : "memory.max"};
  GF_TRY_AS(change.old, text_of(host, "memory", group, change.file));
  const auto now = static_cast<double>(std::min<std::int64_t>(
      whole(change.old, INT64_MAX), static_cast<std::int64_t>(host.facts.memory_bytes)));
  std::uint64_t bytes = 0;
  if (value.share) {
    bytes = static_cast<std::uint64_t>(now * value.share->of_one);
  } else {
    GF_TRY_AS(const Bytes asked, parse_bytes(value.text));
    bytes = asked.count;
  }
  constexpr std::uint64_t page = 4096;  // the kernel rounds down to pages
  change.set = std::to_string(std::max<std::uint64_t>(bytes / page, 1) * page);
  return change;
}

Result<FileChange> pids_change(Host& host, const Setpoint& value, const std::string& group) {
  FileChange change{.controller = "pids", .file = "pids.max"};
  GF_TRY_AS(change.old, text_of(host, "pids", group, change.file));
  if (value.share && whole(change.old, -1) < 0)
    return fail(Cause::BadInput, "cgroup " + group +
                                     " has no limit of pids now, so there is no "
                                     "share of it; write a number");
  GF_TRY_AS(const Value set, resolve(value, Value(whole(change.old, -1))));
  change.set = spelled(set);
  return change;
}

}  // namespace

Result<std::string> tidy_cpu_list(const std::string& text) {
  const auto wrong = [&] {
    return fail(Cause::BadInput, "`" + text + "` is no list of processors; write `0` or `0-1,3`");
  };
  std::set<int> cpus;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    int first = 0;
    const char* const stop = text.data() + end;
    auto [next, error] = std::from_chars(text.data() + at, stop, first);
    if (error != std::errc()) return wrong();
    int last = first;
    if (next != stop && *next == '-') {
      const auto tail = std::from_chars(next + 1, stop, last);
      if (tail.ec != std::errc()) return wrong();
      next = tail.ptr;
    }
    if (next != stop || first < 0 || last < first || last > 4095) return wrong();
    for (int cpu = first; cpu <= last; ++cpu) cpus.insert(cpu);
    at = end + 1;
  }
  std::string out;
  for (auto at = cpus.begin(); at != cpus.end();) {
    const int first = *at;
    int last = first;
    while (++at != cpus.end() && *at == last + 1) last = *at;
    out += (out.empty() ? "" : ",") + std::to_string(first);
    if (last > first) out += "-" + std::to_string(last);
  }
  return out;
}

Result<FileChange> change_for(Host& host, const AskedLimit& asked, int version,
                              const std::string& group) {
  if (asked.controller == "cpu") return cpu_change(host, asked.value, version, group);
  if (asked.controller == "memory") return memory_change(host, asked.value, version, group);
  if (asked.controller == "pids") return pids_change(host, asked.value, group);
  FileChange change{.controller = "cpuset", .file = "cpuset.cpus"};
  GF_TRY_AS(change.old, text_of(host, "cpuset", group, change.file));
  GF_TRY_AS(change.set, tidy_cpu_list(asked.value.text));
  return change;
}

}  // namespace gunflint
