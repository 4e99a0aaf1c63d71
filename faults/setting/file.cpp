// A setting in a configuration file, and telling its service.
#include <algorithm>
#include <charconv>

#include "common/setpoint.hpp"
#include "setting/place_in_text.hpp"
#include "setting/setting_at.hpp"

namespace gunflint {
namespace {

constexpr Duration patience = 8s;
/// A child that lives for so long is a worker; one that ends sooner may have been a connection's.
constexpr Duration lasting = 1s;

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

/// nginx's workers of before live on while a request is open, and say so in their title.
bool is_draining(const ProcessInfo& worker) {
  return !worker.argv.empty() && worker.argv[0].find("shutting down") != std::string::npos;
}

/// Only what the workers do shows that the service has taken it, and nobody knows this service:
/// it may as well fork a child for every connection.
bool must_be_seen(const ReloadAt& at, Purpose purpose) {
  return at.new_workers && !at.surely && purpose == Purpose::Fault;
}

bool is_one_of(const std::vector<ProcessId>& some, const ProcessInfo& process) {
  return std::ranges::find(some, process.id) != some.end();
}

Failure cannot_be_seen(const std::string& why) {
  return fail(Cause::BadInput, why +
                                   "; change it by `file` with `read_back: [command, …]` that "
                                   "prints the value the service works with, or with `trusted: "
                                   "true`");
}

Failure nobody_to_replace(const ReloadAt& at, const std::string& which, const std::string& what) {
  return cannot_be_seen(at.service.name + "[" + std::to_string(at.process.pid) +
                        "] has no workers" + which +
                        " whose replacement would show that it has read " + what);
}

Failure nobody_lasts(const ReloadAt& at, const std::string& what) {
  return nobody_to_replace(at, " (children that live for " + print(lasting) + " or more)", what);
}

/// The second look at the workers that were seen when all was observed, before anything is changed.
Result<void> see_lasting(Host& host, const FileAt& at) {
  host.clock.sleep(lasting);
  GF_TRY_AS(const std::vector<ProcessInfo> now, children_of(host, at.reload.process.pid));
  if (std::ranges::any_of(now, [&](const auto& p) { return is_one_of(at.reload.workers, p); }))
    return {};
  return nobody_lasts(at.reload, at.path);
}

/// What became of a service's workers since it was told.
struct Workers {
  std::vector<ProcessId> born;  ///< new ones that live
  std::size_t stay = 0;         ///< those of before that still work
};

Result<Workers> workers_since(Host& host, int master, const std::vector<ProcessInfo>& before) {
  GF_TRY_AS(const std::vector<ProcessInfo> now, children_of(host, master));
  Workers found;
  for (const ProcessInfo& child : now) {
    const bool of_before =
        std::ranges::any_of(before, [&](const auto& b) { return b.id == child.id; });
    if (!of_before) found.born.push_back(child.id);
    if (of_before && !is_draining(child)) ++found.stay;
  }
  return found;
}

/// New children that are all there for a while: workers. In a service that forks one for each
/// connection some always end meanwhile.
class Newcomers {
 public:
  bool last(const std::vector<ProcessId>& born, Time now) {
    const bool all_live = std::ranges::all_of(
        watched_, [&](const ProcessId& one) { return std::ranges::find(born, one) != born.end(); });
    if (watched_.empty() || !all_live) {
      watched_ = born;
      since_ = now;
    }
    came_ = came_ || !born.empty();
    return !watched_.empty() && now - since_ >= lasting;
  }
  bool came() const { return came_; }

 private:
  std::vector<ProcessId> watched_;
  Time since_{};
  bool came_ = false;
};

Failure not_replaced(const ProcessInfo& master, std::size_t stay, bool came, std::size_t before) {
  std::string what =
      " started no new workers within " + print(patience) + " of being told to reload";
  if (came && stay > 0)
    what = " still has " + std::to_string(stay) + " of its " + std::to_string(before) +
           " child processes " + print(patience) + " after it was told to reload";
  else if (came)
    what = " started only child processes that soon ended, as for connections, within " +
           print(patience) + " of being told to reload";
  return fail(Cause::TimedOut, master.name + what +
                                   ", so nobody has seen it take the change; see its error log, "
                                   "or, when it does not replace them all, add `read_back` to the "
                                   "file's setting");
}

/// One new worker may be another client's connection; that nobody of before works on, and the new
/// ones stay, is the reload. An undo takes the one as enough: a worker that hangs must not keep it
/// open.
Result<void> see_replaced(Host& host, const ReloadAt& at, const ProcessInfo& master,
                          const std::vector<ProcessInfo>& before, Purpose purpose) {
  const bool must = must_be_seen(at, purpose);
  Workers since;
  Newcomers newcomers;
  for (const Time end = host.clock.now() + patience + (must ? lasting : 0s);
       host.clock.now() < end;) {
    GF_TRY_AS(since, workers_since(host, master.id.pid, before));
    const bool stay = newcomers.last(since.born, host.clock.now());
    if (!since.born.empty() && (since.stay == 0 || purpose == Purpose::Undo) && (stay || !must))
      return {};
    host.clock.sleep(20ms);
  }
  if (purpose == Purpose::Undo && !at.surely) return {};
  return not_replaced(master, since.stay, newcomers.came(), before.size());
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

Result<void> reload(Host& host, const ReloadAt& at, Purpose purpose) {
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
  GF_TRY_AS(const std::vector<ProcessInfo> before, children_of(host, process->id.pid));
  // Those of the two looks may have ended since.
  if (must_be_seen(at, purpose) && !host.rehearsal &&
      std::ranges::none_of(before, [&](const auto& p) { return is_one_of(at.workers, p); }))
    return nobody_lasts(at, "its file");
  GF_TRY(host.processes.signal(process->id, at.signal));
  if (!at.new_workers || host.rehearsal) return {};
  if (before.empty() && !must_be_seen(at, purpose)) return {};  // who has none replaces none
  return see_replaced(host, at, *process, before, purpose);
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
  const int master = at.reload.process.pid;
  if (master == 0) return cannot_be_seen("the service of " + at.path + " is not running");
  GF_TRY_AS(const std::vector<ProcessInfo> workers, children_of(host, master));
  return workers.empty() ? nobody_to_replace(at.reload, "", at.path) : Result<void>();
}

/// Replaces the value alone, so that putting the old value back gives the old bytes.
Result<void> write_file(Host& host, const FileAt& at, const Value& value, Purpose purpose) {
  if (must_be_seen(at.reload, purpose) && !host.rehearsal) GF_TRY(see_lasting(host, at));
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
  return reload(host, at.reload, purpose);
}

}  // namespace gunflint
