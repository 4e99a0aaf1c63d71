/// Which processes are the members of a target.
///
/// A service is often a tree: a master that listens and workers that serve. When matching processes
/// are parent and child, the member is the topmost one, so that `kill` hits the service and
/// `limit` can take its workers along. Shells and launchers (sh, sudo, env, timeout …) that match
/// only because they carry the service's command line are passed over.
#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <set>

#include <unistd.h>

#include <fmt/format.h>

#include "gunflint/concepts/target.hpp"
#include "target/listeners.hpp"
#include "target/process_tree.hpp"

namespace gunflint {
namespace {

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool has_name(const ProcessInfo& p, const std::string& name) {
  // The kernel keeps 15 characters of a name.
  if (p.name == name || (name.size() > 15 && p.name == name.substr(0, 15))) return true;
  return !p.argv.empty() && base_name(p.argv.front()) == name;
}

bool has_cmdline(const ProcessInfo& p, const std::string& text) {
  std::string joined;
  for (const auto& word : p.argv) joined += (joined.empty() ? "" : " ") + word;
  // `web --dir /x ` with its trailing blank must match the last word too.
  return joined.find(text) != std::string::npos || (joined + " ").find(text) != std::string::npos;
}

bool in_unit(const ProcessInfo& p, const std::string& unit) {
  return std::any_of(p.cgroups.begin(), p.cgroups.end(), [&](const auto& entry) {
    return (entry.second + "/").find("/" + unit + "/") != std::string::npos;
  });
}

bool in_cgroup(const ProcessInfo& p, std::string path) {
  if (!path.starts_with('/')) path = "/" + path;
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return std::any_of(p.cgroups.begin(), p.cgroups.end(), [&](const auto& entry) {
    return entry.second == path || entry.second.starts_with(path + "/");
  });
}

std::string unit_name(const std::string& unit) {
  return unit.find('.') == std::string::npos ? unit + ".service" : unit;
}

/// The pid in a pid file; 0 when there is no such file (the service is not running).
Result<int> pid_of_file(Files& files, const std::string& path) {
  const auto file = files.read(path);
  if (!file && file.error().cause == Cause::Gone) return 0;
  if (!file) return fail(file.error());
  int pid = 0;
  const std::string& text = file->content;
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin != std::string::npos)
    std::from_chars(text.data() + begin, text.data() + text.size(), pid);
  if (pid <= 0)
    return fail(Cause::BadInput, "pid file " + path + " holds no process number; check its path");
  return pid;
}

Result<std::set<int>> pids_listening(int port, const std::vector<ProcessInfo>& all) {
  std::set<std::uint64_t> wanted;
  for (const auto& listener : listeners_of_namespace(0))
    if (listener.port == port) wanted.insert(listener.inode);
  std::set<int> pids;
  if (wanted.empty()) return pids;
  for (const auto& p : all)
    for (const auto inode : sockets_of(p.id.pid))
      if (wanted.contains(inode)) pids.insert(p.id.pid);
  if (pids.empty())
    return fail(
        Cause::NotPermitted,
        fmt::format("something listens on port {}, but we may not see which process; run as "
                    "root or as its user",
                    port));
  return pids;
}

/// Ourselves and what started us must never be a member.
std::set<int> our_own(const std::vector<ProcessInfo>& all) {
  std::map<int, int> parents;
  for (const auto& p : all) parents[p.id.pid] = p.parent;
  std::set<int> ours{1};
  for (int pid = ::getpid(); pid > 1 && ours.insert(pid).second;) {
    const auto parent = parents.find(pid);
    pid = parent == parents.end() ? 0 : parent->second;
  }
  for (const auto& p : all)
    if (p.name == "gunflint" || p.name == "gunflint-agent" || p.name == "gunflint-worker")
      ours.insert(p.id.pid);
  return ours;
}

bool is_launcher(const ProcessInfo& p) {
  static constexpr std::array names{"sh",   "bash", "dash",    "zsh",      "sudo",  "su",
                                    "env",  "nice", "timeout", "setsid",   "nohup", "runuser",
                                    "time", "tini", "gosu",    "catchsegv"};
  return std::find(names.begin(), names.end(), p.name) != names.end();
}

Member host_member(const TargetSpec& spec, const Facts& facts) {
  Member m;
  m.target = spec.name;
  m.id = "host";
  m.label = facts.hostname.empty() ? "host" : facts.hostname;
  m.boot_id = facts.boot_id;
  m.address = "127.0.0.1";
  return m;
}

/// Ports and the address on which they are reached, from the sockets of the member's tree.
void add_ports(Member& member, const ProcessTree& tree) {
  std::set<std::uint64_t> inodes;
  for (const int pid : tree.with_descendants(member.pid)) inodes.merge(sockets_of(pid));
  if (inodes.empty()) return;
  std::map<int, std::string> found;
  for (const auto& listener : listeners_of_namespace(member.pid))
    if (inodes.contains(listener.inode)) found.try_emplace(listener.port, listener.address);
  for (const auto& [port, address] : found) member.ports.push_back(port);
  if (found.empty()) return;
  const std::string& address = found.begin()->second;
  // What listens everywhere is reached over loopback; the agent is on the same host.
  if (address != "0.0.0.0" && address != "::")
    member.address = address.find(':') == std::string::npos ? address : "[" + address + "]";
}

Result<Member> make_member(const TargetSpec& spec, const ProcessInfo& p, const ProcessTree& tree,
                           const Facts& facts) {
  Member m;
  m.target = spec.name;
  m.pid = p.id.pid;
  m.start_time = p.id.start_time;
  m.boot_id = facts.boot_id;
  m.pid_namespace = p.pid_namespace;
  m.cgroups = p.cgroups;
  m.address = "127.0.0.1";
  if (spec.local.unit.empty()) {
    m.id = fmt::format("pid:{}@{}", p.id.pid, p.id.start_time);
    m.label = fmt::format("{}[{}]", p.name, p.id.pid);
  } else {
    m.id = "unit:" + unit_name(spec.local.unit);
    m.label = unit_name(spec.local.unit);
  }
  add_ports(m, tree);
  for (const auto& [key, text] : spec.with) {
    GF_TRY_AS(m.with[key], expand_member(text, m));
  }
  return m;
}

Result<bool> matches(const LocalSelector& by, const ProcessInfo& p, int pid_from_file,
                     const std::set<int>& listening) {
  if (p.state == 'Z' || p.state == 'X') return false;
  if (!by.process.empty() && !has_name(p, by.process)) return false;
  if (!by.cmdline.empty() && !has_cmdline(p, by.cmdline)) return false;
  if (!by.pid_file.empty() && p.id.pid != pid_from_file) return false;
  if (by.port && !listening.contains(p.id.pid)) return false;
  if (!by.unit.empty() && !in_unit(p, unit_name(by.unit))) return false;
  return by.cgroup.empty() || in_cgroup(p, by.cgroup);
}

}  // namespace

Result<std::vector<Member>> find_members(Host& host, const TargetSpec& spec) {
  if (spec.kind != "local")
    return fail(Cause::Unsupported, "target `" + spec.name + "` is of kind `" + spec.kind +
                                        "`, which is not in this version; use `local`");
  if (spec.local.empty()) return std::vector<Member>{host_member(spec, host.facts)};
  GF_TRY_AS(const std::vector<ProcessInfo> all, host.processes.all());
  int pid_from_file = 0;
  if (!spec.local.pid_file.empty()) {
    GF_TRY_AS(pid_from_file, pid_of_file(host.files, spec.local.pid_file));
  }
  std::set<int> listening;
  if (spec.local.port) {
    GF_TRY_AS(listening, pids_listening(*spec.local.port, all));
  }
  const std::set<int> ours = our_own(all);
  std::set<int> found;
  std::map<int, const ProcessInfo*> by_pid;
  for (const auto& p : all) {
    by_pid[p.id.pid] = &p;
    GF_TRY_AS(const bool match, matches(spec.local, p, pid_from_file, listening));
    if (match && !ours.contains(p.id.pid)) found.insert(p.id.pid);
  }
  const ProcessTree tree(all);
  // A launcher above a match is not the service.
  std::erase_if(found, [&](int pid) {
    const auto below = tree.with_descendants(pid);
    return is_launcher(*by_pid[pid]) && std::any_of(below.begin(), below.end(), [&](int other) {
             return other != pid && found.contains(other);
           });
  });
  std::vector<Member> members;
  for (const int pid : found) {
    if (tree.has_ancestor_in(pid, found)) continue;
    GF_TRY_AS(Member member, make_member(spec, *by_pid[pid], tree, host.facts));
    members.push_back(std::move(member));
    // All top processes of a unit are that one unit; the oldest stands for it.
    if (!spec.local.unit.empty()) break;
  }
  std::sort(members.begin(), members.end(),
            [](const Member& a, const Member& b) { return a.id < b.id; });
  return members;
}

}  // namespace gunflint
