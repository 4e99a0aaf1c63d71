#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "support/fake_ports.hpp"

namespace gunflint {
namespace {

using Group = std::map<std::string, std::string>;

/// What a kernel puts into a fresh group for one controller.
Group fresh_files(const std::string& controller, int version) {
  if (controller == "cpu")
    return version == 1 ? Group{{"cpu.cfs_quota_us", "-1\n"},
                                {"cpu.cfs_period_us", "100000\n"},
                                {"cpu.stat", "nr_periods 0\nnr_throttled 0\nthrottled_time 0\n"}}
                        : Group{{"cpu.max", "max 100000\n"}};
  if (controller == "memory")
    return version == 1 ? Group{{"memory.limit_in_bytes", "9223372036854771712\n"},
                                {"memory.usage_in_bytes", "0\n"}}
                        : Group{{"memory.max", "max\n"}, {"memory.current", "0\n"}};
  if (controller == "pids") return {{"pids.max", "max\n"}, {"pids.current", "0\n"}};
  if (controller == "cpuset") return {{"cpuset.cpus", "\n"}, {"cpuset.mems", "\n"}};
  if (controller == "freezer") return {{"freezer.state", "THAWED\n"}};
  return {};
}

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::set<std::string> words(const std::string& text) {
  std::istringstream in(text);
  std::set<std::string> all;
  for (std::string word; in >> word;) all.insert(word);
  return all;
}

/// What reading back gives after writing `text`.
std::string normalised(const std::string& file, std::string text, const std::string& old) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  if (file == "memory.limit_in_bytes" && text == "-1") text = "9223372036854771712";
  if (file == "cpu.max" && text.find(' ') == std::string::npos)
    text += old.substr(std::min(old.find(' '), old.size()));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text + "\n";
}

}  // namespace

Group* FakeCgroups::group(const std::string& controller, const std::string& path) {
  auto& groups = world_.cgroups[fake_.hierarchy(controller)];
  const auto found = groups.find(path);
  return found == groups.end() ? nullptr : &found->second;
}

void FakeCgroups::populate(const std::string& controller, const std::string& path) {
  const std::string hierarchy = fake_.hierarchy(controller);
  auto& groups = world_.cgroups[hierarchy];
  if (groups.contains(path)) return;
  Group& made = groups[path];
  if (!hierarchy.empty()) {
    if (hierarchy == "cpuset" && path == "/")
      made = {{"cpuset.cpus", "0-3\n"}, {"cpuset.mems", "0\n"}};
    else if (path != "/")
      made = fresh_files(hierarchy, 1);
    return;
  }
  made["cgroup.subtree_control"] = path == "/" ? "cpu cpuset memory pids\n" : "\n";
  if (path == "/") return;
  made["cgroup.freeze"] = "0\n";
  made["cgroup.events"] = "populated 0\nfrozen 0\n";
  for (const auto& enabled : words(groups[parent_of(path)]["cgroup.subtree_control"]))
    if (fake_.hierarchy(enabled).empty() && fake_.facts.cgroups.contains(enabled))
      made.merge(fresh_files(enabled, 2));
}

/// As the kernel: what a group below passes on to its own cannot be taken from it (EBUSY).
bool FakeCgroups::passed_on_below(const std::string& path, const std::string& text) {
  return std::ranges::any_of(words(text), [&](const std::string& word) {
    return word[0] == '-' && std::ranges::any_of(world_.cgroups[""], [&](const auto& group) {
             const auto& [child, values] = group;
             const auto passes = values.find("cgroup.subtree_control");
             return child != path && parent_of(child) == path && passes != values.end() &&
                    words(passes->second).contains(word.substr(1));
           });
  });
}

void FakeCgroups::switch_controllers(const std::string& path, const std::string& text) {
  auto& groups = world_.cgroups[""];
  auto enabled = words(groups[path]["cgroup.subtree_control"]);
  for (const auto& word : words(text)) {
    const std::string controller = word.substr(1);
    const bool on = word[0] == '+';
    on ? (void)enabled.insert(controller) : (void)enabled.erase(controller);
    for (auto& [child, values] : groups)
      if (child != path && parent_of(child) == path)
        for (const auto& [file, fresh] : fresh_files(controller, 2))
          on ? (void)values.try_emplace(file, fresh) : (void)values.erase(file);
  }
  std::string joined;
  for (const auto& word : enabled) joined += (joined.empty() ? "" : " ") + word;
  groups[path]["cgroup.subtree_control"] = joined + "\n";
}

Result<int> FakeCgroups::version(const std::string& controller) {
  return fake_.call<int>("version " + controller, false, [&]() -> Result<int> {
    if (controller.empty()) return 2;
    const auto found = fake_.facts.cgroups.find(controller);
    if (found == fake_.facts.cgroups.end())
      return fail(Cause::Unsupported, "this host has no cgroup controller " + controller);
    return found->second;
  });
}

Result<std::string> FakeCgroups::path_of(const ProcessId& process, const std::string& controller) {
  return fake_.call<std::string>(
      fmt::format("path_of {} {}", process.pid, controller), false, [&]() -> Result<std::string> {
        const auto found = world_.processes.find(process.pid);
        if (found == world_.processes.end() || found->second.info.id != process)
          return fail(Cause::Gone, fmt::format("process {} is no more", process.pid));
        return found->second.info.cgroups[fake_.hierarchy(controller)];
      });
}

Result<std::string> FakeCgroups::read(const std::string& controller, const std::string& path,
                                      const std::string& file) {
  return fake_.call<std::string>(
      fmt::format("read {}:{}/{}", controller, path, file), false, [&]() -> Result<std::string> {
        const Group* found = group(controller, path);
        if (found && file == "cgroup.stat" && fake_.hierarchy(controller).empty())
          return fmt::format("nr_descendants {}\nnr_dying_descendants 0\n",
                             std::ranges::count_if(world_.cgroups[""], [&](const auto& other) {
                               return other.first.starts_with(path + "/");
                             }));
        if (!found || !found->contains(file))
          return fail(Cause::Gone, "there is no " + file + " in cgroup " + controller + ":" + path);
        return found->at(file);
      });
}

Result<void> FakeCgroups::write(const std::string& controller, const std::string& path,
                                const std::string& file, const std::string& text) {
  return fake_.call<void>(
      fmt::format("write {}:{}/{} {}", controller, path, file, text), true, [&]() -> Result<void> {
        Group* found = group(controller, path);
        if (!found || !found->contains(file))
          return fail(Cause::Gone, "there is no " + file + " in cgroup " + controller + ":" + path);
        if (file == "cgroup.subtree_control" && passed_on_below(path, text))
          return fail(Cause::Conflict, "cannot write " + text + ": device or resource busy");
        if (file == "cgroup.subtree_control")
          switch_controllers(path, text);
        else
          (*found)[file] = normalised(file, text, (*found)[file]);
        if (file == "cgroup.freeze")
          (*found)["cgroup.events"] = "populated 0\nfrozen " + (*found)[file];
        return {};
      });
}

Result<bool> FakeCgroups::exists(const std::string& controller, const std::string& path) {
  return fake_.call<bool>(fmt::format("exists {}:{}", controller, path), false,
                          [&]() -> Result<bool> { return group(controller, path) != nullptr; });
}

Result<void> FakeCgroups::create(const std::string& controller, const std::string& path) {
  return fake_.call<void>(
      fmt::format("create {}:{}", controller, path), true, [&]() -> Result<void> {
        if (!group(controller, parent_of(path)))
          return fail(Cause::Gone,
                      "the parent of cgroup " + controller + ":" + path + " is absent");
        populate(controller, path);
        return {};
      });
}

Result<void> FakeCgroups::remove(const std::string& controller, const std::string& path) {
  return fake_.call<void>(
      fmt::format("remove {}:{}", controller, path), true, [&]() -> Result<void> {
        const std::string hierarchy = fake_.hierarchy(controller);
        if (!group(controller, path))
          return fail(Cause::Gone, "there is no cgroup " + controller + ":" + path);
        for (const auto& [pid, process] : world_.processes) {
          const auto in = process.info.cgroups.find(hierarchy);
          if (in != process.info.cgroups.end() && in->second == path)
            return fail(Cause::Conflict, "cgroup " + path + " still has members");
        }
        for (const auto& [other, values] : world_.cgroups[hierarchy])
          if (other.starts_with(path + "/"))
            return fail(Cause::Conflict, "cgroup " + path + " still has groups below it");
        world_.cgroups[hierarchy].erase(path);
        return {};
      });
}

Result<std::vector<int>> FakeCgroups::members(const std::string& controller,
                                              const std::string& path) {
  return fake_.call<std::vector<int>>(
      fmt::format("members {}:{}", controller, path), false, [&]() -> Result<std::vector<int>> {
        if (!group(controller, path))
          return fail(Cause::Gone, "there is no cgroup " + controller + ":" + path);
        std::vector<int> pids;
        for (const auto& [pid, process] : world_.processes) {
          const auto in = process.info.cgroups.find(fake_.hierarchy(controller));
          if (in != process.info.cgroups.end() && in->second == path) pids.push_back(pid);
        }
        return pids;
      });
}

Result<void> FakeCgroups::move(const ProcessId& process, const std::string& controller,
                               const std::string& path) {
  return fake_.call<void>(
      fmt::format("move {} {}:{}", process.pid, controller, path), true, [&]() -> Result<void> {
        const auto found = world_.processes.find(process.pid);
        if (found == world_.processes.end() || found->second.info.id != process)
          return fail(Cause::Gone, fmt::format("process {} is no more", process.pid));
        Group* to = group(controller, path);
        if (!to) return fail(Cause::Gone, "there is no cgroup " + controller + ":" + path);
        const std::string hierarchy = fake_.hierarchy(controller);
        if (hierarchy == "cpuset" &&
            (to->at("cpuset.cpus") == "\n" || to->at("cpuset.mems") == "\n"))
          return fail(Cause::Io, "cgroup " + path + " has no cpus or no memory nodes");
        if (hierarchy.empty() && path != "/" && !words(to->at("cgroup.subtree_control")).empty())
          return fail(Cause::Conflict, "cgroup " + path + " has controllers below it");
        found->second.info.cgroups[hierarchy] = path;
        return {};
      });
}

}  // namespace gunflint
