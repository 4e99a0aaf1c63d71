// A setting in a configuration file, and telling its service.
#include <algorithm>
#include <charconv>

#include "common/setpoint.hpp"
#include "setting/place_in_text.hpp"
#include "setting/setting_at.hpp"

namespace gunflint {
namespace {

constexpr Duration patience = 8s;

Wanted wanted(const FileAt& at) { return {at.key, at.line, at.section}; }

Failure not_signalled(const ReloadAt& at, const ProcessInfo& found, const std::string& how) {
  return fail(Cause::Conflict,
              found.name + "[" + std::to_string(found.id.pid) + "] " + how + " and is not the " +
                  (at.service.name.empty() ? "service" : at.service.name + " of before") +
                  " (another program, user, cgroup or namespace): it was sent no signal. The file "
                  "is as asked; tell the service by hand to read it again");
}

/// The service, restarted: its command and all else is the same. Its workers may have the same
/// command; whose parent is one is no master.
Result<ProcessInfo> replacement(Host& host, const ReloadAt& at) {
  GF_TRY_AS(const std::vector<ProcessInfo> all, host.processes.all());
  std::vector<ProcessInfo> found;
  const ProcessInfo* stranger = nullptr;
  for (const ProcessInfo& process : all) {
    // Who was there before the service cannot have come in its place.
    if (process.argv != at.argv || process.id.start_time < at.process.start_time) continue;
    if (at.service.matches(process))
      found.push_back(process);
    else
      stranger = &process;
  }
  std::vector<ProcessInfo> masters;
  for (const ProcessInfo& process : found)
    if (std::ranges::none_of(found, [&](const auto& f) { return f.id.pid == process.parent; }))
      masters.push_back(process);
  if (masters.size() == 1) return masters[0];
  if (masters.size() > 1)
    return fail(Cause::Conflict, std::to_string(masters.size()) + " processes " + at.service.name +
                                     " run in the service's place: none was sent a signal. The "
                                     "file is as asked; tell the service by hand to read it again");
  if (stranger != nullptr) return not_signalled(at, *stranger, "has the service's command");
  return fail(Cause::Gone, "the service that reads the file is not running");
}

/// Whom to signal, now: a service that was restarted has another process.
Result<ProcessInfo> whom(Host& host, const ReloadAt& at) {
  if (!at.pid_file.empty()) {
    GF_TRY_AS(ProcessInfo process, process_in(host, at.pid_file));
    if (process.id == at.process || at.service.matches(process)) return process;
    return not_signalled(at, process, "stands in " + at.pid_file);
  }
  const auto same = host.processes.look(at.process.pid);
  if (same && same->id == at.process) return *same;
  if (!same && same.error().cause != Cause::Gone) return fail(same.error());
  return replacement(host, at);
}

Result<std::uint64_t> newest_child(Host& host, int pid, int& count) {
  GF_TRY_AS(const std::vector<ProcessInfo> children, children_of(host, pid));
  std::uint64_t newest = 0;
  for (const auto& child : children) newest = std::max(newest, child.id.start_time);
  count = static_cast<int>(children.size());
  return newest;
}

Result<void> run_check(Host& host, const FileAt& at) {
  if (at.check.empty()) return {};
  GF_TRY_AS(const Exit exit, host.processes.run({at.check}));
  if (exit.code == 0) return {};
  const std::string said = exit.err.empty() ? exit.out : exit.err;
  return fail(Cause::BadInput, "the service would refuse " + at.path +
                                   " with this value; it said: " + said.substr(0, 500));
}

}  // namespace

Result<ProcessInfo> process_in(Host& host, const std::string& pid_file) {
  GF_TRY_AS(const FileState file, host.files.read(pid_file));
  int pid = 0;
  const std::string& text = file.content;
  if (std::from_chars(text.data(), text.data() + text.size(), pid).ec != std::errc() || pid <= 1)
    return fail(Cause::BadInput, pid_file + " holds no process number; check `pid_file`");
  return host.processes.look(pid);
}

Result<void> reload(Host& host, const ReloadAt& at) {
  if (!at.exec.empty()) {
    GF_TRY_AS(const Exit exit, host.processes.run({at.exec}));
    if (exit.code == 0) return {};
    return fail(Cause::Io, "the reload command " + at.exec[0] + " ended with " +
                               std::to_string(exit.code) + "; it said: " + exit.err.substr(0, 300));
  }
  if (at.signal == 0) return {};
  auto process = whom(host, at);
  if (!process && process.error().cause == Cause::Gone)
    return {};  // it reads the file when started
  if (!process) return fail(process.error());
  int before = 0;
  GF_TRY_AS(const std::uint64_t newest, newest_child(host, process->id.pid, before));
  GF_TRY(host.processes.signal(process->id, at.signal));
  if (!at.new_workers || before == 0 || host.rehearsal) return {};
  for (const Time end = host.clock.now() + patience; host.clock.now() < end;) {
    int count = 0;
    GF_TRY_AS(const std::uint64_t now, newest_child(host, process->id.pid, count));
    if (count > 0 && now > newest) return {};
    host.clock.sleep(20ms);
  }
  return fail(Cause::TimedOut, process->name + " started no new workers within " + print(patience) +
                                   " of being told to reload, so nobody has seen it take the "
                                   "change; see its error log, or, when it replaces none, add "
                                   "`read_back` to the file's setting");
}

Result<Value> read_file(Host& host, const FileAt& at) {
  GF_TRY_AS(const FileState file, host.files.read(at.path));
  auto place = find_place(file.content, wanted(at));
  if (!place) return fail(place.error().cause, at.path + ": " + place.error().message);
  return Value(file.content.substr(place->begin, place->size));
}

Result<Value> read_back(Host& host, const FileAt& at) {
  GF_TRY_AS(const Exit exit, host.processes.run({at.read_back}));
  if (exit.code != 0)
    return fail(Cause::Io, "`read_back` " + at.read_back[0] + " ended with " +
                               std::to_string(exit.code) + "; it said: " + exit.err.substr(0, 300));
  const auto begin = exit.out.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos)
    return fail(Cause::BadInput, "`read_back` " + at.read_back[0] +
                                     " printed nothing; it must print the value alone");
  return Value(exit.out.substr(begin, exit.out.find_last_not_of(" \t\r\n") - begin + 1));
}

Result<void> can_be_seen(Host& host, const FileAt& at, const Value& now) {
  if (at.trusted) return {};
  if (!at.read_back.empty()) {
    GF_TRY_AS(const Value works, read_back(host, at));
    if (spelled(works) == spelled(now)) return {};
    return fail(Cause::BadInput, "`read_back` prints " + spelled(works) + " while " + at.path +
                                     " says " + spelled(now) +
                                     "; reload the service first, or correct `read_back`");
  }
  if (!at.reload.new_workers) return {};
  int children = 0;
  if (at.reload.process.pid != 0) {
    GF_TRY(newest_child(host, at.reload.process.pid, children));
  }
  if (children > 0) return {};
  const std::string who = at.reload.process.pid == 0
                              ? "the service of " + at.path + " is not running"
                              : at.reload.service.name + "[" +
                                    std::to_string(at.reload.process.pid) +
                                    "] has no workers whose replacement would show that it has "
                                    "read " +
                                    at.path;
  return fail(Cause::BadInput, who +
                                   "; change it by `file` with `read_back: [command, …]` that "
                                   "prints the value the service works with, or with `trusted: "
                                   "true`");
}

/// Replaces the value alone, so that putting the old value back gives the old bytes.
Result<void> write_file(Host& host, const FileAt& at, const Value& value) {
  GF_TRY_AS(const FileState file, host.files.read(at.path));
  GF_TRY_AS(const PlaceInText place, find_place(file.content, wanted(at)));
  std::string content = file.content;
  content.replace(place.begin, place.size, spelled(value));
  if (const auto again = find_place(content, wanted(at));
      !again || again->begin != place.begin || again->size != spelled(value).size())
    return fail(Cause::BadInput, "`" + spelled(value) + "` cannot stand as a value in " + at.path +
                                     "; write a single word or number");
  GF_TRY(host.files.replace(at.path, content));
  if (const auto accepted = run_check(host, at); !accepted) {
    GF_TRY(host.files.replace(at.path, file.content));
    return accepted;
  }
  return reload(host, at.reload);
}

}  // namespace gunflint
