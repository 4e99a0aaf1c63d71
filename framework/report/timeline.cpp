#include "report/timeline.hpp"

#include <fmt/format.h>

#include <cmath>
#include <csignal>

#include "report/words.hpp"

namespace gunflint {

namespace {

Moment moment(std::string kind, Tone tone, std::string text) {
  Moment m;
  m.kind = std::move(kind);
  m.tone = tone;
  m.text = plain(text);
  return m;
}

std::string because(const std::string& why) { return why.empty() ? "" : ": " + why; }

}  // namespace

std::string Timeline::label(const std::string& injection, const std::string& member) const {
  auto it = injections_.find(injection);
  return it != injections_.end() && !it->second.label.empty() ? it->second.label : member;
}

/// Measurements and bookkeeping tell nothing by themselves.
template <class T>
std::optional<Moment> Timeline::tell(const T&) {
  return std::nullopt;
}

template <>
std::optional<Moment> Timeline::tell(const RunStarted& e) {
  const bool known = e.experiment.is_map() && !e.experiment.entries().empty();
  auto has = [&](const char* key) {
    const Value* part = known ? e.experiment.find(key) : nullptr;
    return !known || (part && ((part->is_map() && !part->entries().empty()) ||
                               (part->is_list() && !part->items().empty())));
  };
  loads_ = has("load");
  judged_ = has("steady_state") || has("alerts");
  return moment("run", Tone::Plain,
                fmt::format("run {} of {} begins (seed {})", e.run, e.name, e.seed));
}
template <>
std::optional<Moment> Timeline::tell(const LoadStarted&) {
  if (!loads_) return std::nullopt;
  return moment("load", Tone::Plain, "load starts");
}
template <>
std::optional<Moment> Timeline::tell(const StageStarted& e) {
  return moment("stage", Tone::Plain, fmt::format("{}: stage {}", e.load, e.stage));
}
template <>
std::optional<Moment> Timeline::tell(const PhaseStarted& e) {
  return moment("phase", Tone::Plain, "phase " + e.phase);
}
template <>
std::optional<Moment> Timeline::tell(const GatePassed&) {
  return judged_ ? moment("gate", Tone::Good, "steady state holds; injections may begin")
                 : moment("gate", Tone::Plain, "no steady state to wait for; injections may begin");
}
template <>
std::optional<Moment> Timeline::tell(const GateFailed& e) {
  return moment("gate", Tone::Bad, "nothing was injected" + because(e.why));
}
template <>
std::optional<Moment> Timeline::tell(const Drained&) {
  if (!loads_) return std::nullopt;
  return moment("load", Tone::Plain, "load has ended and every answer was counted");
}
template <>
std::optional<Moment> Timeline::tell(const AgentLost& e) {
  return moment("agent", Tone::Bad, fmt::format("lost agent {}{}", e.agent, because(e.why)));
}
template <>
std::optional<Moment> Timeline::tell(const AgentClosed& e) {
  if (e.clean) return std::nullopt;
  return moment("agent", Tone::Bad, fmt::format("agent {} did not end cleanly", e.agent));
}
template <>
std::optional<Moment> Timeline::tell(const TargetSeen& e) {
  auto [it, first] = targets_.try_emplace(e.target);
  const Seen before = it->second;
  const bool unknown = !e.unknown.empty();
  if (unknown) {
    it->second.unknown = true;
    if (before.unknown) return std::nullopt;
    return moment("scale", Tone::Warning,
                  fmt::format("{} cannot be seen: {}", e.target, e.unknown));
  }
  it->second = {e.ready, e.desired, e.restarts, false};
  const std::string of = e.desired != e.ready ? fmt::format(" of {}", e.desired) : "";
  if (first)
    return moment("scale", Tone::Plain, fmt::format("{}: {} ready{}", e.target, e.ready, of));
  if (before.ready == e.ready) {
    if (e.restarts <= before.restarts) return std::nullopt;
    return moment("scale", Tone::Plain,
                  fmt::format("{}: a member was replaced, {} ready{}", e.target, e.ready, of));
  }
  return moment("scale", e.ready < before.ready ? Tone::Warning : Tone::Good,
                fmt::format("{}: ready {} -> {}{}", e.target, before.ready, e.ready, of));
}
template <>
std::optional<Moment> Timeline::tell(const FaultStarted& e) {
  if (e.repetition == 0) return std::nullopt;
  return moment("fault", Tone::Plain, fmt::format("{}: repetition {}", e.fault, e.repetition + 1));
}
template <>
std::optional<Moment> Timeline::tell(const FaultWaiting& e) {
  return moment("fault", Tone::Plain, fmt::format("{} waits for {}", e.fault, e.condition));
}
template <>
std::optional<Moment> Timeline::tell(const FaultSkipped& e) {
  return moment("fault", e.counts ? Tone::Warning : Tone::Plain,
                fmt::format("{} skipped{}", e.fault, because(e.why)));
}
template <>
std::optional<Moment> Timeline::tell(const Injected& e) {
  injections_[e.injection] = {e.fault, e.label};
  const std::string whom = e.label.empty() ? e.member : e.label;
  return moment("fault", e.bite.in_force ? Tone::Plain : Tone::Warning,
                fmt::format("{} on {}{}{}", e.fault, whom, because(e.bite.sentence),
                            e.bite.in_force ? "" : " (not in force)"));
}
template <>
std::optional<Moment> Timeline::tell(const InjectionFailed& e) {
  return moment("fault", Tone::Bad,
                fmt::format("{} could not be injected on {}{}", e.fault, e.member, because(e.why)));
}
template <>
std::optional<Moment> Timeline::tell(const BiteLost& e) {
  auto it = injections_.find(e.injection);
  const std::string name = it == injections_.end() ? e.injection : it->second.fault;
  return moment("fault", Tone::Warning,
                fmt::format("{} is no longer seen to bite{}", name, because(e.why)));
}
template <>
std::optional<Moment> Timeline::tell(const Undone& e) {
  const std::string whom = label(e.injection, e.member);
  const std::string by = e.by.empty() || e.by == "agent" ? "" : " by the " + e.by;
  if (e.gone)
    return moment("undo", Tone::Good,
                  fmt::format("{}: {} is gone, nothing to undo", e.fault, whom));
  if (!e.verified)
    return moment(
        "undo", Tone::Bad,
        fmt::format("{} on {} could not be undone{}{}", e.fault, whom, by, because(e.why)));
  return moment("undo", Tone::Good,
                fmt::format("{} on {} undone{}, looked again", e.fault, whom, by));
}
template <>
std::optional<Moment> Timeline::tell(const LeftBehind& e) {
  return moment("undo", Tone::Bad,
                fmt::format("left behind{}{}: {}; {}", e.member.empty() ? "" : " on ", e.member,
                            e.what, e.command));
}
template <>
std::optional<Moment> Timeline::tell(const LeftChanged& e) {
  return moment("undo", Tone::Bad, fmt::format("left changed by {}: {}", e.fault, e.what));
}
template <>
std::optional<Moment> Timeline::tell(const HypothesisTurned& e) {
  const Tone tone = e.state == "green" ? Tone::Good : e.state == "red" ? Tone::Bad : Tone::Warning;
  return moment("check", tone,
                fmt::format("{} is {}{}", e.hypothesis, e.state,
                            e.value.empty() ? "" : fmt::format(" ({})", e.value)));
}
template <>
std::optional<Moment> Timeline::tell(const RecoveredEvent& e) {
  if (!judged_) return std::nullopt;
  if (!e.ok)
    return moment("recovery", Tone::Bad, fmt::format("no recovery from {} in time", e.fault));
  return moment("recovery", Tone::Good,
                fmt::format("recovered from {} in {}", e.fault, human(from_seconds(e.took_s))));
}
template <>
std::optional<Moment> Timeline::tell(const ReactionDecided& e) {
  if (!e.met) return moment("reaction", Tone::Bad, fmt::format("{}: not in time", e.reaction));
  return moment("reaction", Tone::Good,
                fmt::format("{}: after {}", e.reaction, human(from_seconds(e.took_s))));
}
template <>
std::optional<Moment> Timeline::tell(const GuardTripped& e) {
  return moment("guard", Tone::Bad, fmt::format("{}{}", e.guard, because(e.why)));
}
template <>
std::optional<Moment> Timeline::tell(const Signalled& e) {
  const std::string name = e.signal == SIGINT    ? "Ctrl-C (SIGINT)"
                           : e.signal == SIGTERM ? "SIGTERM"
                           : e.signal == SIGHUP  ? "SIGHUP; its terminal was closed"
                                                 : fmt::format("signal {}", e.signal);
  return moment("run", Tone::Warning, "stopped by " + name);
}
template <>
std::optional<Moment> Timeline::tell(const ToolFailed& e) {
  return moment("run", Tone::Bad, e.why);
}
template <>
std::optional<Moment> Timeline::tell(const Note& e) {
  return moment("note", e.level == "warning" ? Tone::Warning : Tone::Plain, e.text);
}

std::optional<Moment> Timeline::on(const Event& event) {
  auto told = std::visit([&](const auto& what) { return tell(what); }, event.what);
  if (told) {
    told->at = event.at;
    told->wall = event.wall;
  }
  return told;
}

}  // namespace gunflint
