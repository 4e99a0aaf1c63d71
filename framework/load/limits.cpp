#include "load/limits.hpp"

#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>

#include <fmt/format.h>

#include "gunflint/base/units.hpp"
#include "host/fd.hpp"
#include "load/http2.hpp"

namespace gunflint {
namespace {

/// Descriptors that the rest of the process needs.
constexpr rlim_t reserve = 64;

/// The number behind `key` in a text of lines "key: number kB"; 0: not there.
std::size_t kilobytes_of(const std::string& text, std::string_view key) {
  const auto at = text.find(key);
  return at == text.npos ? 0 : std::strtoull(text.c_str() + at + key.size(), nullptr, 10);
}

/// A number in a file of cgroups; nothing for "max" or where there is none.
std::optional<std::size_t> number_in(const std::string& path) {
  std::ifstream file(path);
  std::size_t number = 0;
  if (!(file >> number)) return std::nullopt;
  return number;
}

/// What a container's own limit leaves, where /sys/fs/cgroup shows it.
std::optional<std::size_t> free_of_cgroup() {
  const auto most = number_in("/sys/fs/cgroup/memory.max");
  const auto used = number_in("/sys/fs/cgroup/memory.current");
  if (!most || !used) return std::nullopt;
  return *most > *used ? *most - *used : 0;
}

std::string megabytes(std::size_t bytes) { return fmt::format("{} MiB", bytes >> 20); }

}  // namespace

Result<void> make_room_for_sockets(std::size_t sockets) {
  const auto wanted = static_cast<rlim_t>(sockets);
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return fail_errno(errno, "read the descriptor limit");
  if (limit.rlim_cur >= wanted + reserve) return {};
  if (limit.rlim_max < wanted + reserve)
    return fail(
        Cause::Unsupported,
        fmt::format("{} connections need {} open files, and this process may have {}; lower "
                    "`connections`, or raise the hard limit (`ulimit -Hn`)",
                    wanted, wanted + reserve, limit.rlim_max));
  limit.rlim_cur = std::max(limit.rlim_cur, wanted + reserve);
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return fail_errno(errno, "raise the descriptor limit");
  return {};
}

Result<void> check_local_ports(const LoadProgram& program, const Addresses& addresses) {
  if (!program.spec.connect.unix_socket.empty()) return {};
  long first = 0, last = 0;
  std::ifstream file("/proc/sys/net/ipv4/ip_local_port_range");
  if (!(file >> first >> last)) return {};
  std::size_t servers = 0;
  for (std::size_t i = 0; i < program.origins.size(); ++i) servers += addresses.of(i)->size();
  const auto ports = static_cast<std::size_t>(last - first + 1) * std::max<std::size_t>(1, servers);
  if (static_cast<std::size_t>(program.spec.http.connections) <= ports) return {};
  return fail(
      Cause::Unsupported,
      fmt::format("load `{}`: {} connections need as many local ports, and this machine has "
                  "{}; lower `connections`, or widen net.ipv4.ip_local_port_range",
                  program.spec.name, program.spec.http.connections, ports));
}

Result<void> check_source_address(const LoadProgram& program) {
  const auto& text = program.spec.connect.source_address;
  if (text.empty()) return {};
  const auto address = numeric_address(text, 0);
  if (!address)
    return fail(Cause::BadInput,
                fmt::format("load `{}`: `source_address: {}` is no IP address; write one of this "
                            "machine's, as `ip address` shows them",
                            program.spec.name, text));
  const Fd probe(socket(address->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (probe.get() >= 0 &&
      bind(probe.get(), reinterpret_cast<const sockaddr*>(&address->storage), address->size) == 0)
    return {};
  return fail(
      Cause::Unsupported,
      fmt::format("load `{}`: connections cannot come from `{}` ({}); choose one of this "
                  "machine's addresses, as `ip address` shows them",
                  program.spec.name, text,
                  errno == EADDRNOTAVAIL ? "this machine does not have it" : std::strerror(errno)));
}

Result<std::vector<int>> cores_to_spin_on(int loops) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
    return fail_errno(errno, "read which processors this process may use");
  std::vector<int> cores;
  for (int core = CPU_SETSIZE - 1; core >= 0; --core)
    if (CPU_ISSET(core, &allowed)) cores.push_back(core);
  const auto present = static_cast<std::size_t>(sysconf(_SC_NPROCESSORS_ONLN));
  const auto usable = cores.size() < present ? cores.size() : cores.size() - 1;
  if (static_cast<std::size_t>(loops) > usable)
    return fail(
        Cause::Unsupported,
        fmt::format("`pacing: precise` spins on a core per loop: {} loops would need {}, and "
                    "{} of this machine's {} may be taken; use fewer loops, or `pacing: timer`",
                    loops, loops, usable, present));
  cores.resize(static_cast<std::size_t>(loops));
  return cores;
}

std::size_t bytes_per_connection(const LoadProgram& program) {
  const bool tls = program.tls != nullptr;
  const bool two = program.spec.http.version == HttpVersion::Two ||
                   (tls && program.spec.http.version == HttpVersion::Auto);
  // Plain: the connection and its user. TLS: OpenSSL's state, and its buffers where they are kept.
  return 1024 + (tls ? 48 * 1024 : 0) + (two ? 24 * 1024 : 0);
}

Result<void> check_memory(const std::vector<LoadProgram>& programs) {
  const auto text = read_text_file("/proc/meminfo");
  if (!text) return {};
  std::size_t free = kilobytes_of(*text, "MemAvailable:") * 1024;
  if (const auto ours = free_of_cgroup()) free = std::min(free, *ours);
  std::size_t needed = 0;
  for (const auto& program : programs)
    needed +=
        bytes_per_connection(program) * static_cast<std::size_t>(program.spec.http.connections);
  if (free == 0 || needed <= free) return {};
  return fail(Cause::Unsupported,
              fmt::format("the load may need {} for its connections, and {} are free; lower "
                          "`connections`, or give the generator a machine with more memory",
                          megabytes(needed), megabytes(free)));
}

}  // namespace gunflint
