#include <fmt/format.h>
#include <fmt/ranges.h>

#include <csignal>

#include "support/fake_ports.hpp"

namespace gunflint {

Result<FakeProcess*> FakeProcesses::find(const ProcessId& process) {
  const auto found = world_.processes.find(process.pid);
  if (found == world_.processes.end() || found->second.info.id != process ||
      found->second.info.state == 'Z')
    return fail(Cause::Gone, fmt::format("process {} is no more", process.pid));
  return &found->second;
}

Result<Exit> FakeProcesses::run(const Command& command) {
  // Whoever is asked to `show` something changes nothing.
  const bool changes = command.argv.size() < 2 || command.argv[1] != "show";
  return fake_.call<Exit>(
      fmt::format("run {}", fmt::join(command.argv, " ")), changes, [&]() -> Result<Exit> {
        const auto script = commands.find(command.argv.at(0));
        if (script == commands.end())
          return fail(Cause::Unsupported,
                      "there is no program " + command.argv[0] + " in PATH; install it");
        return script->second(fake_, command);
      });
}

Result<ProcessInfo> FakeProcesses::look(int pid) {
  return fake_.call<ProcessInfo>(fmt::format("look {}", pid), false, [&]() -> Result<ProcessInfo> {
    const auto found = world_.processes.find(pid);
    if (found == world_.processes.end())
      return fail(Cause::Gone, fmt::format("process {} is no more", pid));
    return found->second.info;
  });
}

Result<std::vector<ProcessInfo>> FakeProcesses::all() {
  return fake_.call<std::vector<ProcessInfo>>("all", false, [&] {
    std::vector<ProcessInfo> infos;
    for (const auto& [pid, process] : world_.processes) infos.push_back(process.info);
    return Result<std::vector<ProcessInfo>>(std::move(infos));
  });
}

Result<void> FakeProcesses::signal(const ProcessId& process, int number) {
  return fake_.call<void>(
      fmt::format("signal {} {}", process.pid, number), true, [&]() -> Result<void> {
        GF_TRY_AS(FakeProcess * found, find(process));
        if (process.pid == 1)
          return fail(Cause::NotPermitted, "process 1 is never a victim; choose another target");
        const auto script = signals.find(process.pid);
        if (number == SIGSTOP) {
          found->info.state = 'T';
        } else if (number == SIGCONT) {
          found->info.state = 'S';
        } else if (number == SIGKILL) {
          fake_.exit_process(process.pid);
        } else if (script != signals.end()) {
          script->second(fake_, *found, number);
        } else if (number != 0 && number != SIGCHLD && number != SIGURG && number != SIGWINCH) {
          fake_.exit_process(process.pid);
        }
        return {};
      });
}

Result<SoftLimit> FakeProcesses::limit(const ProcessId& process, int resource) {
  return fake_.call<SoftLimit>(fmt::format("limit {} {}", process.pid, resource), false,
                               [&]() -> Result<SoftLimit> {
                                 GF_TRY_AS(FakeProcess * found, find(process));
                                 return found->limits[resource];
                               });
}

Result<void> FakeProcesses::set_soft_limit(const ProcessId& process, int resource,
                                           std::uint64_t soft) {
  return fake_.call<void>(fmt::format("set_soft_limit {} {} {}", process.pid, resource, soft), true,
                          [&]() -> Result<void> {
                            GF_TRY_AS(FakeProcess * found, find(process));
                            SoftLimit& limit = found->limits[resource];
                            if (soft > limit.hard)
                              return fail(Cause::BadInput,
                                          "a soft limit cannot be above the hard one");
                            limit.soft = soft;
                            return {};
                          });
}

Result<std::vector<ProcessInfo>> FakeProcesses::descendants(int pid) {
  return fake_.call<std::vector<ProcessInfo>>(fmt::format("descendants {}", pid), false, [&] {
    std::vector<ProcessInfo> found;
    std::vector<int> generation{pid};
    while (!generation.empty()) {
      std::vector<int> next;
      for (const int parent : generation)
        for (const auto& [child, process] : world_.processes)
          if (process.info.parent == parent && child != parent) {
            found.push_back(process.info);
            next.push_back(child);
          }
      generation = std::move(next);
    }
    return Result<std::vector<ProcessInfo>>(std::move(found));
  });
}

}  // namespace gunflint
