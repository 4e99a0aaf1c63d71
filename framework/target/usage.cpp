#include "target/usage.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include <unistd.h>

#include "host/fd.hpp"
#include "target/listeners.hpp"

namespace gunflint {
namespace {

constexpr double no_limit = std::numeric_limits<double>::infinity();

std::optional<double> number(std::string_view text) {
  double n = 0;
  const auto begin = text.find_first_not_of(' ');
  if (begin == text.npos) return std::nullopt;
  text.remove_prefix(begin);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc()) return std::nullopt;
  return n;
}

/// Asks a cgroup and everything above it, and takes the smallest answer.
template <class F>
double tightest(Host& host, const Member& member, const std::string& controller, F limit_of) {
  const auto version = host.cgroups.version(controller);
  if (!version) return no_limit;
  const auto found = member.cgroups.find(*version == 2 ? "" : controller);
  if (found == member.cgroups.end()) return no_limit;
  double least = no_limit;
  for (std::string path = found->second; !path.empty();) {
    least = std::min(least, limit_of(*version, path));
    if (path == "/") break;
    path = path.substr(0, path.rfind('/'));
    if (path.empty()) path = "/";
  }
  return least;
}

}  // namespace

double cores_allowed(Host& host, const Member& member) {
  const double limit =
      tightest(host, member, "cpu", [&](int version, const std::string& path) -> double {
        if (version == 2) {
          const auto text = host.cgroups.read("cpu", path, "cpu.max");
          const auto quota = text ? number(*text) : std::nullopt;
          const auto period =
              quota ? number(std::string_view(*text).substr(text->find(' '))) : std::nullopt;
          return quota && period && *period > 0 ? *quota / *period : no_limit;
        }
        const auto quota = host.cgroups.read("cpu", path, "cpu.cfs_quota_us");
        const auto period = host.cgroups.read("cpu", path, "cpu.cfs_period_us");
        const double q = quota ? number(*quota).value_or(-1) : -1;
        const double p = period ? number(*period).value_or(-1) : -1;
        return q > 0 && p > 0 ? q / p : no_limit;
      });
  return std::min(limit, static_cast<double>(std::max(1, host.facts.cores)));
}

double memory_allowed(Host& host, const Member& member) {
  const double limit =
      tightest(host, member, "memory", [&](int version, const std::string& path) -> double {
        const auto text = host.cgroups.read("memory", path,
                                            version == 2 ? "memory.max" : "memory.limit_in_bytes");
        const auto bytes = text ? number(*text) : std::nullopt;
        return bytes && *bytes > 0 ? *bytes : no_limit;
      });
  return std::max(1.0, std::min(limit, static_cast<double>(host.facts.memory_bytes)));
}

HostCpu parse_host_cpu(std::string_view text) {
  // cpu user nice system idle iowait irq softirq steal guest guest_nice; guests are in user
  // already.
  HostCpu cpu;
  std::string_view line = text.substr(0, text.find('\n'));
  if (!line.starts_with("cpu ")) return cpu;
  line.remove_prefix(4);
  for (int column = 0; column < 8; ++column) {
    const auto begin = line.find_first_not_of(' ');
    if (begin == line.npos) break;
    line.remove_prefix(begin);
    const double ticks = number(line).value_or(0);
    cpu.total += ticks;
    if (column != 3 && column != 4) cpu.busy += ticks;
    line.remove_prefix(std::min(line.find(' '), line.size()));
  }
  return cpu;
}

double parse_host_memory(std::string_view text) {
  auto field = [&](std::string_view name) -> double {
    const auto at = text.find(name);
    return at == text.npos ? 0 : number(text.substr(at + name.size())).value_or(0);
  };
  const double total = field("MemTotal:");
  return total > 0 ? 1 - field("MemAvailable:") / total : 0;
}

void Usage::measure_host(Host& host, MemberState& state) {
  if (const auto text = host.files.read("/proc/stat")) {
    const HostCpu now = parse_host_cpu(text->content);
    if (host_cpu_.total > 0 && now.total > host_cpu_.total)
      state.cpu = (now.busy - host_cpu_.busy) / (now.total - host_cpu_.total);
    host_cpu_ = now;
  }
  if (const auto text = host.files.read("/proc/meminfo"))
    state.memory = parse_host_memory(text->content);
  for (const auto& listener : listeners_of_namespace(0))
    state.queue += static_cast<double>(listener.queue);
}

void Usage::refresh(Host& host, const ProcessTree& tree, const Member& member, Last& last) {
  last.cores = cores_allowed(host, member);
  last.memory = memory_allowed(host, member);
  last.limits_at = host.clock.now();
  last.inodes.clear();
  for (const int pid : tree.with_descendants(member.pid)) last.inodes.merge(sockets_of(pid));
}

void Usage::measure(Host& host, const std::vector<ProcessInfo>& all, const ProcessTree& tree,
                    MemberState& state) {
  const Member& member = state.member;
  if (member.pid == 0) return measure_host(host, state);
  const auto tree_pids = tree.with_descendants(member.pid);
  std::uint64_t ticks = 0, resident = 0;
  for (const auto& p : all)
    if (std::find(tree_pids.begin(), tree_pids.end(), p.id.pid) != tree_pids.end())
      ticks += p.cpu_ticks, resident += p.resident_bytes;
  const Time now = host.clock.now();
  auto [place, fresh] = last_.try_emplace(member.id);
  Last& last = place->second;
  // A limit that a fault lowers must show within seconds; sockets change even less often.
  if (fresh || now - last.limits_at >= 5s) refresh(host, tree, member, last);
  const double passed = seconds(now - last.at);
  if (!fresh && passed > 0 && ticks >= last.ticks)
    state.cpu = static_cast<double>(ticks - last.ticks) /
                static_cast<double>(::sysconf(_SC_CLK_TCK)) / passed / last.cores;
  state.memory = static_cast<double>(resident) / last.memory;
  last.ticks = ticks;
  last.at = now;
  if (last.inodes.empty()) return;
  for (const auto& listener : listeners_of_namespace(member.pid))
    if (last.inodes.contains(listener.inode)) state.queue += static_cast<double>(listener.queue);
}

void Usage::forget_all_but(const std::vector<MemberState>& states) {
  std::erase_if(last_, [&](const auto& entry) {
    return std::none_of(states.begin(), states.end(),
                        [&](const MemberState& s) { return s.member.id == entry.first; });
  });
}

}  // namespace gunflint
