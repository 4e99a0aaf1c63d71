// cpu: keeps processors busy, beside the target or inside its cgroup. The burner is a holder; it
// measures on its own CPU clock what it got, and the bite is that measurement.
#include <fmt/format.h>

#include "gunflint/concepts/fault.hpp"

namespace gunflint {
namespace {

/// The burner may miss its share by this much on an idle machine.
constexpr double tolerance = 0.02;
/// A burner that got less than this part of what was asked presses on nobody, however long it
/// waited.
constexpr double least_part = 0.1;
/// Before so much was measured its numbers say nothing.
constexpr double least_window_s = 0.25;

struct Cpu {
  static constexpr std::string_view name = "cpu";
  static constexpr std::string_view summary =
      "Keeps processors busy for a share of the time, on the host or inside the target's cgroup.";
  static constexpr std::string_view example = R"(- name: busy
  type: cpu
  target: web
  scope: host
  share: 80%
  cores: 1
  for: 30s
)";
  static constexpr Place place = Place::Host;
  static constexpr Healing healing = Healing::ByUs;

  struct Params {
    Share share{1.0};
    std::optional<int> cores;
    bool inside = false;
    static Fields<Params> fields() {
      return {field("share", &Params::share, "Share of each core to keep busy.")
                  .between(1_pct, 100_pct),
              field("cores", &Params::cores, "How many cores; all of the host when absent.")
                  .between(1, 1024),
              field("inside", &Params::inside,
                    "Burn inside the member's own cgroup, where its CPU limit counts, instead of "
                    "beside it on the host.")};
    }
  };
  struct Group {
    std::string controller, path;
    static Fields<Group> fields() {
      return {field("controller", &Group::controller, "Empty for the v2 hierarchy."),
              field("path", &Group::path, "Path below its root.").required()};
    }
  };
  struct Saved {
    int cores = 1;
    std::vector<Group> groups;  ///< where the burner goes
    static Fields<Saved> fields() {
      return {field("cores", &Saved::cores, "Cores to keep busy."),
              field("groups", &Saved::groups, "Cgroups of the burner.")};
    }
  };

  static bool wants_root(const Params& params) { return params.inside; }
  static bool reaches_host(const Params& params) { return !params.inside; }

  static std::vector<Need> needs(const Facts& facts, const Params& params) {
    if (!params.inside) return {};
    return {{"cgroup cpu", "to burn inside the target's cgroup", facts.cgroups.contains("cpu"),
             "use a kernel with the cpu controller, or leave `inside` out"}};
  }
  static std::vector<std::string> touches(const Member&, const Params&) { return {}; }

  static Result<Saved> observe(Host& host, const Member& member, const Params& params) {
    Saved saved;
    saved.cores = params.cores.value_or(host.facts.cores);
    if (!params.inside) return saved;
    if (member.pid == 0)
      return fail(Cause::BadInput,
                  "`inside` needs a process whose cgroup to burn in; give the target a selector");
    const ProcessId process{member.pid, member.start_time};
    GF_TRY_AS(const int version, host.cgroups.version("cpu"));
    const std::string controller = version == 2 ? "" : "cpu";
    GF_TRY_AS(const std::string path, host.cgroups.path_of(process, controller));
    if (is_root(host, controller, path))
      return fail(
          Cause::BadInput,
          fmt::format(
              "{} has no cgroup of its own: a burner `inside` the root would be felt by the "
              "whole host; say `scope: host`, or start the service in a cgroup, as systemd "
              "does with each unit",
              member.label));
    saved.groups.push_back({controller, path});
    return saved;
  }

  /// The real root limits nothing and has no such file; a container's, which only looks like it,
  /// has.
  static bool is_root(Host& host, const std::string& controller, const std::string& path) {
    if (path != "/") return false;
    const auto limit =
        host.cgroups.read(controller, path, controller.empty() ? "cpu.max" : "cpu.cfs_quota_us");
    return !limit && limit.error().cause == Cause::Gone;
  }

  static Result<void> inject(Host& host, const Member&, const Params& params, const Saved& saved,
                             const Tag& tag) {
    Value config = Value::map();
    config.set("threads", Value(saved.cores));
    config.set("share", Value(params.share.of_one));
    config.set("inside", encode(saved.groups));
    return host.holders.start("burn", config, tag);
  }

  static Result<void> restore(Host& host, const Saved&, const Tag& tag) {
    return host.holders.stop(tag);
  }
  static Result<bool> restored(Host& host, const Saved&, const Tag& tag) {
    GF_TRY_AS(const bool running, host.holders.running(tag));
    return !running;
  }

  static Result<Bite> bite(Host& host, const Member&, const Params& params, const Saved& saved,
                           const Tag& tag) {
    const double asked = params.share.of_one;
    auto stats = host.holders.stats(tag);
    if (!stats) return Bite{false, "the burner does not run: " + stats.error().message, asked, 0};
    if (stats->number_or("window_s") < least_window_s)
      return Bite{false, "the burner has just begun", asked, 0};
    const double got = stats->number_or("share"), waited = stats->number_or("waited");
    Bite bite;
    bite.asked = asked;
    bite.got = got;
    bite.sentence = fmt::format("{:.0f} % of {} core{}, asked {:.0f} %", got * 100, saved.cores,
                                saved.cores == 1 ? "" : "s", asked * 100);
    // Where others compete for the processor the pressure is in force though the share is not: the
    // burner was ready to run for all the time that it was asked to (docs/decisions/0009).
    const bool contended =
        got < asked - tolerance && got + waited >= asked - tolerance && got >= asked * least_part;
    if (contended)
      bite.sentence +=
          fmt::format(" ({:.0f} % of the time it waited for busy cores)", waited * 100);
    bite.in_force = got >= asked - tolerance || contended;
    return bite;
  }
};

}  // namespace

GUNFLINT_FAULT(cpu, Cpu)

}  // namespace gunflint
