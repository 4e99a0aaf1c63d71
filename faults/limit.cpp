// limit: lowers what a process may use: processors, memory, processes (control groups, v1 and v2)
// and open files (the soft limit of the running processes).
#include <charconv>

#include "common/failures.hpp"
#include "common/family.hpp"
#include "gunflint/concepts/fault.hpp"
#include "gunflint/host/victims.hpp"
#include "limit/cgroup_limit.hpp"
#include "limit/open_files.hpp"

namespace gunflint {
namespace {

std::string positive_number(const Setpoint& value) {
  if (value.share) return "";
  double number = 0;
  const auto [end, error] =
      std::from_chars(value.text.data(), value.text.data() + value.text.size(), number);
  return error == std::errc() && end == value.text.data() + value.text.size() && number > 0
             ? ""
             : "`" + value.text + "` is no number of cores; write `0.5` or `50% of current`";
}

std::string positive_integer(const Setpoint& value) {
  if (value.share) return "";
  std::uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(value.text.data(), value.text.data() + value.text.size(), number);
  return error == std::errc() && end == value.text.data() + value.text.size() && number > 0
             ? ""
             : "`" + value.text + "` is no whole number; write `64` or `50% of current`";
}

std::string amount_of_memory(const Setpoint& value) {
  if (value.share) return "";
  const auto bytes = parse_bytes(value.text);
  return bytes ? "" : bytes.error().message;
}

struct Limit {
  static constexpr std::string_view name = "limit";
  static constexpr std::string_view summary =
      "Lowers what a process may use: cores, memory, processes, open files.";
  static constexpr std::string_view example = R"(- name: half the cores
  type: limit
  target: web
  pick: all
  cpu: 50% of current
  open_files: 256
  for: 1m
)";
  static constexpr Place place = Place::Host;
  static constexpr Healing healing = Healing::ByUs;

  struct Params {
    std::optional<Setpoint> cpu, memory, pids, open_files;
    std::optional<std::string> cpuset;
    static Fields<Params> fields() {
      return {
          field("cpu", &Params::cpu, "Cores: `0.5`, or `50% of current` (limit, else the host's).")
              .check(positive_number),
          field("memory", &Params::memory,
                "Memory: `256MiB`, or `50% of current` (limit, else the host's).")
              .check(amount_of_memory),
          field("pids", &Params::pids, "Processes and threads: `64`, or `50% of current`.")
              .check(positive_integer),
          field("cpuset", &Params::cpuset, "The processors it may run on: `0` or `0-1,3`.")
              .check([](const std::string& text) {
                const auto list = tidy_cpu_list(text);
                return list ? std::string() : list.error().message;
              }),
          field("open_files", &Params::open_files,
                "Open files (soft limit) of the running processes: `256`, or `50% of current`.")
              .check(positive_integer)};
    }
  };
  struct Saved {
    std::vector<GroupLimit> groups;
    std::optional<OpenFiles> open_files;
    static Fields<Saved> fields() {
      return {field("groups", &Saved::groups, "Control groups."),
              field("open_files", &Saved::open_files, "Open files.")};
    }
  };

  static std::string check(const Params& p) {
    if (p.cpu || p.memory || p.pids || p.cpuset || p.open_files) return {};
    return "it limits nothing; write `cpu`, `memory`, `pids`, `cpuset` or `open_files`";
  }
  static bool wants_root(const Params& p) { return !asked(p).empty(); }

  static std::vector<Need> needs(const Facts& facts, const Params& p) {
    std::vector<Need> needs;
    for (const auto& limit : asked(p))
      needs.push_back({"cgroup " + limit.controller, "to limit " + limit.controller,
                       facts.cgroups.contains(limit.controller),
                       "mount a cgroup hierarchy with the controller " + limit.controller});
    if (!needs.empty())
      needs.push_back({"root", "to write to control groups", facts.uid == 0,
                       "run the agent as root, for example with sudo"});
    return needs;
  }
  static std::vector<std::string> touches(const Member& member, const Params& p) {
    std::vector<std::string> keys;
    for (const auto& limit : asked(p))
      keys.push_back("limit:" + limit.controller + ":" + member.id);
    if (p.open_files) keys.push_back("limit:open_files:" + member.id);
    return keys;
  }
  static std::string no_effect(const Params&, const Saved& saved) {
    for (const auto& group : saved.groups)
      for (const auto& change : group.changes)
        if (change.old != change.set) return {};
    if (saved.open_files)
      for (const auto& process : saved.open_files->family)
        if (process.soft != saved.open_files->set) return {};
    return "the limits are what was asked for already";
  }

  static Result<Saved> observe(Host& host, const Member& member, const Params& p) {
    if (member.pid == 0)
      return fail(Cause::BadInput,
                  "the target selects hosts, and `limit` needs a process; add "
                  "`process:` or `pid_file:` to the target");
    // Whoever is not to be limited is not to be moved or raised either: the whole family is asked
    // before anything is touched, and then the undo has no reason to ask.
    GF_TRY_AS(const auto family, family_of(host, {member.pid, member.start_time}));
    for (const ProcessInfo& process : family) GF_TRY(refuse_ours(process));
    Saved saved;
    GF_TRY_AS(saved.groups, observe_groups(host, member, asked(p)));
    if (p.open_files) {
      GF_TRY_AS(saved.open_files, observe_open_files(host, member, *p.open_files));
    }
    return saved;
  }
  static Result<void> inject(Host& host, const Member& member, const Params&, const Saved& saved,
                             const Tag& tag) {
    for (const auto& group : saved.groups) GF_TRY(limit_group(host, member, group, tag));
    if (saved.open_files) GF_TRY(limit_open_files(host, member, *saved.open_files));
    return {};
  }
  static Result<void> restore(Host& host, const Saved& saved, const Tag& tag) {
    Failures failures;
    if (saved.open_files) failures.add(free_open_files(host, *saved.open_files));
    for (const auto& group : saved.groups) failures.add(free_group(host, group, tag));
    return failures.result();
  }
  static Result<bool> restored(Host& host, const Saved& saved, const Tag& tag) {
    for (const auto& group : saved.groups) {
      GF_TRY_AS(const bool free, group_is_free(host, group, tag));
      if (!free) return false;
    }
    return saved.open_files ? open_files_are_free(host, *saved.open_files) : Result<bool>(true);
  }
  static Result<Bite> bite(Host& host, const Member& member, const Params&, const Saved& saved,
                           const Tag& tag) {
    std::vector<Bite> parts;
    for (const auto& group : saved.groups) {
      GF_TRY_AS(parts.emplace_back(), group_bite(host, member, group, tag));
    }
    if (saved.open_files) {
      GF_TRY_AS(parts.emplace_back(), open_files_bite(host, member, *saved.open_files));
    }
    Bite all = parts.at(0);
    for (std::size_t i = 1; i < parts.size(); ++i) {
      all.in_force = all.in_force && parts[i].in_force;
      all.sentence += ", " + parts[i].sentence;
    }
    return all;
  }

 private:
  static std::vector<AskedLimit> asked(const Params& p) {
    std::vector<AskedLimit> all;
    if (p.cpu) all.push_back({"cpu", *p.cpu});
    if (p.memory) all.push_back({"memory", *p.memory});
    if (p.pids) all.push_back({"pids", *p.pids});
    if (p.cpuset) all.push_back({"cpuset", Setpoint{*p.cpuset, {}}});
    return all;
  }
};

}  // namespace

GUNFLINT_FAULT(limit, Limit)

}  // namespace gunflint
