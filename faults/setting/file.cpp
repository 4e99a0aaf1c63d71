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

/// Whom to signal, now: a service that was restarted has another process.
Result<ProcessInfo> whom(Host& host, const ReloadAt& at) {
  if (!at.pid_file.empty()) {
    GF_TRY_AS(const FileState file, host.files.read(at.pid_file));
    int pid = 0;
    const std::string& text = file.content;
    if (std::from_chars(text.data(), text.data() + text.size(), pid).ec != std::errc() || pid <= 1)
      return fail(Cause::BadInput, at.pid_file + " holds no process number; check `pid_file`");
    return host.processes.look(pid);
  }
  const auto same = host.processes.look(at.process.pid);
  if (same && same->id == at.process) return *same;
  if (!same && same.error().cause != Cause::Gone) return fail(same.error());
  GF_TRY_AS(const std::vector<ProcessInfo> all, host.processes.all());
  for (const ProcessInfo& process : all)
    if (process.argv == at.argv) return process;
  return fail(Cause::Gone, "the service that reads the file is not running");
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
                                   " of being told to reload; see its error log");
}

Result<Value> read_file(Host& host, const FileAt& at) {
  GF_TRY_AS(const FileState file, host.files.read(at.path));
  auto place = find_place(file.content, wanted(at));
  if (!place) return fail(place.error().cause, at.path + ": " + place.error().message);
  return Value(file.content.substr(place->begin, place->size));
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
