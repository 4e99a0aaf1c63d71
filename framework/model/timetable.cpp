#include "model/timetable.hpp"

#include <algorithm>

#include "gunflint/model/reader.hpp"

namespace gunflint {
namespace {

const RecoverySpec& recovery_of(const Experiment& e, const FaultSpec& f) {
  return f.recovery ? *f.recovery : e.recovery;
}

}  // namespace

Duration longest_recovery(const Experiment& experiment, const FaultSpec& fault) {
  return std::max(recovery_of(experiment, fault).within, fault.grace - fault.length.value_or(0s));
}

Timetable::Timetable(const Experiment& experiment) : experiment_(experiment) {
  for (const LoadSpec& load : experiment.loads) {
    auto& times = stages_[load.name];
    Duration now{};
    double rate = 0;
    for (const Stage& stage : load.stages) {
      StageTimes t{now, now + stage.length, stage.rate.has_value(), rate};
      if (stage.rate) t.rate = stage.rate->per_second;
      if (stage.ramp_to) {
        t.constant = stage.ramp_to->per_second == rate;
        t.rate = stage.ramp_to->per_second;
      }
      // A closed loop asks for nothing per second, and a log for what it holds.
      if (stage.users) t.rate = 0;
      if (load.replay && load.replay->timed) t.constant = false;
      rate = t.rate;
      now = t.end;
      times.push_back(t);
    }
  }
  times_.resize(experiment.faults.size());
  state_.resize(experiment.faults.size());
  for (std::size_t i = 0; i < times_.size(); ++i) times_of(i);
}

const std::vector<Timetable::StageTimes>& Timetable::stages(const std::string& load) const {
  static const std::vector<StageTimes> none;
  const auto found = stages_.find(load);
  return found == stages_.end() ? none : found->second;
}

std::optional<Timetable::StageTimes> Timetable::stage(const std::string& name) const {
  for (const LoadSpec& load : experiment_.loads)
    for (std::size_t i = 0; i < load.stages.size(); ++i)
      if (load.stages[i].name == name || load.name + "." + load.stages[i].name == name)
        return stages_.at(load.name)[i];
  return std::nullopt;
}

std::optional<std::size_t> Timetable::fault_index(const std::string& name) const {
  for (std::size_t i = 0; i < experiment_.faults.size(); ++i)
    if (experiment_.faults[i].name == name) return i;
  return std::nullopt;
}

const FaultTimes& Timetable::of(const FaultSpec& fault) const {
  const auto index = fault_index(fault.name);
  static const FaultTimes none;
  return index ? times_[*index] : none;
}

std::optional<Duration> Timetable::first_injection() const {
  std::optional<Duration> first;
  for (const auto& times : times_)
    if (!first || times.start.least < *first) first = times.start.least;
  return first;
}

Duration Timetable::longest_stages() const {
  Duration longest{};
  for (const auto& [load, times] : stages_)
    if (!times.empty()) longest = std::max(longest, times.back().end);
  return longest;
}

Span Timetable::start_of(const Start& start) {
  Span b;
  switch (start.how) {
    case Start::How::Gate:
      b = {experiment_.gate, experiment_.gate};
      break;
    case Start::How::At:
    case Start::How::After:
    case Start::How::While:
    case Start::How::AfterRecovery: {
      if (start.time) {
        b = {*start.time, *start.time};
        break;
      }
      if (start.names.empty()) break;
      const std::string& name = start.names.front();
      if (const auto s = stage(name)) {
        const Duration t = start.how == Start::How::After ? s->end : s->start;
        b = {t, t};
      } else if (const auto index = fault_index(name)) {
        const FaultTimes& f = times_of(*index);
        b = start.how == Start::How::At || start.how == Start::How::While ? f.start : f.end;
        if (start.how == Start::How::AfterRecovery) {
          const auto& r = recovery_of(experiment_, experiment_.faults[*index]);
          b.least += r.stable_for;
          b.most += longest_recovery(experiment_, experiment_.faults[*index]) + r.stable_for;
        }
      }
      break;
    }
  }
  return {b.least + start.plus, b.most + start.plus};
}

const FaultTimes& Timetable::times_of(std::size_t index) {
  if (state_[index] == 1) {  // we came back to where we began
    if (circle_.empty())
      for (std::size_t i = 0; i < state_.size(); ++i)
        if (state_[i] == 1) circle_.push_back(experiment_.faults[i].name);
    return times_[index];
  }
  if (state_[index] == 0) {
    state_[index] = 1;
    times_[index] = computed(experiment_.faults[index]);
    state_[index] = 2;
  }
  return times_[index];
}

FaultTimes Timetable::computed(const FaultSpec& f) {
  FaultTimes t;
  t.start = start_of(f.start);
  if (f.wait_until) t.start.most += f.wait_until->timeout;
  const Duration length = f.length.value_or(Duration::zero());
  if (f.start.how == Start::How::While && !f.start.names.empty()) {
    const std::string& last = f.start.names.back();
    Span end;
    if (const auto s = stage(last)) {
      end = {s->end, s->end};
    } else if (const auto index = fault_index(last)) {
      end = times_of(*index).end;
    }
    // A repetition that has begun is brought to its end.
    t.end = {std::max(end.least, t.start.least),
             std::max(end.most, t.start.most) + (f.repeat ? length : Duration::zero())};
  } else if (f.repeat) {
    const int more = f.repeat->times.value_or(1) - 1;
    t.end = {t.start.least + more * f.repeat->every - (more > 0 ? f.repeat->jitter : 0s) + length,
             t.start.most + more * f.repeat->every + f.repeat->jitter + length};
  } else {
    t.end = {t.start.least + length, t.start.most + length};
  }
  return t;
}

Length length_of(const Experiment& e) {
  Timetable schedule(e);
  Length length{schedule.longest_stages(), schedule.longest_stages()};
  Span all_clear;
  auto reach = [&](Duration least, Duration most) {
    length.shortest = std::max(length.shortest, least);
    length.longest = std::max(length.longest, most);
  };
  for (const FaultSpec& f : e.faults) {
    const auto& t = schedule.of(f);
    const auto& r = recovery_of(e, f);
    all_clear = {std::max(all_clear.least, t.end.least), std::max(all_clear.most, t.end.most)};
    reach(t.end.least + r.stable_for, t.end.most + longest_recovery(e, f) + r.stable_for);
  }
  for (const Reaction& r : e.reactions) {
    if (!r.within) continue;
    const Span b = r.start ? schedule.start_of(*r.start) : Span{};
    reach(b.least + *r.within, b.most + *r.within);
  }
  for (const AlertExpectation& a : e.alerts) {
    const Span b = a.start ? schedule.start_of(*a.start) : Span{};
    if (a.within) reach(b.least, b.most + *a.within);
    if (a.resolve_within) reach(all_clear.least, all_clear.most + *a.resolve_within);
  }
  Duration drain{};
  for (const LoadSpec& load : e.loads) drain = std::max(drain, load.timeout);
  length.longest += drain;
  return length;
}

}  // namespace gunflint
