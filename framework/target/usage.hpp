#pragma once
/// How much of its limit (else of the host) a member uses: cpu, memory, accept queue.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gunflint/concepts/target.hpp"
#include "target/process_tree.hpp"

namespace gunflint {

/// Cores that the process may use: the tightest cpu quota of its cgroup and those above it, else
/// all cores of the host.
double cores_allowed(Host& host, const Member& member);
/// Bytes of memory that it may use: the tightest limit, else the host's memory.
double memory_allowed(Host& host, const Member& member);

/// Totals of /proc/stat and /proc/meminfo, as texts.
struct HostCpu {
  double busy = 0, total = 0;  ///< ticks
};
HostCpu parse_host_cpu(std::string_view text);
/// 1 - MemAvailable / MemTotal.
double parse_host_memory(std::string_view text);

/// Keeps the counters of the last look.
class Usage {
 public:
  /// Fills cpu, memory and queue of a state. The first look at a member gives cpu 0.
  void measure(Host& host, const std::vector<ProcessInfo>& all, const ProcessTree& tree,
               MemberState& state);
  void forget_all_but(const std::vector<MemberState>& states);

 private:
  struct Last {
    std::uint64_t ticks = 0;
    Time at{};
    double cores = 1, memory = 1;
    Time limits_at{};
    std::set<std::uint64_t> inodes;
  };
  void measure_host(Host& host, MemberState& state);
  void refresh(Host& host, const ProcessTree& tree, const Member& member, Last& last);

  std::map<std::string, Last> last_;
  HostCpu host_cpu_;
};

}  // namespace gunflint
