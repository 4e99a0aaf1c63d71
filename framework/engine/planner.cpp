#include "engine/planner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/bounds.hpp"
#include "engine/picker.hpp"
#include "engine/schedule.hpp"
#include "host/keys.hpp"
#include "verdict/binomial.hpp"

namespace gunflint {
namespace {

/// A fault that begins so late finds its target looked at again several times.
constexpr Duration several_looks = 5s;

/// The fault itself, or each that `one_of` may draw.
std::vector<const FaultSpec*> alternatives(const FaultSpec& fault) {
  std::vector<const FaultSpec*> all;
  for (const auto& one : fault.one_of) all.push_back(&one);
  if (all.empty()) all.push_back(&fault);
  return all;
}

PlanNote note(std::string kind, const FaultSpec& fault, std::string sentence, std::string fix) {
  PlanNote n{std::move(kind), fault.name, std::move(sentence), std::move(fix), "", 0};
  if (fault.mark.source) n.file = fault.mark.source->name, n.line = fault.mark.line;
  return n;
}

/// "red from 5 slow of 100": how many bad samples of a full window make it red.
std::string red_from_line(const Hypothesis& h, const Experiment& experiment) {
  const auto* of = std::get_if<OfLoad>(&h.of);
  if (!of || h.window_is_phase || h.expect.of_baseline) return {};
  double share = 0;
  std::string_view word = "failed";
  const std::string& metric = h.expect.metric;
  if (metric.size() > 1 && metric[0] == 'p' && metric[1] >= '0' && metric[1] <= '9') {
    share = 1 - std::stod("0." + metric.substr(1));
    word = "slow";
  } else if (metric == "error_rate") {
    share = h.expect.limit.value;
  } else if (metric == "success_rate" || metric == "completion_rate") {
    share = 1 - h.expect.limit.value;
  } else {
    return {};
  }
  double rate = 0;  // of the slowest constant stage: there the window is emptiest
  for (const auto& load : experiment.loads)
    if (of->load.empty() || of->load == load.name)
      for (const auto& stage : load.stages)
        if (stage.rate && stage.rate->per_second > 0)
          rate = rate == 0 ? stage.rate->per_second : std::min(rate, stage.rate->per_second);
  const auto n = static_cast<std::uint64_t>(rate * seconds(h.window));
  if (n == 0) return {};
  const auto k = red_from(n, share);
  if (k > n) return fmt::format("never red: {} samples in {} are too few", n, print(h.window));
  return fmt::format("red from {} {} of {}", k, word, n);
}

/// "no process here is named `nginx` and listens on port 80".
std::string nobody_text(const LocalSelector& by) {
  std::vector<std::string> parts;
  if (!by.process.empty()) parts.push_back(fmt::format("is named `{}`", by.process));
  if (!by.cmdline.empty()) parts.push_back(fmt::format("has `{}` in its command line", by.cmdline));
  if (!by.pid_file.empty()) parts.push_back(fmt::format("is that of {}", by.pid_file));
  if (by.port) parts.push_back(fmt::format("listens on port {}", *by.port));
  if (!by.unit.empty()) parts.push_back(fmt::format("belongs to unit `{}`", by.unit));
  if (!by.cgroup.empty()) parts.push_back(fmt::format("is in cgroup `{}`", by.cgroup));
  return fmt::format("no process here {}", fmt::join(parts, " and "));
}

/// "http://127.0.0.1:80/health does not answer with 2xx or 3xx", of the first member.
std::string readiness_text(const Readiness& ready, const std::vector<MemberState>& seen) {
  const auto of_first = [&](const std::string& text) {
    if (seen.empty()) return text;
    return expand_member(text, seen.front().member).value_or(text);
  };
  if (!ready.http.empty()) return of_first(ready.http) + " does not answer with 2xx or 3xx";
  if (!ready.tcp.empty()) return "nobody accepts a connection on " + of_first(ready.tcp);
  return fmt::format("`{}` does not exit with 0", fmt::join(ready.exec, " "));
}

void plan_hypotheses(const Experiment& experiment, Plan& plan) {
  for (const auto& h : experiment.steady_state) {
    plan.hypotheses.push_back(
        {h.name, describe(h.of), h.expect.text, red_from_line(h, experiment)});
    if (!std::holds_alternative<OfLoad>(h.of) && !std::holds_alternative<OfTarget>(h.of)) {
      const Duration every = h.every.value_or(std::holds_alternative<OfPrometheus>(h.of) ? 5s : 1s);
      plan.probes.push_back(describe(h.of) + ", every " + print(every));
    }
  }
  for (const auto& alert : experiment.alerts)
    plan.probes.push_back("alert `" + alert.name + "`, every 5s");
}

void plan_targets(const Experiment& experiment, const Inventory& inventory, Plan& plan) {
  for (const auto& target : experiment.targets) {
    PlannedTarget planned{target.name, target.kind, {}, ""};
    if (const auto it = inventory.trouble.find(target.name); it != inventory.trouble.end()) {
      planned.trouble = it->second;
      plan.notes.push_back({"missing", "", fmt::format("target `{}`: {}", target.name, it->second),
                            "", target.mark.source ? target.mark.source->name : "",
                            target.mark.line});
    }
    if (const auto it = inventory.members.find(target.name); it != inventory.members.end())
      for (const auto& m : it->second) planned.members.push_back(m.label);
    plan.targets.push_back(std::move(planned));
  }
}

class FaultPlanner {
 public:
  FaultPlanner(const Experiment& experiment, const FindKind& find, const Inventory& inventory,
               Plan& plan)
      : experiment_(experiment), find_(find), inventory_(inventory), plan_(plan) {}

  void add(const FaultSpec& spec, const FaultBounds& bounds) {
    PlannedFault fault;
    fault.name = spec.name;
    fault.when = Schedule::in_words(spec.start);
    fault.start = bounds.earliest.begin.value_or(0s);
    fault.latest_start = bounds.latest.begin.value_or(0s);
    fault.end = bounds.earliest.end.value_or(0s);
    fault.latest_end = bounds.latest.end.value_or(0s);
    bool takes_away = false;
    if (spec.repeat) fault.repetitions = spec.repeat->times.value_or(0);
    for (const FaultSpec* one : alternatives(spec)) {
      fault.type += (fault.type.empty() ? "" : " or ") + one->type;
      const FaultKind* kind = find_(one->type);
      if (!kind) {
        plan_.notes.push_back(note("error", spec,
                                   fmt::format("fault type `{}` is not in this version", one->type),
                                   "gunflint list faults"));
        continue;
      }
      check(spec, *one, *kind);
      fault.instant = kind->instant;
      fault.healing = word(kind->healing(one->params));
      takes_away |= kind->takes_away(one->params);
    }
    fault.target = target_of(spec, *alternatives(spec).front());
    if (const auto it = inventory_.members.find(fault.target); it != inventory_.members.end()) {
      fault.members_found = static_cast<int>(it->second.size());
      if (inventory_.asked && it->second.empty()) nobody(spec, fault.target);
      if (!it->second.empty()) nobody_ready(spec, fault);
    }
    fault.whom = inventory_.asked ? pick_in_words(spec.pick, fault.members_found) : "";
    for (const auto& e : inventory_.examined)
      if (e.fault == spec.name) examined(spec, e, fault);
    const bool host_wide = spec.scope_host || alternatives(spec).front()->scope_host;
    if (host_wide && inventory_.asked) fault.whom = "the whole host, and whoever else is on it";
    fault.members_hit = host_wide ? fault.members_found : static_cast<int>(fault.injections.size());
    check_radius(spec, fault, takes_away);
    plan_.faults.push_back(std::move(fault));
  }

 private:
  static std::string word(Healing healing) {
    return healing == Healing::ByUs         ? "by us"
           : healing == Healing::ByPlatform ? "by the platform"
                                            : "never";
  }
  void check(const FaultSpec& spec, const FaultSpec& one, const FaultKind& kind) {
    if (kind.healing(one.params) == Healing::Never && !spec.irreversible && !one.irreversible)
      plan_.notes.push_back(note("error", spec, fmt::format("`{}` cannot be taken back", spec.name),
                                 "give it an undo, or say `irreversible: true`"));
    const bool lasts = spec.length || one.length || spec.start.how == Start::How::While;
    if (!kind.instant && !lasts)
      plan_.notes.push_back(note("error", spec, fmt::format("`{}` has no end", spec.name),
                                 "add `for: 30s` or `while: <stage>`"));
    const auto& target = target_of(spec, one);
    const TargetSpec* selected = experiment_.target(target);
    if (selected && !selected->local.empty() && kind.reaches_host(one.params) && !spec.scope_host &&
        !one.scope_host)
      plan_.notes.push_back(
          note("error", spec,
               fmt::format("`{}` would be felt by the whole host, and `{}` selects processes",
                           spec.name, target),
               fmt::format("say `scope: host`, or keep it inside them: `gunflint explain {}`",
                           kind.name)));
    if (!experiment_.target(target))
      plan_.notes.push_back(note("error", spec, fmt::format("`{}` names no target", spec.name),
                                 "add `target: <name>`"));
  }
  void nobody(const FaultSpec& spec, const std::string& target) {
    const TargetSpec* t = experiment_.target(target);
    const bool skip = (t && t->on_empty == OnEmpty::Skip) || spec.optional;
    PlanNote n{skip ? "warning" : "absent",         spec.name, "",
               "start it, or correct its selector", "",        0};
    n.sentence = fmt::format("target `{}` has no member: {}", target,
                             t ? nobody_text(t->local) : "nobody is there");
    if (const auto near = inventory_.near.find(target); near != inventory_.near.end())
      n.fix += "; " + near->second;
    tell_of_target(std::move(n), t);
  }
  /// There are members, and none of them would be hit: faults take ready ones only. One look before
  /// t = 0 says so of a fault that begins at once; of a later one it says nothing yet (semantics
  /// 31).
  void nobody_ready(const FaultSpec& spec, const PlannedFault& fault) {
    const TargetSpec* t = experiment_.target(fault.target);
    const auto looked = inventory_.states.find(fault.target);
    if (!t || t->ready.empty() || looked == inventory_.states.end() ||
        std::any_of(looked->second.begin(), looked->second.end(),
                    [](const MemberState& m) { return m.alive && m.ready; }))
      return;
    const bool later = fault.start >= several_looks;
    const bool can_wait = spec.wait_until || spec.optional || t->on_empty == OnEmpty::Skip;
    PlanNote n{later || can_wait ? "warning" : "absent", spec.name, "", "", "", 0};
    n.sentence = fmt::format("target `{}`: ready: 0 of {}; {}", fault.target, looked->second.size(),
                             readiness_text(t->ready, looked->second));
    n.fix = later ? fmt::format("it must be ready when `{}` begins, at {}, or `ready` is wrong",
                                spec.name, print(fault.start))
                  : "start what it asks for, or correct `ready`";
    tell_of_target(std::move(n), t);
  }
  void tell_of_target(PlanNote n, const TargetSpec* t) {
    if (t && t->mark.source) n.file = t->mark.source->name, n.line = t->mark.line;
    const auto told = [&](const PlanNote& o) {
      return o.kind == n.kind && o.sentence == n.sentence;
    };
    if (std::none_of(plan_.notes.begin(), plan_.notes.end(), told))
      plan_.notes.push_back(std::move(n));
  }
  void examined(const FaultSpec& spec, const Inventory::Examination& e, PlannedFault& fault) {
    PlannedInjection injection;
    injection.member = e.member.id;
    injection.label = e.member.label;
    injection.agent = e.agent;
    injection.actions = e.examined.actions;
    injection.undo = e.examined.undo;
    injection.keys = e.examined.keys;
    injection.nothing_to_do = e.examined.nothing_to_do;
    for (const auto& value : e.examined.needs)
      if (const auto need = decode<Need>(value); need && !need->present) {
        injection.missing.push_back(fmt::format("{} {}; {}", need->what, need->why, need->fix));
        plan_.notes.push_back(
            note("missing", spec, fmt::format("`{}` needs {} {}", spec.name, need->what, need->why),
                 need->fix));
      }
    if (!e.trouble.empty())
      plan_.notes.push_back(
          note("missing", spec, fmt::format("`{}` on {}: {}", spec.name, e.member.label, e.trouble),
               ""));
    if (!e.examined.nothing_to_do.empty())
      plan_.notes.push_back(note("warning", spec,
                                 fmt::format("`{}` would change nothing on {}: {}", spec.name,
                                             e.member.label, e.examined.nothing_to_do),
                                 ""));
    fault.injections.push_back(std::move(injection));
  }
  void check_radius(const FaultSpec& spec, const PlannedFault& fault, bool takes_away) {
    const BlastRadius& radius = experiment_.blast_radius;
    const auto refuse = [&](std::string sentence, const std::string& key) {
      plan_.notes.push_back(note(
          "error", spec, std::move(sentence),
          fmt::format("{}, or say `blast_radius: {{ {} }}`",
                      fault.members_found > 1 ? "pick fewer members" : "let the target find more",
                      key)));
    };
    if (radius.max_members && fault.members_hit > *radius.max_members)
      refuse(fmt::format("`{}` would hit {} members, `max_members` allows {}", spec.name,
                         fault.members_hit, *radius.max_members),
             fmt::format("max_members: {}", fault.members_hit));
    if (radius.max_share && fault.members_found > 0) {
      const int most = static_cast<int>(radius.max_share->of_one * fault.members_found + 1e-9);
      if (fault.members_hit > most)
        refuse(fmt::format("`{}` would hit {} of {} members, `max_share: {}` allows {}", spec.name,
                           fault.members_hit, fault.members_found, print(*radius.max_share), most),
               fmt::format("max_share: {:.0f}%",
                           std::ceil(100.0 * fault.members_hit / fault.members_found)));
    }
    if (inventory_.asked && fault.members_hit > 0 && takes_away &&
        fault.members_found - fault.members_hit < radius.keep_ready)
      refuse(fmt::format("`{}` would leave {} of {} members, `keep_ready` asks for {}", spec.name,
                         fault.members_found - fault.members_hit, fault.members_found,
                         radius.keep_ready),
             fmt::format("keep_ready: {}", fault.members_found - fault.members_hit));
  }

  const Experiment& experiment_;
  const FindKind& find_;
  const Inventory& inventory_;
  Plan& plan_;
};

/// Two faults that can be in force at the same time must not touch the same thing.
void find_conflicts(const Experiment& experiment, Plan& plan) {
  for (std::size_t a = 0; a < plan.faults.size(); ++a)
    for (std::size_t b = a + 1; b < plan.faults.size(); ++b) {
      const auto &x = plan.faults[a], &y = plan.faults[b];
      if (x.instant || y.instant || x.latest_end <= y.start || y.latest_end <= x.start) continue;
      for (const auto& i : x.injections)
        for (const auto& j : y.injections)
          for (const auto& key : i.keys)
            if (std::any_of(j.keys.begin(), j.keys.end(),
                            [&](const auto& other) { return keys_overlap(key, other); }))
              plan.notes.push_back(note(
                  "error", experiment.faults[b],
                  fmt::format("`{}` and `{}` both change {} at the same time", x.name, y.name, key),
                  fmt::format("let `{}` begin after `{}`", y.name, x.name)));
    }
}

/// Members of one fault that share what it changes: all of it, and once is enough (the agent says
/// so, too); a part of it, and nobody could tell whose it is.
void find_shared(const Experiment& experiment, Plan& plan) {
  for (std::size_t f = 0; f < plan.faults.size(); ++f) {
    PlannedFault& fault = plan.faults[f];
    for (std::size_t b = 1; b < fault.injections.size(); ++b)
      for (std::size_t a = 0; a < b; ++a) {
        const PlannedInjection& first = fault.injections[a];
        PlannedInjection& second = fault.injections[b];
        const auto shared = std::find_first_of(second.keys.begin(), second.keys.end(),
                                               first.keys.begin(), first.keys.end());
        if (first.agent != second.agent || shared == second.keys.end()) continue;
        if (first.keys == second.keys) {
          second.nothing_to_do = fmt::format("what is done to {} holds for it too: they share {}",
                                             first.label, second.keys.front());
          second.actions.clear();
          second.undo.clear();
        } else {
          plan.notes.push_back(
              note("error", experiment.faults[f],
                   fmt::format("`{}` would be done twice to {}, which {} and {} share", fault.name,
                               *shared, first.label, second.label),
                   "pick one of them, or name only what they share (`from: {ports: [..]}`)"));
        }
        break;
      }
  }
}

}  // namespace

const std::string& target_of(const FaultSpec& fault, const FaultSpec& drawn) {
  return fault.target.empty() ? drawn.target : fault.target;
}

std::string agent_for(const FaultKind& kind, const Value& params, bool we_are_root) {
  if (kind.place(params) == Place::Api) return "api";
  return !we_are_root && kind.wants_root(params) ? "root" : "local";
}

std::map<std::string, std::string> agents_for(const Experiment& experiment, const FindKind& find,
                                              bool we_are_root) {
  std::map<std::string, std::string> agents;
  if (!experiment.targets.empty()) agents["local"] = "to find and watch the targets";
  for (const auto& fault : experiment.faults)
    for (const FaultSpec* one : alternatives(fault))
      if (const FaultKind* kind = find(one->type))
        agents.try_emplace(agent_for(*kind, one->params, we_are_root),
                           fmt::format("for `{}`", fault.name));
  return agents;
}

std::vector<Hit> would_hit(const Experiment& experiment, const Inventory& inventory,
                           std::uint64_t seed) {
  std::vector<Hit> hits;
  for (const auto& fault : experiment.faults) {
    const std::string name = fault.name + "/0";
    const FaultSpec* drawn = &fault;
    if (!fault.one_of.empty())
      drawn = &fault.one_of[Draw(seed, name + "/one_of").below(fault.one_of.size())];
    const auto members = inventory.members.find(target_of(fault, *drawn));
    if (members == inventory.members.end()) continue;
    const bool host_wide = fault.scope_host || drawn->scope_host;
    for (auto& m : host_wide ? host_of(members->second)
                             : pick_members(fault.pick, members->second, Draw(seed, name)))
      hits.push_back({&fault, drawn, std::move(m)});
  }
  return hits;
}

Plan make_plan(const Experiment& experiment, const FindKind& find, const Inventory& inventory,
               std::uint64_t seed, bool we_are_root) {
  Plan plan;
  plan.experiment = experiment.name;
  plan.seed = seed;
  plan.gate = experiment.gate;
  const Schedule schedule(experiment);
  plan.stages = schedule.stages();
  for (const auto& s : plan.stages)
    plan.journeys += seconds(s.end - s.begin) * (s.from_rate + s.to_rate) / 2;
  const auto bounds = find_bounds(experiment, schedule, [&](const FaultSpec& fault) {
    const FaultKind* kind = find(fault.type);
    return kind && kind->instant;
  });
  plan.shortest = bounds.shortest;
  plan.longest = bounds.longest;
  plan.hard_stop = bounds.hard_stop;
  plan_hypotheses(experiment, plan);
  plan_targets(experiment, inventory, plan);
  FaultPlanner faults(experiment, find, inventory, plan);
  for (const auto& fault : experiment.faults) {
    faults.add(fault, bounds.faults.at(fault.name));
    const Duration start = plan.faults.back().start;
    plan.first_injection = std::min(plan.first_injection.value_or(start), start);
  }
  find_conflicts(experiment, plan);
  find_shared(experiment, plan);
  if (experiment.time_limit && plan.longest > *experiment.time_limit)
    plan.notes.push_back({"error", "",
                          fmt::format("the run may last {}, `time_limit` is {}",
                                      human(plan.longest), print(*experiment.time_limit)),
                          "raise `time_limit`, or shorten stages, `recovery` or `within`", "", 0});
  for (const auto& [key, why] : agents_for(experiment, find, we_are_root)) {
    plan.agents.push_back({key, why, {}});
    if (const auto it = inventory.trouble.find("agent " + key); it != inventory.trouble.end())
      plan.notes.push_back({"missing", "", it->second, "", "", 0});
  }
  return plan;
}

}  // namespace gunflint
