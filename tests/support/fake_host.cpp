#include "support/fake_host.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>

#include "support/fake_ports.hpp"

namespace gunflint {

FakeHost::FakeHost() {
  facts.hostname = "fake";
  facts.boot_id = "boot-1";
  facts.kernel = "6.1.0";
  facts.cores = 4;
  facts.memory_bytes = 8ull << 30;
  facts.capabilities = ~0ull >> 23;  // all 41
  facts.nfqueue = true;
  for (const char* tool : {"tc", "nft", "iptables", "getent", "php-fpm", "nginx"})
    facts.tools[tool] = std::string("/usr/sbin/") + tool;
  ports_ = std::make_unique<Ports>(*this);
  use_cgroups(1);
  add_process({.name = "init", .pid = 1, .parent = 0, .uid = 0});
}

FakeHost::~FakeHost() = default;

Host& FakeHost::host() { return ports_->host; }

std::vector<std::string> FakeHost::changes() const {
  std::vector<std::string> lines;
  for (const auto& call : calls)
    if (call.changes) lines.push_back(call.what);
  return lines;
}

void FakeHost::plan_accident(Accident kind, int nth) {
  accident_ = kind;
  until_accident_ = nth;
  happened_ = false;
}

void FakeHost::no_accident() { until_accident_ = 0; }

FakeHost::Planned FakeHost::next_call(std::string what, bool changes) {
  const bool now = until_accident_ > 0 && --until_accident_ == 0;
  if (now) happened_ = true;
  if (now && accident_ == Accident::Crash) return Planned::Crash;
  calls.push_back({std::move(what), changes});
  if (!now) return Planned::None;
  return accident_ == Accident::Fails ? Planned::Fails : Planned::ActsAndFails;
}

Member FakeHost::add_process(const NewProcess& asked) {
  FakeProcess process;
  process.info.id = {asked.pid != 0 ? asked.pid : next_pid_++, next_start_++};
  process.info.parent = asked.parent;
  process.info.state = 'S';
  process.info.name = asked.name;
  process.info.argv = asked.argv.empty() ? std::vector{asked.name} : asked.argv;
  process.info.uid = asked.uid;
  process.info.pid_namespace = 4026531836;
  process.info.cgroups = asked.cgroups;
  for (const auto& [controller, version] : facts.cgroups)
    process.info.cgroups.try_emplace(version == 2 ? "" : controller, "/");
  process.info.cgroups.try_emplace("", "/");
  for (const auto& [controller, path] : process.info.cgroups) add_cgroup(controller, path);
  process.limits[RLIMIT_NOFILE] = {1024, 4096};
  const auto id = process.info.id;
  Member member;
  member.target = "web";
  member.id = fmt::format("pid:{}@{}", id.pid, id.start_time);
  member.label = fmt::format("{}[{}]", asked.name, id.pid);
  member.pid = id.pid;
  member.start_time = id.start_time;
  member.boot_id = facts.boot_id;
  member.pid_namespace = process.info.pid_namespace;
  member.cgroups = process.info.cgroups;
  member.address = "127.0.0.1";
  member.ports = asked.ports;
  world.processes[id.pid] = std::move(process);
  return member;
}

int FakeHost::fork(int parent) {
  FakeProcess child = world.processes.at(parent);
  child.info.id = {next_pid_++, next_start_++};
  child.info.parent = parent;
  const int pid = child.info.id.pid;
  world.processes[pid] = std::move(child);
  return pid;
}

void FakeHost::exit_process(int pid) {
  world.processes.erase(pid);
  for (auto& [other, process] : world.processes)
    if (process.info.parent == pid) process.info.parent = 1;
}

void FakeHost::add_file(const std::string& path, const std::string& content, std::uint32_t mode,
                        std::uint32_t uid, std::uint32_t gid) {
  world.files[path] = FileState{content, mode, uid, gid};
}

void FakeHost::use_cgroups(int version) {
  facts.cgroups.clear();
  world.cgroups.clear();
  for (const char* controller : {"cpu", "memory", "pids", "cpuset"})
    facts.cgroups[controller] = version;
  facts.cgroups["freezer"] = version;
  add_cgroup("", "/");
  for (const auto& [controller, v] : facts.cgroups) add_cgroup(controller, "/");
  for (auto& [pid, process] : world.processes) {
    process.info.cgroups = {{"", "/"}};
    if (version == 1)
      for (const auto& [controller, v] : facts.cgroups) process.info.cgroups[controller] = "/";
  }
}

void FakeHost::add_cgroup(const std::string& controller, const std::string& path) {
  for (std::size_t at = 1; at != std::string::npos && at <= path.size();) {
    at = path.find('/', at);
    ports_->cgroups.populate(controller, path.substr(0, at));
    if (at != std::string::npos) ++at;
  }
  if (path == "/") ports_->cgroups.populate(controller, "/");
}

std::string FakeHost::hierarchy(const std::string& controller) const {
  const auto found = facts.cgroups.find(controller);
  return found != facts.cgroups.end() && found->second == 1 ? controller : "";
}

void FakeHost::on_command(const std::string& program, CommandScript script) {
  ports_->processes.commands[program] = std::move(script);
}
void FakeHost::on_signal(int pid, SignalScript script) {
  ports_->processes.signals[pid] = std::move(script);
}
void FakeHost::on_http(HttpScript script) { ports_->http.script = std::move(script); }
void FakeHost::on_socket(const std::string& path, SocketScript script) {
  ports_->sockets.scripts[path] = std::move(script);
}
void FakeHost::on_holder(const std::string& kind, HolderScript script) {
  ports_->holders.scripts[kind] = std::move(script);
}

void FakeHost::later(Duration delay, std::function<void(FakeHost&)> act) {
  later_.emplace(now_ + delay, std::move(act));
}

void FakeHost::advance(Duration by) {
  const Duration end = now_ + by;
  while (!later_.empty() && later_.begin()->first <= end) {
    auto node = later_.extract(later_.begin());
    now_ = node.key();
    node.mapped()(*this);
  }
  now_ = end;
}

}  // namespace gunflint
