#include "verdict/recovery_watch.hpp"

#include <algorithm>
#include <cmath>

namespace gunflint {
namespace {

int whole(Duration d) { return std::max(1, static_cast<int>(std::lround(seconds(d)))); }
/// Of `stable_for`, 95 % must be green.
int allowed_bad(int stable) { return static_cast<int>(std::floor(0.05 * stable + 1e-9)); }

}  // namespace

GreenSearch::GreenSearch(int window, int stable_for, bool unknown_is_green)
    : window_(std::max(1, window)),
      stable_(std::max(stable_for, window_)),
      generous_(unknown_is_green) {}

bool GreenSearch::good(Colour light) const {
  return light == Colour::Green || (generous_ && light != Colour::Red);
}

bool GreenSearch::candidate_is_dead() const {
  // The window [candidate, candidate + window) ends with light number window - 1.
  const auto first = static_cast<std::size_t>(window_ - 1);
  if (lights_.size() <= first) return false;
  if (!good(lights_[first])) return true;
  const auto end = std::min(lights_.size(), static_cast<std::size_t>(stable_));
  const auto bad = std::count_if(lights_.begin() + window_ - 1,
                                 lights_.begin() + static_cast<std::ptrdiff_t>(end),
                                 [&](Colour l) { return !good(l); });
  return bad > allowed_bad(stable_);
}

void GreenSearch::push(Colour light) {
  if (found_) return;
  lights_.push_back(light);
  while (candidate_is_dead()) {
    lights_.erase(lights_.begin());
    ++candidate_;
  }
  if (lights_.size() >= static_cast<std::size_t>(stable_)) found_ = candidate_;
}

RecoveryWatch::RecoveryWatch(const Experiment& experiment) : experiment_(experiment) {}

bool RecoveryWatch::counts(const Hypothesis& h) {
  if (h.window_is_phase || h.expect.of_baseline) return false;
  if (h.expect.metric == "users_affected" || h.expect.metric == "dropped") return false;
  return std::any_of(h.during.begin(), h.during.end(), [](During d) {
    return d == During::All || d == During::After || d == During::Recovery;
  });
}

void RecoveryWatch::all_clear(double at, const std::vector<std::string>& faults, int grace_over) {
  attempts_.clear();
  ended_.reset();
  round_start_ = static_cast<int>(std::ceil(at - 1e-9));
  // Those that were cut short are judged together with these.
  std::map<std::string, std::string> names;  // -> what cut it short
  for (const auto& name : faults) names[name];
  for (const auto& r : recoveries_)
    if (r.state == State::CutShort) names[r.fault] = r.joined;
  std::erase_if(recoveries_, [](const Recovery& r) { return r.state == State::CutShort; });
  for (const auto& [name, joined] : names) {
    const FaultSpec* fault = experiment_.fault(name);
    Recovery recovery;
    recovery.state = State::Waiting;
    recovery.fault = name;
    recovery.joined = joined;
    recovery.spec = fault && fault->recovery ? *fault->recovery : experiment_.recovery;
    recovery.all_clear = at;
    recovery.grace_left = std::max(0.0, grace_over - at);
    recoveries_.push_back(recovery);
    Attempt attempt{recoveries_.size() - 1, {}};
    for (std::size_t i = 0; i < experiment_.steady_state.size(); ++i) {
      const auto& h = experiment_.steady_state[i];
      if (!counts(h)) continue;
      // Without a window a reading stands for its own second.
      const int window = whole(h.window);
      const int stable = whole(recovery.spec.stable_for);
      attempt.searches.push_back(
          {i, GreenSearch(window, stable, false), GreenSearch(window, stable, true)});
    }
    attempts_.push_back(std::move(attempt));
  }
  for (auto& attempt : attempts_)
    if (attempt.searches.empty()) decide(attempt, round_start_);
}

void RecoveryWatch::cut_short(const std::string& by) {
  for (auto& attempt : attempts_) {
    auto& r = recoveries_[attempt.recovery];
    if (r.state != State::Waiting) continue;
    r.state = State::CutShort;
    r.joined = by;
    r.why = "`" + by + "` started before it had recovered";
  }
  attempts_.clear();
  ended_.reset();
}

void RecoveryWatch::second(int second, const std::vector<Colour>& lights) {
  if (second < round_start_) return;
  for (auto& attempt : attempts_) {
    for (auto& search : attempt.searches) {
      const Colour light = lights[search.hypothesis];
      search.strict.push(light);
      search.generous.push(light);
      auto& r = recoveries_[attempt.recovery];
      r.red_late |= light == Colour::Red && second >= r.all_clear + seconds(r.spec.within) &&
                    second < r.all_clear + r.grace_left;
    }
    decide(attempt, second);
  }
}

void RecoveryWatch::decide(Attempt& attempt, int second) {
  auto& r = recoveries_[attempt.recovery];
  if (r.took) return;
  const double late =
      round_start_ - r.all_clear;  // the part of a second before the first whole one
  int start = 0, earliest = 0, hopeful = 0;
  bool all_found = true, all_hoped = true;
  for (const auto& s : attempt.searches) {
    all_found &= s.strict.found().has_value();
    all_hoped &= s.generous.found().has_value();
    start = std::max(start, s.strict.found().value_or(0));
    earliest = std::max(earliest, s.strict.candidate());
    hopeful = std::max(hopeful, s.generous.found().value_or(s.generous.candidate()));
  }
  // Windows that begin anew at the end of a grace are no sign that the system was not back before;
  // red ones are.
  const double within = std::max(seconds(r.spec.within), r.red_late ? 0.0 : r.grace_left);
  // A recovery at once has taken no time; the rest is the grid of whole seconds.
  auto took_if = [&](int from) { return from == 0 ? 0.0 : from + late; };
  if (all_found) {
    r.took = took_if(start);
    if (r.state == State::Waiting) {
      r.state = *r.took <= within + 1e-9 ? State::Recovered : State::Failed;
      r.doubtful = r.state == State::Failed && took_if(hopeful) <= within + 1e-9;
    }
    const bool everybody = std::all_of(attempts_.begin(), attempts_.end(), [&](const Attempt& a) {
      return recoveries_[a.recovery].took.has_value();
    });
    proofs_.emplace_back(round_start_ + start, second + 1);
    if (everybody) ended_ = std::max(ended_.value_or(0), round_start_ + start);
    return;
  }
  if (r.state != State::Waiting || took_if(earliest) <= within + 1e-9) return;
  const bool could_be = took_if(hopeful) <= within + 1e-9;
  // What comes after the grace may still say that it was not.
  if (r.red_late && could_be && !all_hoped) return;
  r.state = State::Failed;
  r.doubtful = could_be;
}

void RecoveryWatch::finish() {
  for (auto& r : recoveries_)
    if (r.state == State::Waiting) {
      r.why = "the run ended before it was stable for long enough";
    }
}

bool RecoveryWatch::waiting() const {
  return std::any_of(attempts_.begin(), attempts_.end(), [&](const Attempt& a) {
    return recoveries_[a.recovery].state == State::Waiting;
  });
}

const RecoveryWatch::Recovery* RecoveryWatch::of(const std::string& fault) const {
  for (auto i = recoveries_.rbegin(); i != recoveries_.rend(); ++i)
    if (i->fault == fault) return &*i;
  return nullptr;
}

std::optional<double> RecoveryWatch::recovered_at(const std::string& fault) const {
  const auto* r = of(fault);
  if (!r || r->state != State::Recovered) return std::nullopt;
  return r->all_clear + *r->took;
}

bool RecoveryWatch::proving(int second) const {
  return std::any_of(proofs_.begin(), proofs_.end(),
                     [&](const auto& p) { return second >= p.first && second < p.second; });
}

}  // namespace gunflint
