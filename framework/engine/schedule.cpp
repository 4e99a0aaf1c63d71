#include "engine/schedule.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "model/gating.hpp"
#include "model/replay_words.hpp"

namespace gunflint {
namespace {

void plan_stages(const LoadSpec& load, std::vector<PlannedStage>& out) {
  Duration at{};
  double rate = 0;
  for (std::size_t i = 0; i < load.stages.size(); ++i) {
    const Stage& stage = load.stages[i];
    PlannedStage planned;
    planned.load = load.name;
    planned.stage = stage.name;
    planned.begin = at;
    planned.end = at += stage.length;
    planned.to_rate = stage.rate      ? stage.rate->per_second
                      : stage.ramp_to ? stage.ramp_to->per_second
                                      : 0;
    planned.users = stage.users;
    if (load.replay) planned.replay = in_words(*load.replay), planned.timed = load.replay->timed;
    planned.from_rate = stage.ramp_to ? rate : planned.to_rate;
    planned.last = i + 1 == load.stages.size();
    rate = planned.to_rate;
    out.push_back(std::move(planned));
  }
}

}  // namespace

Schedule::Schedule(const Experiment& experiment) {
  for (const auto& load : experiment.loads) plan_stages(load, stages_);
  for (const auto& stage : stages_) stages_end_ = std::max(stages_end_, stage.end);
  // A second is closed at the latest 2 s after it ended.
  if (const auto window = gate_window(experiment)) gate_end_ = experiment.gate + *window + 2s;
}

std::optional<StageSpan> Schedule::stage(const std::string& name) const {
  for (const auto& s : stages_)
    if (s.stage == name || s.load + "." + s.stage == name) return StageSpan{s.begin, s.end};
  return std::nullopt;
}

StartMoment Schedule::of_name(Start::How how, const std::string& name,
                              const MomentsOf& faults) const {
  if (const auto span = stage(name)) {
    if (how == Start::How::At) return {span->begin, {}, false};
    if (how == Start::How::While) return {span->begin, span->end, false};
    return {span->end, {}, false};
  }
  const FaultMoments f = faults(name);
  switch (how) {
    case Start::How::At:
      return {f.begin, {}, f.never};
    case Start::How::While:
      return {f.begin, f.end, f.never};
    case Start::How::After:
      return {f.end, {}, f.never};
    case Start::How::AfterRecovery:
      return {f.recovered, {}, f.never || f.never_recovers};
    case Start::How::Gate:
      break;
  }
  return {};
}

StartMoment Schedule::resolve(const Start& start, const MomentsOf& faults) const {
  StartMoment moment;
  if (start.how == Start::How::Gate) {
    moment.begin = gate_end_;
  } else if (start.time) {
    moment.begin = start.time;
  } else if (!start.names.empty()) {
    moment = of_name(start.how, start.names.front(), faults);
    if (start.how == Start::How::While && start.names.size() > 1)
      moment.end = of_name(start.how, start.names.back(), faults).end;
  }
  if (moment.begin) *moment.begin += start.plus;
  return moment;
}

std::string Schedule::in_words(const Start& start) {
  const std::string plus = start.plus > 0s ? print(start.plus) + " after " : "";
  const auto named = [&](std::string_view what) {
    return fmt::format("{}{}{}", plus, what, start.names.empty() ? "" : start.names.front());
  };
  switch (start.how) {
    case Start::How::Gate:
      return plus.empty() ? "when the gate has passed" : plus + "the gate";
    case Start::How::At:
      if (start.time) return "at " + print(*start.time + start.plus);
      return named(plus.empty() ? "at the start of " : "the start of ");
    case Start::How::After:
      return named(plus.empty() ? "at the end of " : "the end of ");
    case Start::How::AfterRecovery:
      return named(plus.empty() ? "after recovery from " : "recovery from ");
    case Start::How::While:
      if (start.names.size() > 1)
        return fmt::format("while {} to {}", start.names.front(), start.names.back());
      return named("while ");
  }
  return {};
}

}  // namespace gunflint
