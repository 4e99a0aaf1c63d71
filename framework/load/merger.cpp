#include "load/merger.hpp"

#include <algorithm>

namespace gunflint {

bool generator_was_the_limit(const Histogram& late, const Histogram& lag, Duration median_latency,
                             double cpu, bool out_of_sockets) {
  const auto tolerated = std::max<Duration>(10ms, median_latency / 20);
  const double too_late = late.above(tolerated);
  const bool behind = too_late >= 5 && too_late > 0.01 * static_cast<double>(late.count());
  return behind || lag.max() > 100ms || cpu > 0.9 || out_of_sockets;
}

Merger::Merger(const LoadProgram& program, int loops, WorkShare share)
    : program_(program),
      loops_(loops),
      share_(share),
      pace_(program.spec.stages),
      ended_at_(static_cast<std::size_t>(loops), -1) {}

std::vector<Slice> Merger::add(int loop, Tally tally) {
  if (tally.last) ended_at_[static_cast<std::size_t>(loop)] = tally.second;
  auto& second = waiting_[tally.second];
  if (second.from++ == 0)
    second.sum = std::move(tally);
  else
    add(second.sum, tally);
  std::vector<Slice> whole;
  while (!waiting_.empty() && waiting_.begin()->first == next_) {
    auto& first = waiting_.begin()->second;
    // Loops that have drained before this second say nothing more.
    const auto silent = std::count_if(ended_at_.begin(), ended_at_.end(),
                                      [this](int at) { return at >= 0 && at < next_; });
    if (first.from + silent < loops_) break;
    const bool last = std::all_of(ended_at_.begin(), ended_at_.end(),
                                  [this](int at) { return at >= 0 && at <= next_; });
    whole.push_back(slice(first.sum, last));
    waiting_.erase(waiting_.begin());
    ++next_;
  }
  return whole;
}

void Merger::add(Tally& sum, Tally& part) const {
  sum.sent += part.sent;
  sum.in_flight += part.in_flight;
  sum.backlog += part.backlog;
  sum.users += part.users;
  sum.reconnects += part.reconnects;
  sum.opened += part.opened;
  sum.connections += part.connections;
  sum.bytes_in += part.bytes_in;
  sum.bytes_out += part.bytes_out;
  for (std::size_t k = 0; k < spoken_kinds; ++k) sum.spoken[k] += part.spoken[k];
  sum.last_end = std::max(sum.last_end, part.last_end);
  sum.connect.merge(part.connect);
  sum.late.merge(part.late);
  sum.queued.merge(part.queued);
  sum.lag.merge(part.lag);
  sum.cpu = std::max(sum.cpu, part.cpu);
  sum.out_of_sockets |= part.out_of_sockets;
  sum.over &= part.over;
  for (std::size_t i = 0; i < sum.steps.size(); ++i) {
    auto& to = sum.steps[i];
    const auto& from = part.steps[i];
    to.ended += from.ended;
    to.failed += from.failed;
    to.attempts += from.attempts;
    for (std::size_t k = 0; k < error_classes; ++k) to.errors[k] += from.errors[k];
    to.statuses.add(from.statuses);
    to.latency.merge(from.latency);
    to.service.merge(from.service);
    to.waiting.merge(from.waiting);
    to.examples.insert(from.examples.begin(), from.examples.end());
  }
  for (std::size_t i = 0; i < sum.journeys.size(); ++i) {
    auto& to = sum.journeys[i];
    const auto& from = part.journeys[i];
    to.due += from.due;
    to.dropped += from.dropped;
    to.ended += from.ended;
    to.completed += from.completed;
    to.unfinished += from.unfinished;
    to.duration.merge(from.duration);
    to.waiting.merge(from.waiting);
    for (const auto& [second, ended, completed] : from.by_due) {
      auto& by_due = to.due_in(second);
      by_due.ended += ended;
      by_due.completed += completed;
    }
  }
}

Slice Merger::slice(const Tally& sum, bool last) {
  Slice out;
  out.load = program_.spec.name;
  out.worker = share_.i;
  out.second = sum.second;
  const auto begin = std::min<Duration>(std::chrono::seconds(sum.second), stop_at_);
  const auto end = std::min<Duration>(std::chrono::seconds(sum.second + 1), stop_at_);
  out.asked = (pace_.expected_until(end) - pace_.expected_until(begin)) / share_.n;
  if (const auto& most = program_.spec.max_journeys)
    out.asked = std::min(out.asked, std::max(0.0, static_cast<double>(*most) / share_.n - asked_));
  out.sent = sum.sent;
  out.in_flight = sum.in_flight;
  out.backlog = sum.backlog;
  out.users = sum.users;
  out.reconnects = sum.reconnects;
  out.opened = sum.opened;
  out.connections = sum.connections;
  out.bytes_in = sum.bytes_in;
  out.bytes_out = sum.bytes_out;
  for (std::size_t k = 0; k < spoken_kinds; ++k)
    if (sum.spoken[k]) out.spoken[std::string(name_of(static_cast<Spoken>(k)))] = sum.spoken[k];
  out.last_end = seconds(sum.last_end);
  out.connect = sum.connect;
  out.late = sum.late;
  out.queued = sum.queued;
  out.lag = sum.lag;
  out.warm_up = sum.warm_up;
  out.cpu = sum.cpu;
  out.over = sum.over;
  out.last = last;
  Histogram latency;
  std::uint64_t due = 0;
  for (std::size_t i = 0; i < sum.steps.size(); ++i) {
    const auto& from = sum.steps[i];
    StepSlice step;
    const auto& [journey, name] = program_.slots[i];
    step.journey = program_.journeys[static_cast<std::size_t>(journey)].name;
    step.step = name;
    step.ended = from.ended;
    step.failed = from.failed;
    step.attempts = from.attempts;
    for (std::size_t k = 0; k < error_classes; ++k)
      if (from.errors[k])
        step.errors[std::string(name_of(static_cast<ErrorClass>(k)))] = from.errors[k];
    for (const auto& [status, n] : from.statuses) step.statuses[std::to_string(status)] = n;
    step.latency = from.latency;
    step.service = from.service;
    step.waiting = from.waiting;
    for (const auto& [why, words] : from.examples) step.examples[std::string(name_of(why))] = words;
    latency.merge(from.latency);
    out.steps.push_back(std::move(step));
  }
  for (std::size_t i = 0; i < sum.journeys.size(); ++i) {
    const auto& from = sum.journeys[i];
    JourneySlice journey;
    journey.journey = program_.journeys[i].name;
    journey.due = from.due;
    due += from.due;
    journey.dropped = from.dropped;
    journey.ended = from.ended;
    journey.completed = from.completed;
    journey.unfinished = from.unfinished;
    journey.duration = from.duration;
    journey.waiting = from.waiting;
    for (const auto& [second, ended, completed] : from.by_due) {
      journey.ended_by_due[std::to_string(second)] = ended;
      if (completed) journey.completed_by_due[std::to_string(second)] = completed;
    }
    out.journeys.push_back(std::move(journey));
  }
  // A closed loop asks for what it gets, and a log for what it holds.
  const auto& replay = program_.spec.replay;
  if (sum.users > 0 || (replay && replay->timed)) out.asked = static_cast<double>(due);
  asked_ += out.asked;
  out.saturated = generator_was_the_limit(out.late, out.lag, latency.quantile(0.5), out.cpu,
                                          sum.out_of_sockets);
  return out;
}

}  // namespace gunflint
