#include "support/world.hpp"

#include <fmt/format.h>

namespace gunflint {
namespace {

std::string process_line(const FakeProcess& p) {
  std::string line =
      fmt::format("process {}@{} {} parent {} state {} uid {}", p.info.id.pid, p.info.id.start_time,
                  p.info.name, p.info.parent, p.info.state, p.info.uid);
  for (const auto& [resource, limit] : p.limits)
    line += fmt::format(" rlimit{}={}/{}", resource, limit.soft, limit.hard);
  for (const auto& [controller, path] : p.info.cgroups)
    line += fmt::format(" {}:{}", controller, path);
  return line + "\n";
}

std::string parent_name(const World& world, const FakeProcess& process) {
  const auto parent = world.processes.find(process.info.parent);
  return parent == world.processes.end() ? "" : parent->second.info.name;
}

}  // namespace

std::string World::picture() const {
  std::string out;
  std::map<std::pair<std::string, int>, int> workers;
  for (const auto& [pid, process] : processes)
    if (interchangeable.contains(process.info.name) &&
        interchangeable.contains(parent_name(*this, process)))
      ++workers[{process.info.name, process.info.parent}];
    else
      out += process_line(process);
  for (const auto& [of, count] : workers)
    out += fmt::format("{} workers {} of {}\n", count, of.first, of.second);
  for (const auto& [path, file] : files)
    out += fmt::format("file {} mode {:o} owner {}:{} [{}]\n", path, file.mode, file.uid, file.gid,
                       file.content);
  for (const auto& [hierarchy, groups] : cgroups)
    for (const auto& [path, values] : groups) {
      out += fmt::format("cgroup {}:{}", hierarchy, path);
      for (const auto& [name, text] : values) out += fmt::format(" {}=[{}]", name, text);
      out += "\n";
    }
  for (const auto& [tag, rule] : rules)
    out += fmt::format("rule {} {}\n", tag, to_json(encode(rule)));
  for (const auto& [tag, holder] : holders)
    out += fmt::format("holder {} {} {}\n", tag, holder.kind, to_json(holder.config));
  for (const auto& [key, text] : outside) out += fmt::format("outside {} [{}]\n", key, text);
  return out;
}

std::vector<std::string> World::things() const {
  std::vector<std::string> all;
  for (const auto& [pid, process] : processes) all.push_back(fmt::format("process {}", pid));
  for (const auto& [path, file] : files) all.push_back("file " + path);
  for (const auto& [hierarchy, groups] : cgroups)
    for (const auto& [path, values] : groups) all.push_back("cgroup " + hierarchy + ":" + path);
  for (const auto& [tag, rule] : rules) all.push_back("rule " + tag);
  for (const auto& [tag, holder] : holders) all.push_back("holder " + tag);
  return all;
}

}  // namespace gunflint
