#include "engine/bounds.hpp"

#include <algorithm>

#include "model/timetable.hpp"

namespace gunflint {
namespace {

/// One end of the bounds: everything as early, or everything as late as it can be.
class Extreme {
 public:
  Extreme(const Experiment& experiment, const Schedule& schedule,
          const std::function<bool(const FaultSpec&)>& instant, bool late)
      : experiment_(experiment), schedule_(schedule), instant_(instant), late_(late) {
    // Each round settles what depends on what the round before has settled.
    for (std::size_t i = 0; i <= experiment.faults.size(); ++i)
      for (const auto& fault : experiment.faults) settle(fault);
  }

  FaultMoments of(const std::string& fault) const {
    const auto it = moments_.find(fault);
    return it == moments_.end() ? FaultMoments{} : it->second;
  }
  /// When everything is decided, the drain excluded.
  Duration decided() const {
    Duration end = schedule_.stages_end();
    Duration clear{};
    for (const auto& [name, m] : moments_) {
      clear = std::max(clear, m.end.value_or(0s));
      end = std::max({end, m.end.value_or(0s), m.recovered.value_or(0s) + stable_for(name)});
    }
    for (const auto& r : experiment_.reactions)
      if (r.within) end = std::max(end, start_of(r.start) + *r.within);
    for (const auto& a : experiment_.alerts) {
      if (a.within) end = std::max(end, start_of(a.start) + *a.within);
      if (a.resolve_within) end = std::max(end, clear + *a.resolve_within);
    }
    return end;
  }

 private:
  Duration start_of(const std::optional<Start>& start) const {
    if (!start) return 0s;
    return schedule_.resolve(*start, [&](const std::string& f) { return of(f); })
        .begin.value_or(0s);
  }
  const RecoverySpec& recovery(const FaultSpec& fault) const {
    return fault.recovery ? *fault.recovery : experiment_.recovery;
  }
  Duration stable_for(const std::string& name) const {
    const FaultSpec* fault = experiment_.fault(name);
    return fault && !experiment_.steady_state.empty() ? recovery(*fault).stable_for : 0s;
  }
  static Duration patience(const std::optional<When>& when, bool late) {
    return when && late ? when->timeout : 0s;
  }
  Duration length_of_one(const FaultSpec& fault) const {
    if (instant_(fault)) return 0s;
    if (fault.length) return *fault.length;
    Duration length{};
    for (const auto& one : fault.one_of) {
      const Duration each = instant_(one) ? 0s : one.length.value_or(0s);
      length = length == 0s || late_ == (each > length) ? each : length;
    }
    return length;
  }

  void settle(const FaultSpec& fault) {
    const auto moment = schedule_.resolve(fault.start, [&](const std::string& f) { return of(f); });
    if (!moment.begin) return;
    FaultMoments m;
    m.begin =
        *moment.begin + patience(fault.wait_until, late_) + (fault.only_if && late_ ? 10s : 0s);
    m.end = *m.begin + length_of_one(fault);
    if (fault.repeat) {
      const int more = fault.repeat->times ? *fault.repeat->times - 1 : 0;
      *m.end += more * fault.repeat->every + (late_ ? fault.repeat->jitter : 0s);
    }
    if (moment.end && !instant_(fault)) {
      const bool whole = !fault.length || fault.repeat;
      m.end = std::max(*m.begin, whole ? *moment.end : std::min(*m.end, *moment.end));
    }
    // Nothing to recover by: recovered when clear.
    m.recovered = *m.end;
    if (!experiment_.steady_state.empty() && late_)
      *m.recovered += longest_recovery(experiment_, fault);
    moments_[fault.name] = m;
  }

  const Experiment& experiment_;
  const Schedule& schedule_;
  const std::function<bool(const FaultSpec&)>& instant_;
  bool late_;
  std::map<std::string, FaultMoments> moments_;
};

}  // namespace

Bounds find_bounds(const Experiment& experiment, const Schedule& schedule,
                   const std::function<bool(const FaultSpec&)>& instant) {
  const Extreme early(experiment, schedule, instant, false);
  const Extreme late(experiment, schedule, instant, true);
  Bounds bounds;
  for (const auto& fault : experiment.faults)
    bounds.faults[fault.name] = {early.of(fault.name), late.of(fault.name)};
  Duration drain{};
  for (const auto& load : experiment.loads) drain = std::max(drain, load.timeout);
  bounds.shortest = early.decided();
  bounds.longest = std::max(late.decided(), bounds.shortest) + drain;
  bounds.hard_stop = bounds.longest + 60s;
  if (experiment.time_limit) bounds.hard_stop = std::min(bounds.hard_stop, *experiment.time_limit);
  return bounds;
}

}  // namespace gunflint
