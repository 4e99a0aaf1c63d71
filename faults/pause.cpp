// pause: freezes a process and all its descendants, by the cgroup v2 freezer where the member has a
// cgroup of its own (new processes freeze with it, nobody sees a signal), else by SIGSTOP.
#include <algorithm>
#include <csignal>

#include <fmt/format.h>

#include "common/family.hpp"
#include "gunflint/concepts/fault.hpp"

namespace gunflint {
namespace {

constexpr int rounds = 10;  ///< against processes that are born while we stop their family

struct Pause {
  static constexpr std::string_view name = "pause";
  static constexpr std::string_view summary =
      "Freezes a process and its children: it holds its connections and answers nothing.";
  static constexpr std::string_view example = R"(- name: frozen
  type: pause
  target: web
  for: 10s
)";
  static constexpr Place place = Place::Host;
  static constexpr Healing healing = Healing::ByUs;

  enum class Using { Auto, Freezer, Signal };
  struct Params {
    Using by = Using::Auto;
    static Fields<Params> fields();
  };
  struct Known {
    int pid = 0;
    std::uint64_t start_time = 0;
    bool was_stopped = false;
    static Fields<Known> fields() {
      return {field("pid", &Known::pid, "Process.").required(),
              field("start_time", &Known::start_time, "Of the process.").required(),
              field("was_stopped", &Known::was_stopped, "Before us.")};
    }
  };
  struct Saved {
    std::string cgroup;  ///< v2 path; empty: by signal
    bool was_frozen = false;
    Known root;
    std::vector<Known> family;  ///< the member and its descendants when looked at
    static Fields<Saved> fields() {
      return {field("cgroup", &Saved::cgroup, "v2 path, when frozen by it."),
              field("was_frozen", &Saved::was_frozen, "Before us."),
              field("root", &Saved::root, "The member."),
              field("family", &Saved::family, "The member and its descendants.")};
    }
  };

  static bool takes_away(const Params&) { return true; }
  static bool wants_root(const Params& params) { return params.by == Using::Freezer; }
  static std::vector<Need> needs(const Facts& facts, const Params& params) {
    if (params.by != Using::Freezer) return {};
    return {{"cgroup v2", "to freeze a cgroup", facts.cgroups.contains(""),
             "mount the v2 hierarchy, or use `by: signal`"}};
  }
  static std::vector<std::string> touches(const Member& member, const Params&) {
    return {"process:" + member.id};
  }

  static std::string no_effect(const Params&, const Saved& saved) {
    const bool all = std::all_of(saved.family.begin(), saved.family.end(),
                                 [](const Known& known) { return known.was_stopped; });
    return saved.was_frozen || all ? "it is stopped already" : "";
  }

  static Result<Saved> observe(Host& host, const Member& member, const Params& params) {
    if (member.pid == 0)
      return fail(Cause::BadInput,
                  "a whole host cannot be paused; give the target a process selector");
    GF_TRY_AS(const auto family, family_of(host, {member.pid, member.start_time}));
    Saved saved;
    for (const auto& info : family)
      saved.family.push_back({info.id.pid, info.id.start_time, stopped(info)});
    saved.root = saved.family.front();
    if (params.by == Using::Signal) return saved;
    auto own = own_cgroup(host, family);
    if (own) {
      saved.cgroup = *own;
      GF_TRY_AS(const std::string now, host.cgroups.read("", *own, "cgroup.freeze"));
      saved.was_frozen = now.starts_with("1");
    } else if (params.by == Using::Freezer) {
      return fail(std::move(own).error());
    }
    return saved;
  }

  static Result<void> inject(Host& host, const Member&, const Params&, const Saved& saved,
                             const Tag&) {
    if (!saved.cgroup.empty()) return host.cgroups.write("", saved.cgroup, "cgroup.freeze", "1");
    // Parents first: a running parent would see its children stop, or replace them.
    for (int round = 0; round < rounds; ++round) {
      GF_TRY_AS(const auto family, family_of(host, {saved.root.pid, saved.root.start_time}));
      bool any = false;
      for (const auto& info : family) {
        if (stopped(info)) continue;
        any = true;
        if (auto sent = host.processes.signal(info.id, SIGSTOP);
            !sent && sent.error().cause != Cause::Gone)
          return sent;
      }
      if (!any) return {};
      host.clock.sleep(1ms);
    }
    return {};
  }

  static Result<void> restore(Host& host, const Saved& saved, const Tag&) {
    if (!saved.cgroup.empty()) {
      if (saved.was_frozen) return {};
      GF_TRY_AS(const bool there, host.cgroups.exists("", saved.cgroup));
      if (!there) return fail(Cause::Gone, "the cgroup " + saved.cgroup + " is no more");
      GF_TRY_AS(const std::string now, host.cgroups.read("", saved.cgroup, "cgroup.freeze"));
      if (now.starts_with("0")) return {};
      return host.cgroups.write("", saved.cgroup, "cgroup.freeze", "0");
    }
    // Children first: a parent that goes on finds them as it left them.
    auto ours = stopped_by_us(host, saved);
    std::reverse(ours.begin(), ours.end());
    Result<void> all;
    for (const auto& id : ours)
      if (auto sent = host.processes.signal(id, SIGCONT);
          !sent && sent.error().cause != Cause::Gone)
        all = sent;  // the others must not wait for this one
    return all;
  }

  static Result<bool> restored(Host& host, const Saved& saved, const Tag&) {
    if (saved.cgroup.empty()) return stopped_by_us(host, saved).empty();
    if (saved.was_frozen) return true;
    GF_TRY_AS(const bool there, host.cgroups.exists("", saved.cgroup));
    if (!there) return true;
    GF_TRY_AS(const std::string now, host.cgroups.read("", saved.cgroup, "cgroup.freeze"));
    return now.starts_with("0");
  }

  static Result<Bite> bite(Host& host, const Member&, const Params&, const Saved& saved,
                           const Tag&) {
    GF_TRY_AS(const auto family, family_of(host, {saved.root.pid, saved.root.start_time}));
    const auto all = static_cast<double>(family.size());
    if (!saved.cgroup.empty()) {
      GF_TRY_AS(const std::string events, host.cgroups.read("", saved.cgroup, "cgroup.events"));
      const bool frozen = events.find("frozen 1") != std::string::npos;
      return Bite{frozen, frozen ? "its cgroup is frozen" : "its cgroup is not frozen", all,
                  frozen ? all : 0};
    }
    const auto still = std::count_if(family.begin(), family.end(), stopped);
    return Bite{static_cast<std::size_t>(still) == family.size(),
                fmt::format("{} of {} processes are stopped", still, family.size()), all,
                static_cast<double>(still)};
  }

 private:
  static bool stopped(const ProcessInfo& info) { return info.state == 'T' || info.state == 't'; }

  /// The v2 path, if nobody but this family is in it.
  static Result<std::string> own_cgroup(Host& host, const std::vector<ProcessInfo>& family) {
    GF_TRY_AS(const std::string path, host.cgroups.path_of(family.front().id, ""));
    if (path == "/")
      return fail(Cause::Unsupported, "it has no cgroup of its own; use `by: signal`");
    GF_TRY_AS(const auto stranger, stranger_in(host, family, "", path));
    if (stranger)
      return fail(Cause::Unsupported, fmt::format("its cgroup {} also holds process {}; use `by: "
                                                  "signal`",
                                                  path, stranger->id.pid));
    GF_TRY_AS(const auto members, host.cgroups.members("", path));
    for (const auto& info : family)
      if (std::find(members.begin(), members.end(), info.id.pid) == members.end())
        return fail(Cause::Unsupported,
                    fmt::format("its process {} is outside of its cgroup {}; use `by: signal`",
                                info.id.pid, path));
    // A file that a v2 hierarchy has below its root only; without it there is nothing to freeze.
    GF_TRY(host.cgroups.read("", path, "cgroup.freeze"));
    return path;
  }

  /// Who is stopped now and was not before: those we knew, and those born under them meanwhile.
  static std::vector<ProcessId> stopped_by_us(Host& host, const Saved& saved) {
    std::vector<ProcessId> ours;
    auto add = [&](const ProcessInfo& info) {
      const bool before =
          std::any_of(saved.family.begin(), saved.family.end(), [&](const Known& known) {
            return known.was_stopped && known.pid == info.id.pid &&
                   known.start_time == info.id.start_time;
          });
      if (stopped(info) && !before && std::find(ours.begin(), ours.end(), info.id) == ours.end())
        ours.push_back(info.id);
    };
    for (const auto& known : saved.family) {
      auto info = host.processes.look(known.pid);
      if (info && info->id.start_time == known.start_time) add(*info);
    }
    for (const auto& known : saved.family) {
      auto info = host.processes.look(known.pid);
      if (!info || info->id.start_time != known.start_time) continue;
      if (auto below = host.processes.descendants(known.pid))
        for (const auto& child : *below) add(child);
    }
    return ours;
  }
};

}  // namespace

template <>
struct Names<Pause::Using> {
  static constexpr std::array table{std::pair{Pause::Using::Auto, "auto"},
                                    std::pair{Pause::Using::Freezer, "freezer"},
                                    std::pair{Pause::Using::Signal, "signal"}};
};

Fields<Pause::Params> Pause::Params::fields() {
  return {field("by", &Params::by,
                "How: the freezer of a cgroup of its own, or SIGSTOP; `auto` takes the first where "
                "it can.")};
}

GUNFLINT_FAULT(pause, Pause)

}  // namespace gunflint
