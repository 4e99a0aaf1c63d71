#include "limit/cgroup_limit.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "common/failures.hpp"
#include "common/family.hpp"

namespace gunflint {

Fields<FileChange> FileChange::fields() {
  using T = FileChange;
  return {field("controller", &T::controller, "Controller."), field("file", &T::file, "File."),
          field("old", &T::old, "Before."), field("set", &T::set, "Asked.")};
}
Fields<ProcessHome> ProcessHome::fields() {
  using T = ProcessHome;
  return {field("pid", &T::pid, "Who."), field("start_time", &T::start_time, "Who."),
          field("path", &T::path, "Its group.")};
}
Fields<GroupLimit> GroupLimit::fields() {
  using T = GroupLimit;
  return {field("controller", &T::controller, "Hierarchy.").required(),
          field("version", &T::version, "1 or 2."),
          field("home", &T::home, "The member's group.").required(),
          field("moves", &T::moves, "Into a group of our own."),
          field("changes", &T::changes, "Limits."),
          field("copies", &T::copies, "Limits kept."),
          field("enables", &T::enables, "Controllers."),
          field("family", &T::family, "Who moves.")};
}

namespace {

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

std::string below(const std::string& path, const std::string& name) {
  return path == "/" ? "/" + name : path + "/" + name;
}

/// Where the limit is written.
std::string group_of(const GroupLimit& limit, const Tag& tag) {
  if (!limit.moves) return limit.home;
  return below(limit.version == 1 ? limit.home : parent_of(limit.home), tag.text);
}

std::string bare(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

bool contains_word(const std::string& text, const std::string& word) {
  const std::string padded = " " + bare(text) + " ";
  return padded.find(" " + word + " ") != std::string::npos;
}

/// Below it stands who needs a controller that was switched on for limits: there, it is ours.
std::string needs_of(const std::string& parent, const std::string& controller) {
  return below(parent, "gf-needs-" + controller);
}

/// What the parent must pass on: what is on for other limits alone is needed by this one as well,
/// which also changes a group in place only as long as it is on.
Result<void> observe_v2_needs(Host& host, GroupLimit& limit) {
  const std::string parent = parent_of(limit.home);
  GF_TRY_AS(const std::string passed,
            host.cgroups.read(limit.controller, parent, "cgroup.subtree_control"));
  for (const auto& change : limit.changes) {
    GF_TRY_AS(const bool ours,
              host.cgroups.exists(limit.controller, needs_of(parent, change.controller)));
    if (ours || (limit.moves && !contains_word(passed, change.controller)))
      limit.enables.push_back(change.controller);
  }
  return {};
}

/// What a v2 sibling needs to limit as its model does.
Result<void> observe_v2_copies(Host& host, GroupLimit& limit) {
  if (limit.home == "/") return {};
  for (const char* file : {"cpu.max", "cpu.weight", "memory.max", "memory.high", "memory.swap.max",
                           "pids.max", "cpuset.cpus", "cpuset.mems"}) {
    const bool asked =
        std::ranges::any_of(limit.changes, [&](const FileChange& c) { return c.file == file; });
    const auto text = host.cgroups.read(limit.controller, limit.home, file);
    if (!text && text.error().cause != Cause::Gone) return fail(text.error());
    if (text && !asked && !bare(*text).empty())
      limit.copies.push_back({.controller = limit.controller, .file = file, .set = bare(*text)});
  }
  return {};
}

Result<void> observe_family(Host& host, const std::vector<ProcessInfo>& family, GroupLimit& limit) {
  for (const ProcessInfo& process : family) {
    auto path = host.cgroups.path_of(process.id, limit.controller);
    if (!path && path.error().cause == Cause::Gone) continue;
    if (!path) return fail(path.error());
    limit.family.push_back({process.id.pid, process.id.start_time, *path});
  }
  return {};
}

Result<void> set_value(Host& host, const std::string& group, const FileChange& change) {
  auto done = host.cgroups.write(change.controller, group, change.file, change.set);
  if (done) return done;
  return fail(done.error().cause, change.file + " of cgroup " + group + " did not take " +
                                      change.set + ": " + done.error().message);
}

/// First the need, then the switch: nobody finds it on and takes it for the system's own.
Result<void> switch_on(Host& host, const std::string& controller, const std::string& parent,
                       const Tag& tag) {
  const std::string needs = needs_of(parent, controller);
  for (int attempt = 0;; ++attempt) {
    GF_TRY(host.cgroups.create(controller, needs));
    const auto noted = host.cgroups.create(controller, below(needs, tag.text));
    if (noted) break;
    // Somebody may have gone as the last one, between the two.
    if (noted.error().cause != Cause::Gone || attempt == 20) return noted;
  }
  return host.cgroups.write(controller, parent, "cgroup.subtree_control", "+" + controller);
}

Result<void> make_group(Host& host, const GroupLimit& limit, const std::string& group) {
  GF_TRY_AS(const bool there, host.cgroups.exists(limit.controller, group));
  if (!there) GF_TRY(host.cgroups.create(limit.controller, group));
  if (limit.version == 1 && limit.controller == "cpuset") {
    GF_TRY_AS(const std::string nodes, host.cgroups.read("cpuset", limit.home, "cpuset.mems"));
    GF_TRY(host.cgroups.write("cpuset", group, "cpuset.mems", bare(nodes)));
  }
  for (const auto& copy : limit.copies) GF_TRY(set_value(host, group, copy));
  return {};
}

/// Everybody of the family that is not inside yet; again, because processes fork meanwhile.
Result<void> move_in(Host& host, const Member& member, const GroupLimit& limit,
                     const std::string& group) {
  for (int round = 0; round < 20; ++round) {
    GF_TRY_AS(const auto family, family_of(host, {member.pid, member.start_time}));
    bool moved = false;
    for (const ProcessInfo& process : family) {
      const auto path = host.cgroups.path_of(process.id, limit.controller);
      if (!path && path.error().cause == Cause::Gone) continue;
      if (!path) return fail(path.error());
      if (*path == group) continue;
      const auto done = host.cgroups.move(process.id, limit.controller, group);
      if (!done && done.error().cause != Cause::Gone) return done;
      moved = true;
    }
    if (!moved) return {};
  }
  return fail(Cause::TimedOut, member.label + " starts processes faster than they can be moved");
}

/// Where a process belongs: its own home, or for one born meanwhile that of its nearest ancestor.
Result<std::string> home_of(Host& host, const GroupLimit& limit, const ProcessInfo& process) {
  ProcessInfo at = process;
  for (int depth = 0; depth < 64; ++depth) {
    for (const ProcessHome& home : limit.family)
      if (home.pid == at.id.pid && home.start_time == at.id.start_time) return home.path;
    if (at.parent <= 1) break;
    auto parent = host.processes.look(at.parent);
    if (!parent && parent.error().cause == Cause::Gone) break;
    if (!parent) return fail(parent.error());
    at = std::move(*parent);
  }
  return limit.home;
}

Result<void> move_out(Host& host, const GroupLimit& limit, const std::string& group) {
  for (int round = 0; round < 100; ++round) {
    const auto inside = host.cgroups.members(limit.controller, group);
    if (!inside && inside.error().cause == Cause::Gone) return {};
    if (!inside) return fail(inside.error());
    if (inside->empty()) return {};
    for (const int pid : *inside) {
      const auto process = host.processes.look(pid);
      if (!process && process.error().cause == Cause::Gone) continue;
      if (!process) return fail(process.error());
      GF_TRY_AS(const std::string home, home_of(host, limit, *process));
      auto done = host.cgroups.move(process->id, limit.controller, home);
      if (!done && done.error().cause == Cause::Gone) {
        const auto alive = host.processes.look(pid);  // the process, or its home?
        if (alive && alive->id == process->id)
          done = host.cgroups.move(process->id, limit.controller, parent_of(group));
      }
      if (!done && done.error().cause != Cause::Gone) return done;
    }
    if (round > 0) host.clock.sleep(10ms);
  }
  return fail(Cause::TimedOut, "cgroup " + group +
                                   " does not get empty; see what starts processes "
                                   "in it");
}

/// A group is busy for a moment after its last process has left.
Result<void> remove_group(Host& host, const GroupLimit& limit, const std::string& group) {
  GF_TRY_AS(const bool there, host.cgroups.exists(limit.controller, group));
  if (!there) return {};
  for (int attempt = 0;; ++attempt) {
    GF_TRY(move_out(host, limit, group));
    const auto done = host.cgroups.remove(limit.controller, group);
    if (done || done.error().cause == Cause::Gone) return {};
    if (attempt == 20) return done;
    host.clock.sleep(50ms);
  }
}

/// How many limits need the controller; 0 also when nobody ever did.
Result<int> in_need(Host& host, const std::string& controller, const std::string& parent) {
  const auto stat = host.cgroups.read(controller, needs_of(parent, controller), "cgroup.stat");
  if (!stat && stat.error().cause == Cause::Gone) return 0;
  if (!stat) return fail(stat.error());
  constexpr std::string_view label = "nr_descendants ";
  const auto at = stat->find(label);
  return at == std::string::npos ? 1 : std::atoi(stat->c_str() + at + label.size());
}

/// EBUSY comes from a group below that passes the controller on to its own: that is no change of
/// ours by somebody else, and it ends, so the undo is tried again.
Result<void> pass_no_longer(Host& host, const std::string& controller, const std::string& parent) {
  const auto passed = host.cgroups.read(controller, parent, "cgroup.subtree_control");
  if (!passed && passed.error().cause == Cause::Gone) return {};
  if (!passed) return fail(passed.error());
  if (!contains_word(*passed, controller)) return {};
  const auto done =
      host.cgroups.write(controller, parent, "cgroup.subtree_control", "-" + controller);
  if (done || done.error().cause == Cause::Gone) return {};
  if (done.error().cause != Cause::Conflict) return done;
  return fail(Cause::Io, done.error().message + ": a group below " + parent + " passes " +
                             controller + " on; write -" + controller +
                             " into that group's cgroup.subtree_control");
}

/// The last one out switches it off, and only then removes the group of the needs: as long as the
/// controller is on for limits, that says so, also when the switch fails or its writer dies.
Result<void> switch_off(Host& host, const std::string& controller, const std::string& parent,
                        const Tag& tag) {
  const std::string needs = needs_of(parent, controller);
  const auto mine = host.cgroups.remove(controller, below(needs, tag.text));
  if (!mine && mine.error().cause != Cause::Gone) return mine;
  GF_TRY_AS(const int others, in_need(host, controller, parent));
  if (others > 0) return {};
  GF_TRY(pass_no_longer(host, controller, parent));
  GF_TRY_AS(const int came, in_need(host, controller, parent));
  if (came == 0) {
    const auto last = host.cgroups.remove(controller, needs);
    if (last || last.error().cause == Cause::Gone) return {};
    if (last.error().cause != Cause::Conflict) return last;
  }
  // Somebody has come since nobody was there, and found it on or is about to switch it on.
  return host.cgroups.write(controller, parent, "cgroup.subtree_control", "+" + controller);
}

/// Not needed by this limit any more, and off unless another needs it.
Result<bool> is_switched_off(Host& host, const std::string& controller, const std::string& parent,
                             const Tag& tag) {
  const std::string needs = needs_of(parent, controller);
  GF_TRY_AS(const bool mine, host.cgroups.exists(controller, below(needs, tag.text)));
  if (mine) return false;
  GF_TRY_AS(const bool anybodys, host.cgroups.exists(controller, needs));
  if (anybodys) {
    GF_TRY_AS(const int others, in_need(host, controller, parent));
    return others > 0;
  }
  const auto passed = host.cgroups.read(controller, parent, "cgroup.subtree_control");
  if (!passed && passed.error().cause != Cause::Gone) return fail(passed.error());
  return !passed || !contains_word(*passed, controller);
}

/// `old` as it must be written: the kernel prints no limit of v1 memory as a huge number.
Result<void> put_back(Host& host, const GroupLimit& limit, const FileChange& change) {
  const auto now = host.cgroups.read(change.controller, limit.home, change.file);
  if (!now && now.error().cause == Cause::Gone) return {};
  if (!now) return fail(now.error());
  if (bare(*now) == change.old) return {};
  if (bare(*now) != change.set)
    return fail(Cause::Conflict, change.file + " of cgroup " + limit.home + " was " + change.old +
                                     ", was set to " + change.set + " and is " + bare(*now) +
                                     " now: somebody else changed it, so it was left as it is; if "
                                     "it is still to be " +
                                     change.old + ", write that into " + change.file + " by hand");
  const auto done = host.cgroups.write(change.controller, limit.home, change.file, change.old);
  if (!done && done.error().cause == Cause::Gone) return {};
  return done;
}

}  // namespace

Result<std::vector<GroupLimit>> observe_groups(Host& host, const Member& member,
                                               const std::vector<AskedLimit>& asked) {
  std::map<std::string, GroupLimit> by_hierarchy;
  const ProcessId process{member.pid, member.start_time};
  GF_TRY_AS(const auto family, family_of(host, process));
  for (const AskedLimit& one : asked) {
    GF_TRY_AS(const int version, host.cgroups.version(one.controller));
    GroupLimit& limit = by_hierarchy[version == 1 ? one.controller : ""];
    limit.controller = one.controller;
    limit.version = version;
    GF_TRY_AS(limit.home, host.cgroups.path_of(process, one.controller));
    GF_TRY_AS(limit.changes.emplace_back(), change_for(host, one, version, limit.home));
  }
  std::vector<GroupLimit> limits;
  for (auto& [hierarchy, limit] : by_hierarchy) {
    GF_TRY_AS(const auto stranger, stranger_in(host, family, hierarchy, limit.home));
    limit.moves = stranger.has_value() || limit.home == "/";
    if (limit.moves) GF_TRY(observe_family(host, family, limit));
    if (limit.version == 2) GF_TRY(observe_v2_needs(host, limit));
    if (limit.moves && limit.version == 2) GF_TRY(observe_v2_copies(host, limit));
    limits.push_back(std::move(limit));
  }
  return limits;
}

Result<void> limit_group(Host& host, const Member& member, const GroupLimit& limit,
                         const Tag& tag) {
  const std::string group = group_of(limit, tag);
  for (const auto& controller : limit.enables)
    GF_TRY(switch_on(host, controller, parent_of(limit.home), tag));
  if (limit.moves) GF_TRY(make_group(host, limit, group));
  for (const auto& change : limit.changes) GF_TRY(set_value(host, group, change));
  return limit.moves ? move_in(host, member, limit, group) : Result<void>();
}

Result<void> free_group(Host& host, const GroupLimit& limit, const Tag& tag) {
  Failures failures;
  if (limit.moves) {
    GF_TRY(remove_group(host, limit, group_of(limit, tag)));
  } else {
    for (const auto& change : limit.changes) failures.add(put_back(host, limit, change));
  }
  for (const auto& controller : limit.enables)
    failures.add(switch_off(host, controller, parent_of(limit.home), tag));
  return failures.result();
}

Result<bool> group_is_free(Host& host, const GroupLimit& limit, const Tag& tag) {
  for (const auto& controller : limit.enables) {
    GF_TRY_AS(const bool off, is_switched_off(host, controller, parent_of(limit.home), tag));
    if (!off) return false;
  }
  if (limit.moves) {
    GF_TRY_AS(const bool there, host.cgroups.exists(limit.controller, group_of(limit, tag)));
    return !there;
  }
  for (const auto& change : limit.changes) {
    const auto now = host.cgroups.read(change.controller, limit.home, change.file);
    if (!now && now.error().cause == Cause::Gone) continue;
    if (!now) return fail(now.error());
    if (bare(*now) != change.old) return false;
  }
  return true;
}

Result<Bite> group_bite(Host& host, const Member& member, const GroupLimit& limit, const Tag& tag) {
  const std::string group = group_of(limit, tag);
  Bite bite{.in_force = true};
  GF_TRY_AS(const std::string path,
            host.cgroups.path_of({member.pid, member.start_time}, limit.controller));
  if (path != group && !path.starts_with(group + "/")) {
    bite.in_force = false;
    bite.sentence = member.label + " is in cgroup " + path + ", not in " + group;
    return bite;
  }
  for (const auto& change : limit.changes) {
    GF_TRY_AS(const std::string now, host.cgroups.read(change.controller, group, change.file));
    if (bare(now) != change.set) bite.in_force = false;
    bite.sentence += (bite.sentence.empty() ? "" : ", ") + change.file + " is " + bare(now);
    if (bare(now) != change.set) bite.sentence += " (asked " + change.set + ")";
    if (change.controller != "cpu") continue;
    const auto stat = host.cgroups.read("cpu", group, "cpu.stat");
    const auto at = stat ? stat->find("nr_throttled ") : std::string::npos;
    if (at != std::string::npos)
      bite.sentence +=
          ", throttled " + stat->substr(at + 13, stat->find('\n', at) - at - 13) + " times";
  }
  bite.asked = number_in(Value(limit.changes[0].set)).value_or(1);
  bite.got = bite.in_force ? bite.asked : 0;
  return bite;
}

}  // namespace gunflint
