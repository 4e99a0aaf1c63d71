#include "report/run_view.hpp"

#include <algorithm>
#include <cmath>

namespace gunflint {

namespace {

template <class T>
T& named(std::vector<T>& list, const std::string& name) {
  for (T& item : list)
    if (item.name == name) return item;
  list.emplace_back();
  list.back().name = name;
  return list.back();
}

void end_last(std::vector<Span>& spans, Duration at) {
  if (!spans.empty() && !spans.back().to) spans.back().to = at;
}

double quantile(const Histogram& h, double q) {
  return h.empty() ? no_value : seconds(h.quantile(q));
}

/// What the experiment says of a fault; both are plain text in its encoded form.
std::pair<std::string, std::string> type_and_target(const Value& experiment,
                                                    const std::string& name) {
  if (const Value* faults = experiment.find("faults"); faults && faults->is_list())
    for (const Value& fault : faults->items())
      if (fault.text_or("name", fault.text_or("type")) == name)
        return {fault.text_or("type"), fault.text_or("target")};
  return {};
}

/// Latencies of the answers of one second, and how long the others have waited at its end.
struct Times {
  Histogram ended, waiting;
  double quantile(double q) const {
    if (ended.empty() && waiting.empty()) return no_value;
    return seconds(quantile_so_far(ended, waiting, q));
  }
};

}  // namespace

/// Slices of one load and second, until all workers have sent theirs.
struct RunReader::OpenSecond {
  LoadSecond numbers;
  Histogram late;
  Times all;
  std::map<std::string, Times> steps;
};

RunReader::RunReader() = default;
RunReader::~RunReader() = default;
RunReader::RunReader(RunReader&&) noexcept = default;

const LoadView* RunView::load(std::string_view name) const {
  auto it = std::find_if(loads.begin(), loads.end(), [&](const auto& l) { return l.name == name; });
  return it == loads.end() ? nullptr : &*it;
}
const FaultView* RunView::fault(std::string_view name) const {
  auto it =
      std::find_if(faults.begin(), faults.end(), [&](const auto& f) { return f.name == name; });
  return it == faults.end() ? nullptr : &*it;
}

FaultView& RunReader::fault(const std::string& name) {
  FaultView& f = named(view_.faults, name);
  if (f.type.empty()) std::tie(f.type, f.target) = type_and_target(view_.start.experiment, name);
  return f;
}

InjectionView& RunReader::injection(const std::string& id) {
  for (InjectionView& i : view_.injections)
    if (i.id == id) return i;
  view_.injections.emplace_back();
  view_.injections.back().id = id;
  return view_.injections.back();
}

void RunReader::take(const Slice& slice) {
  auto& slot = open_[{slice.second, slice.load}];
  if (!slot) {
    slot = std::make_unique<OpenSecond>();
    slot->numbers.second = slice.second;
  }
  LoadSecond& n = slot->numbers;
  LoadView& load = named(view_.loads, slice.load);
  n.asked += slice.asked;
  n.sent += slice.sent;
  n.in_flight += slice.in_flight;
  n.backlog += slice.backlog;
  n.cpu = std::max(n.cpu, slice.cpu);
  n.saturated |= slice.saturated;
  n.warm_up |= slice.warm_up;
  n.users += slice.users;
  slot->late.merge(slice.late);
  if (!slice.warm_up) load.late.merge(slice.late);
  auto& in_flight = in_flight_[{slice.load, slice.worker}];
  load.in_flight += slice.in_flight - in_flight;
  in_flight = slice.in_flight;
  for (const StepSlice& step : slice.steps) {
    // An entry of `requests` is a journey of one step: one name for both.
    const std::string name =
        step.journey == step.step ? step.step : step.journey + " / " + step.step;
    StepSecond& second = n.steps[name];
    second.requests += step.ended;
    second.failed += step.failed;
    n.requests += step.ended;
    n.failed += step.failed;
    n.attempts += step.attempts;
    slot->all.ended.merge(step.latency);
    slot->all.waiting.merge(step.waiting);
    slot->steps[name].ended.merge(step.latency);
    slot->steps[name].waiting.merge(step.waiting);
    for (const auto& [error, count] : step.errors) n.errors[error] += count;
    if (slice.warm_up) continue;
    for (Totals* totals : {&load.all, &load.steps[name]}) {
      totals->requests += step.ended;
      totals->failed += step.failed;
      totals->attempts += step.attempts;
      totals->latency.merge(step.latency);
      for (const auto& [error, count] : step.errors) totals->errors[error] += count;
    }
  }
  for (const JourneySlice& journey : slice.journeys) {
    n.due += journey.due;
    n.dropped += journey.dropped;
    n.ended += journey.ended;
    n.completed += journey.completed;
    n.unfinished += journey.unfinished;
    if (slice.warm_up) continue;
    load.due += journey.due;
    load.dropped += journey.dropped;
    load.ended += journey.ended;
    load.completed += journey.completed;
  }
}

namespace {

Heat heat_of(const Histogram& latency) {
  Heat heat{};
  if (latency.empty()) return heat;
  double above = static_cast<double>(latency.count());
  for (int bin = 0; bin < heat_bins; ++bin) {
    const Duration upper = from_seconds(1e-4 * std::pow(10, (bin + 1) / 8.0));
    const double next = bin + 1 == heat_bins ? 0 : latency.above(upper);
    heat[bin] = static_cast<std::uint32_t>(std::llround(above) - std::llround(next));
    above = next;
    if (next <= 0) break;
  }
  return heat;
}

}  // namespace

void RunReader::close(int second) {
  while (!open_.empty() && open_.begin()->first.first <= second) {
    auto node = open_.extract(open_.begin());
    OpenSecond& open = *node.mapped();
    LoadSecond& n = open.numbers;
    n.p50 = open.all.quantile(0.5);
    n.p95 = open.all.quantile(0.95);
    n.p99 = open.all.quantile(0.99);
    n.max = open.all.quantile(1);
    n.late = quantile(open.late, 0.99);
    n.heat = heat_of(open.all.ended);
    for (auto& [name, step] : n.steps) {
      const Times& times = open.steps[name];
      step.p50 = times.quantile(0.5);
      step.p95 = times.quantile(0.95);
      step.p99 = times.quantile(0.99);
    }
    LoadView& load = named(view_.loads, node.key().second);
    load.saturated_seconds += n.saturated && !n.warm_up;
    load.warm_up_seconds += n.warm_up;
    load.seconds.push_back(std::move(n));
  }
}

template <>
void RunReader::note(const Event& event, const RunStarted& e) {
  view_.start = e;
  view_.wall0 = event.wall - event.at;
}
template <>
void RunReader::note(const Event& event, const LoadStarted&) {
  view_.load_started = true;
  view_.wall0 = event.wall - event.at;
}
template <>
void RunReader::note(const Event& event, const StageStarted& e) {
  auto& stages = named(view_.loads, e.load).stages;
  end_last(stages, event.at);
  stages.push_back({e.stage, event.at, std::nullopt});
}
template <>
void RunReader::note(const Event& event, const PhaseStarted& e) {
  end_last(view_.phases, event.at);
  view_.phases.push_back({e.phase, event.at, std::nullopt});
}
template <>
void RunReader::note(const Event&, const SecondClosed& e) {
  close(e.second);
}
template <>
void RunReader::note(const Event&, const SliceTaken& e) {
  take(e.slice);
}
template <>
void RunReader::note(const Event& event, const ReadingTaken& e) {
  auto it = std::find_if(view_.readings.begin(), view_.readings.end(),
                         [&](const ReadingView& r) { return r.probe == e.probe; });
  if (it == view_.readings.end()) {
    view_.readings.push_back({e.probe, {}, 0});
    it = view_.readings.end() - 1;
  }
  if (!e.unknown.empty())
    ++it->unknown;
  else if (!e.series.empty())
    it->points.emplace_back(event.at, e.series.begin()->second);
}
template <>
void RunReader::note(const Event& event, const TargetSeen& e) {
  MemberPoint p;
  p.at = event.at;
  p.ready = e.ready;
  p.desired = e.desired;
  p.restarts = e.restarts;
  p.cpu = e.cpu;
  p.memory = e.memory;
  p.queue = e.queue;
  p.unknown = !e.unknown.empty();
  named(view_.targets, e.target).points.push_back(p);
}
template <>
void RunReader::note(const Event&, const FaultStarted& e) {
  fault(e.fault);
}
template <>
void RunReader::note(const Event&, const FaultSkipped& e) {
  fault(e.fault).skipped = e.why.empty() ? "skipped" : e.why;
}
template <>
void RunReader::note(const Event& event, const Injected& e) {
  FaultView& f = fault(e.fault);
  if (!f.from) f.from = event.at;
  f.to.reset();
  InjectionView& i = injection(e.injection);
  i.fault = e.fault;
  i.member = e.member;
  i.label = e.label.empty() ? e.member : e.label;
  i.injected = event.at;
  i.bite = i.weakest = e.bite;
}
template <>
void RunReader::note(const Event& event, const InjectionFailed& e) {
  fault(e.fault);
  InjectionView& i = injection(e.injection);
  i.fault = e.fault;
  i.member = i.label = e.member;
  i.injected = event.at;
  i.failed = e.why.empty() ? "it failed" : e.why;
}
template <>
void RunReader::note(const Event&, const BiteRead& e) {
  InjectionView& i = injection(e.injection);
  const bool weaker =
      !i.weakest || e.bite.got < i.weakest->got || (i.weakest->in_force && !e.bite.in_force);
  if (weaker) i.weakest = e.bite;
}
template <>
void RunReader::note(const Event&, const BiteLost& e) {
  injection(e.injection).bite_lost = e.why.empty() ? "no word of it" : e.why;
}
template <>
void RunReader::note(const Event& event, const Undone& e) {
  InjectionView& i = injection(e.injection);
  if (i.fault.empty()) i.fault = e.fault;
  if (i.label.empty()) i.member = i.label = e.member;
  i.undone = event.at;
  i.verified = e.verified;
  i.gone = e.gone;
  i.by = e.by;
  i.why = e.why;
}
template <>
void RunReader::note(const Event& event, const FaultEnded& e) {
  FaultView& f = fault(e.fault);
  if (f.from) f.to = event.at;
}
template <>
void RunReader::note(const Event& event, const HypothesisTurned& e) {
  auto& states = named(view_.hypotheses, e.hypothesis).states;
  // A second is judged when its late answers are in: the picture shows it where it was.
  const Duration from =
      e.second >= 0 ? std::min<Duration>(std::chrono::seconds(e.second), event.at) : event.at;
  if (!states.empty() && !states.back().to) states.back().to = from;
  states.push_back({from, std::nullopt, e.state, e.value});
}
template <>
void RunReader::note(const Event&, const LeftBehind& e) {
  view_.left_behind.push_back(e);
}
template <>
void RunReader::note(const Event&, const LeftChanged& e) {
  view_.left_changed.push_back(e);
}
template <>
void RunReader::note(const Event&, const Note& e) {
  view_.notes.push_back(e);
}
template <>
void RunReader::note(const Event&, const VerdictReached& e) {
  view_.verdict = e.verdict;
}
template <>
void RunReader::note(const Event&, const RunEnded& e) {
  view_.exit = e.exit;
}

std::optional<Moment> RunReader::on(const Event& event) {
  std::visit([&](const auto& what) { note(event, what); }, event.what);
  view_.last = std::max(view_.last, event.at);
  auto told = timeline_.on(event);
  if (told) view_.timeline.push_back(*told);
  return told;
}

RunView RunReader::finish() && {
  close(std::numeric_limits<int>::max());
  std::stable_sort(view_.timeline.begin(), view_.timeline.end(),
                   [](const Moment& a, const Moment& b) { return a.at < b.at; });
  return std::move(view_);
}

RunView view_of(const std::vector<Event>& events) {
  RunReader reader;
  for (const Event& event : events) reader.on(event);
  return std::move(reader).finish();
}

}  // namespace gunflint
