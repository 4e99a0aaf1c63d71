#include "host/process_table.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "host/fd.hpp"

namespace gunflint {
namespace {

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto start = text.find_first_not_of(" \n");
    if (start == std::string_view::npos) break;
    text.remove_prefix(start);
    const auto end = std::min(text.find_first_of(" \n"), text.size());
    out.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return out;
}

template <class N>
N number(std::string_view text) {
  N value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string proc_path(int pid, const char* file) { return fmt::format("/proc/{}/{}", pid, file); }

Failure gone(int pid) { return fail(Cause::Gone, fmt::format("process {} is no more", pid)); }

std::vector<int> numbers_in_proc() {
  std::vector<int> pids;
  DIR* folder = ::opendir("/proc");
  if (folder == nullptr) return pids;
  while (const dirent* entry = ::readdir(folder))
    if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
      pids.push_back(std::atoi(entry->d_name));
  ::closedir(folder);
  std::sort(pids.begin(), pids.end());
  return pids;
}

}  // namespace

Result<ProcessStat> parse_process_stat(std::string_view text) {
  const auto open = text.find('(');
  const auto close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open)
    return fail(Cause::BadInput, "a line of /proc/pid/stat has no name in brackets");
  const auto rest = words(text.substr(close + 1));
  if (rest.size() < 22) return fail(Cause::BadInput, "a line of /proc/pid/stat is too short");
  ProcessStat stat;
  stat.pid = number<int>(text.substr(0, open));
  stat.name = std::string(text.substr(open + 1, close - open - 1));
  stat.state = rest[0][0];
  stat.parent = number<int>(rest[1]);
  stat.group = number<int>(rest[2]);
  stat.session = number<int>(rest[3]);
  stat.user_ticks = number<std::uint64_t>(rest[11]);
  stat.system_ticks = number<std::uint64_t>(rest[12]);
  stat.start_time = number<std::uint64_t>(rest[19]);
  stat.resident_pages = number<std::uint64_t>(rest[21]);
  return stat;
}

Result<ProcessStat> read_process_stat(int pid) {
  auto text = read_text_file(proc_path(pid, "stat"));
  if (!text) return gone(pid);
  return parse_process_stat(*text);
}

std::map<std::string, std::string> parse_cgroup_list(std::string_view text) {
  std::map<std::string, std::string> paths;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto first = line.find(':');
    const auto second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    std::string_view names = line.substr(first + 1, second - first - 1);
    const std::string path(line.substr(second + 1));
    if (names.empty()) paths[""] = path;
    while (!names.empty()) {
      const auto comma = std::min(names.find(','), names.size());
      if (!names.starts_with("name=")) paths[std::string(names.substr(0, comma))] = path;
      names.remove_prefix(std::min(comma + 1, names.size()));
    }
  }
  return paths;
}

Result<ProcessInfo> read_process(int pid) {
  GF_TRY_AS(const ProcessStat stat, read_process_stat(pid));
  ProcessInfo info;
  info.id = {pid, stat.start_time};
  info.parent = stat.parent;
  info.state = stat.state;
  info.name = stat.name;
  info.cpu_ticks = stat.user_ticks + stat.system_ticks;
  info.resident_bytes = stat.resident_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  struct stat owner {};
  if (::stat(fmt::format("/proc/{}", pid).c_str(), &owner) != 0) return gone(pid);
  info.uid = owner.st_uid;
  if (auto line = read_text_file(proc_path(pid, "cmdline"))) {
    std::string_view rest = *line;
    while (!rest.empty()) {
      const auto end = std::min(rest.find('\0'), rest.size());
      info.argv.emplace_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  if (auto groups = read_text_file(proc_path(pid, "cgroup")))
    info.cgroups = parse_cgroup_list(*groups);
  struct stat space {};  // Not readable for other users' processes: then it stays 0.
  if (::stat(proc_path(pid, "ns/pid").c_str(), &space) == 0) info.pid_namespace = space.st_ino;
  return info;
}

std::vector<ProcessStat> read_process_stats() {
  std::vector<ProcessStat> all;
  for (const int pid : numbers_in_proc())
    if (auto stat = read_process_stat(pid)) all.push_back(std::move(*stat));
  return all;
}

std::string protected_because(const ProcessStat& process) {
  if (process.pid == 1) return "it is the first process of this system";
  for (int pid = ::getpid(); pid > 1;) {
    if (pid == process.pid) return "it is gunflint itself or what started it";
    const auto stat = read_process_stat(pid);
    if (!stat) break;
    pid = stat->parent;
  }
  // All of ours begin so; the shop of the demo is there to be a victim.
  if (process.name.starts_with("gunflint") && process.name != "gunflint-shop")
    return "it belongs to gunflint";
  // Names as in /proc/pid/comm, cut at 15 characters by the kernel.
  static constexpr std::array names{std::string_view("sshd"),
                                    std::string_view("sshd-session"),
                                    std::string_view("systemd"),
                                    std::string_view("systemd-logind"),
                                    std::string_view("systemd-udevd"),
                                    std::string_view("dbus-daemon"),
                                    std::string_view("dockerd"),
                                    std::string_view("containerd"),
                                    std::string_view("containerd-shim"),
                                    std::string_view("docker-proxy"),
                                    std::string_view("docker-init"),
                                    std::string_view("podman"),
                                    std::string_view("conmon"),
                                    std::string_view("crio"),
                                    std::string_view("kubelet"),
                                    std::string_view("runc"),
                                    std::string_view("crun"),
                                    std::string_view("k3s")};
  for (const auto name : names)
    if (process.name == name)
      return fmt::format("{} keeps this machine reachable or its containers running", name);
  return {};
}

}  // namespace gunflint
