#include "groups.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <sstream>

#include "files.hpp"

namespace capsule {
namespace {

constexpr const char* prefix = "lab-";
constexpr const char* leaf = "init";

/// "cpu" -> "/path"; "" is cgroup v2; "name=systemd" -> …
std::map<std::string, std::string> own_paths() {
  std::map<std::string, std::string> found;
  std::istringstream lines(read("/proc/self/cgroup"));
  for (std::string line; std::getline(lines, line);) {
    const auto one = line.find(':'), two = line.find(':', one + 1);
    if (two == std::string::npos) continue;
    std::istringstream names(line.substr(one + 1, two - one - 1) + ",");
    for (std::string name; std::getline(names, name, ',');) found[name] = line.substr(two + 1);
    if (two == one + 1) found[""] = line.substr(two + 1);
  }
  return found;
}

struct Mount {
  std::string root, folder, type, options;
};

std::vector<Mount> hierarchies() {
  std::vector<Mount> found;
  std::istringstream lines(read("/proc/self/mountinfo"));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string skip, source;
    Mount m;
    words >> skip >> skip >> skip >> m.root >> m.folder;
    while (words >> skip && skip != "-") {
    }
    words >> m.type >> source >> m.options;
    if (m.type == "cgroup" || m.type == "cgroup2") found.push_back(m);
  }
  return found;
}

bool has_controllers(const std::string& folder) {
  std::istringstream words(read(folder + "/cgroup.controllers"));
  for (std::string word; words >> word;)
    if (word == "cpu" || word == "memory" || word == "pids") return true;
  return false;
}

/// The cgroup of this process on that hierarchy, below its mount point.
std::string own_folder(const Mount& m, const std::map<std::string, std::string>& own) {
  std::istringstream names(m.type == "cgroup2" ? "" : m.options);
  std::string path = m.type == "cgroup2" && own.contains("") ? own.at("") : "";
  for (std::string name; std::getline(names, name, ',');)
    if (const auto at = own.find(name); at != own.end()) path = at->second;
  if (m.root != "/" && below(path, m.root)) path = path.substr(m.root.size());
  return m.folder + (path == "/" ? "" : path);
}

/// Depth first; a cgroup whose last process is just gone is busy for a moment.
void remove_tree(const std::string& path) {
  for (const auto& name : folders_in(path)) remove_tree(path + "/" + name);
  for (int i = 0; i < 200 && ::rmdir(path.c_str()) != 0 && errno == EBUSY; ++i) ::usleep(10'000);
}

void sweep(const std::string& folder) {
  for (const auto& name : folders_in(folder)) {
    if (!name.starts_with(prefix)) continue;
    char* rest = nullptr;
    const auto pid = std::strtol(name.c_str() + 4, &rest, 10);
    if (*rest != '-' || pid <= 0) continue;
    const auto start = std::strtoull(rest + 1, nullptr, 10);
    if (start_of(static_cast<int>(pid)) != start) remove_tree(folder + "/" + name);
  }
}

}  // namespace

Groups Groups::make() {
  Groups groups;
  const auto own = own_paths();
  const std::string name =
      prefix + std::to_string(::getpid()) + "-" + std::to_string(start_of(::getpid()));
  for (const Mount& m : hierarchies()) {
    const bool v2 = m.type == "cgroup2";
    // Only a child of the root gets controllers without a change to anybody's cgroup.
    const std::string above = v2 && has_controllers(m.folder) ? m.folder : own_folder(m, own);
    sweep(above);
    const std::string path = above + "/" + name;
    if (::mkdir(path.c_str(), 0755) != 0) continue;
    for (const char* file : {"/cpuset.cpus", "/cpuset.mems"})
      if (!v2) write(path + file, read(above + file));
    groups.places_.push_back({m.folder, path, v2});
  }
  return groups;
}

bool Groups::join() const {
  bool all = true;
  for (const auto& place : places_) all &= write(place.path + "/cgroup.procs", "0");
  return all;
}

void Groups::hand_on() const {
  for (const auto& place : places_) {
    if (!place.v2 || !has_controllers(place.path)) continue;
    ::mkdir((place.path + "/" + leaf).c_str(), 0755);
    write(place.path + "/" + leaf + "/cgroup.procs", "0");
    std::istringstream words(read(place.path + "/cgroup.controllers"));
    for (std::string word; words >> word;)
      write(place.path + "/cgroup.subtree_control", "+" + word);
  }
}

std::vector<std::string> Groups::left() const {
  std::vector<std::string> found;
  for (const auto& place : places_)
    for (const auto& name : folders_in(place.mount))
      if (name != leaf) found.push_back("cgroup " + place.mount + "/" + name);
  return found;
}

void Groups::remove() const {
  for (const auto& place : places_) remove_tree(place.path);
}

}  // namespace capsule
