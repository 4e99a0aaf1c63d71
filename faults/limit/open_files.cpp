#include "limit/open_files.hpp"

#include <sys/resource.h>

#include <algorithm>

#include "common/family.hpp"
#include "gunflint/host/victims.hpp"
#include "limit/cgroup_limit.hpp"

namespace gunflint {

Fields<ProcessLimit> ProcessLimit::fields() {
  using T = ProcessLimit;
  return {field("pid", &T::pid, "Who."), field("start_time", &T::start_time, "Who."),
          field("soft", &T::soft, "Before.")};
}
Fields<OpenFiles> OpenFiles::fields() {
  using T = OpenFiles;
  return {field("set", &T::set, "Asked."), field("family", &T::family, "Of whom."),
          field("uid", &T::uid, "Whose."), field("cgroups", &T::cgroups, "Where.")};
}

namespace {

/// Nothing when the process has ended.
Result<std::optional<std::uint64_t>> soft_of(Host& host, const ProcessId& process) {
  const auto limit = host.processes.limit(process, RLIMIT_NOFILE);
  if (limit) return std::optional(limit->soft);
  if (limit.error().cause == Cause::Gone) return std::optional<std::uint64_t>();
  return fail(limit.error());
}

Result<void> set_soft(Host& host, const ProcessId& process, std::uint64_t soft) {
  auto done = host.processes.set_soft_limit(process, RLIMIT_NOFILE, soft);
  if (!done && done.error().cause == Cause::Gone) return {};
  return done;
}

const ProcessLimit* known(const OpenFiles& limit, const ProcessId& process) {
  for (const auto& one : limit.family)
    if (one.pid == process.pid && one.start_time == process.start_time) return &one;
  return nullptr;
}

/// Whose parent has ended belongs to nobody's descendants any more: a double fork, a program that
/// starts itself anew. It was born after we looked, in the member's groups (or in ours, into which
/// a limit beside this one moved them), of its user.
Result<void> add_orphans(Host& host, const OpenFiles& limit, OpenFiles& all) {
  if (limit.cgroups.empty() || limit.family.empty()) return {};
  std::uint64_t newest = 0;
  for (const auto& one : limit.family) newest = std::max(newest, one.start_time);
  GF_TRY_AS(const std::vector<ProcessInfo> processes, host.processes.all());
  for (const ProcessInfo& process : processes) {
    if (process.id.start_time <= newest || process.uid != limit.uid || known(all, process.id))
      continue;
    const bool here = std::ranges::all_of(limit.cgroups, [&](const auto& at) {
      const auto found = process.cgroups.find(at.first);
      return found != process.cgroups.end() &&
             (found->second == at.second || is_own_group(found->second));
    });
    if (here) all.family.push_back({process.id.pid, process.id.start_time, limit.family[0].soft});
  }
  return {};
}

/// Everybody who has the lowered limit from us, and what it shall have again. Descendants come
/// parents first, so a child born meanwhile finds its parent's value.
Result<std::vector<ProcessLimit>> still_lowered(Host& host, const OpenFiles& limit) {
  std::vector<ProcessLimit> lowered;
  OpenFiles all = limit;
  for (std::size_t i = 0; i < limit.family.size(); ++i) {
    const ProcessLimit one = limit.family[i];
    const auto info = host.processes.look(one.pid);
    if (!info && info.error().cause == Cause::Gone) continue;
    if (!info) return fail(info.error());
    if (info->id.start_time != one.start_time) continue;
    GF_TRY_AS(const auto children, host.processes.descendants(one.pid));
    for (const ProcessInfo& child : children) {
      if (known(all, child.id)) continue;
      std::uint64_t soft = one.soft;
      for (const auto& other : all.family)
        if (other.pid == child.parent) soft = other.soft;
      all.family.push_back({child.id.pid, child.id.start_time, soft});
    }
  }
  GF_TRY(add_orphans(host, limit, all));
  for (const ProcessLimit& one : all.family) {
    if (one.soft == limit.set) continue;
    GF_TRY_AS(const auto now, soft_of(host, {one.pid, one.start_time}));
    if (now && *now == limit.set) lowered.push_back(one);
  }
  return lowered;
}

}  // namespace

Result<OpenFiles> observe_open_files(Host& host, const Member& member, const Setpoint& value) {
  OpenFiles limit;
  GF_TRY_AS(const auto family, family_of(host, {member.pid, member.start_time}));
  for (const ProcessInfo& process : family) {
    GF_TRY_AS(const auto soft, soft_of(host, process.id));
    if (soft) limit.family.push_back({process.id.pid, process.id.start_time, *soft});
  }
  if (limit.family.empty() || limit.family[0].pid != member.pid)
    return fail(Cause::Gone, member.label + " has ended");
  limit.uid = family[0].uid;
  const bool placed = std::ranges::any_of(
      family[0].cgroups, [](const auto& at) { return !at.second.empty() && at.second != "/"; });
  if (placed) limit.cgroups = family[0].cgroups;
  GF_TRY_AS(const SoftLimit own,
            host.processes.limit({member.pid, member.start_time}, RLIMIT_NOFILE));
  GF_TRY_AS(const Value set, resolve(value, Value(own.soft)));
  limit.set = static_cast<std::uint64_t>(set.integer());
  if (limit.set > own.hard)
    return fail(Cause::BadInput, "`open_files: " + value.text + "` is above the hard limit " +
                                     std::to_string(own.hard) + " of " + member.label +
                                     "; write at most that");
  return limit;
}

Result<void> limit_open_files(Host& host, const Member& member, const OpenFiles& limit) {
  for (int round = 0; round < 20; ++round) {
    GF_TRY_AS(const auto family, family_of(host, {member.pid, member.start_time}));
    bool changed = false;
    for (const ProcessInfo& process : family) {
      // Who was born between the look and now, and not from one already lowered, waits for the
      // next round: only what the ledger knows, and what inherits from it, is touched.
      GF_TRY_AS(const auto soft, soft_of(host, process.id));
      if (!soft || *soft == limit.set) continue;
      GF_TRY(set_soft(host, process.id, limit.set));
      changed = true;
    }
    if (!changed) return {};
  }
  return fail(Cause::TimedOut, member.label + " starts processes faster than they can be limited");
}

Result<void> free_open_files(Host& host, const OpenFiles& limit) {
  for (int round = 0; round < 20; ++round) {
    GF_TRY_AS(const auto lowered, still_lowered(host, limit));
    if (lowered.empty()) return {};
    for (const ProcessLimit& one : lowered)
      GF_TRY(set_soft(host, {one.pid, one.start_time}, one.soft));
  }
  return fail(Cause::TimedOut, "processes are started faster than their limits can be put back");
}

Result<bool> open_files_are_free(Host& host, const OpenFiles& limit) {
  GF_TRY_AS(const auto lowered, still_lowered(host, limit));
  return lowered.empty();
}

Result<Bite> open_files_bite(Host& host, const Member& member, const OpenFiles& limit) {
  GF_TRY_AS(const SoftLimit now,
            host.processes.limit({member.pid, member.start_time}, RLIMIT_NOFILE));
  return Bite{
      now.soft == limit.set,
      "open files limited to " + std::to_string(now.soft) + ", asked " + std::to_string(limit.set),
      static_cast<double>(limit.set), static_cast<double>(now.soft)};
}

}  // namespace gunflint
