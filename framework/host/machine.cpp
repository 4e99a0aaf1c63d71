// What this machine is and can do.
#include <array>
#include <charconv>
#include <cstdlib>

#include <sched.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "host/fd.hpp"
#include "host/real_host.hpp"

namespace gunflint {
namespace {

std::string first_line(const std::string& path) {
  auto text = read_text_file(path);
  if (!text) return {};
  return text->substr(0, text->find('\n'));
}

std::uint64_t effective_capabilities() {
  const auto status = read_text_file("/proc/self/status");
  if (!status) return 0;
  const auto at = status->find("CapEff:");
  if (at == std::string::npos) return 0;
  const auto digits = status->find_first_not_of(" \t", at + 7);
  std::uint64_t set = 0;
  std::from_chars(status->data() + digits, status->data() + status->size(), set, 16);
  return set;
}

std::map<std::string, std::string> find_tools() {
  std::map<std::string, std::string> found;
  constexpr std::array names{"tc", "nft", "iptables", "ip6tables", "getent", "systemctl", "ip"};
  constexpr std::array folders{"/usr/sbin", "/usr/bin",        "/sbin",
                               "/bin",      "/usr/local/sbin", "/usr/local/bin"};
  for (const auto* name : names)
    for (const auto* folder : folders) {
      std::string path = fmt::format("{}/{}", folder, name);
      if (::access(path.c_str(), X_OK) == 0 && found.try_emplace(name, path).second) break;
    }
  return found;
}

/// Runs a tool in a network namespace made for it and thrown away with it: the answer comes from
/// this kernel, and the machine's own network is never touched. Bit 0: netem, bit 1: NFQUEUE.
int try_network_features(const Facts& facts) {
  const int child = ::fork();
  if (child < 0) return 0;
  if (child == 0) {
    close_all_but(-1);
    if (::unshare(CLONE_NEWNET) != 0) ::_exit(0);
    const auto tools = make_real_processes();
    const auto works = [&](std::vector<std::string> argv) {
      if (!facts.tools.contains(argv[0])) return false;
      const auto result = tools->run({std::move(argv), {}, 2s});
      return result && result->code == 0;
    };
    int found = 0;
    if (works({"tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms"})) found |= 1;
    if (works({"iptables", "-t", "mangle", "-A", "PREROUTING", "-i", "lo", "-j", "NFQUEUE",
               "--queue-num", "1", "--queue-bypass"}))
      found |= 2;
    ::_exit(found);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

}  // namespace

Facts look_up_facts() {
  Facts facts;
  utsname names{};
  if (::uname(&names) == 0) {
    facts.hostname = names.nodename;
    facts.kernel = names.release;
  }
  facts.boot_id = first_line("/proc/sys/kernel/random/boot_id");
  facts.cores = static_cast<int>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
  struct sysinfo memory {};
  if (::sysinfo(&memory) == 0) facts.memory_bytes = memory.totalram * memory.mem_unit;
  facts.uid = ::geteuid();
  facts.capabilities = effective_capabilities();
  const auto cgroups = make_real_cgroups();
  for (const char* controller : {"", "cpu", "memory", "pids", "cpuset", "freezer", "io", "blkio"})
    if (const auto version = cgroups->version(controller)) facts.cgroups[controller] = *version;
  facts.tools = find_tools();
  if (facts.uid == 0) {
    const int found = try_network_features(facts);
    facts.netem = (found & 1) != 0;
    facts.nfqueue = (found & 2) != 0;
  }
  return facts;
}

}  // namespace gunflint
