#include "verdict/alert_watch.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "verdict/judge.hpp"
#include "verdict/words.hpp"

namespace gunflint {

void AlertWatch::on(double at, const ReadingTaken& reading) {
  if (reading.probe != probe_key(alert_)) return;
  ++readings_;
  if (!reading.unknown.empty()) {
    ++unknown_readings_;
    if (!unknown_since_) unknown_since_ = at;
    if (why_.empty()) why_ = reading.unknown;
    return;
  }
  unknown_since_.reset();
  double state = 0;
  for (const auto& [name, value] : reading.series) state = std::max(state, value);
  const bool firing = state >= 1;
  silenced_ |= state >= 2;
  if (firing && (!firing_ || !seen_)) {
    fired_at_ = at;
    resolved_at_.reset();
  }
  if (!firing && firing_) resolved_at_ = at;
  firing_ = firing;
  seen_ = true;
}

void AlertWatch::never(const std::string& why) {
  if (state_ != State::NotBegun || alert_.must == AlertExpectation::Must::StaySilent) return;
  state_ = State::Unclear;
  why_ = why;
}

void AlertWatch::second(int second, std::optional<double> start, std::optional<double> all_clear) {
  if (alert_.must == AlertExpectation::Must::StaySilent) {
    if (fired_at_) state_ = State::Missed;
    return;
  }
  if (!start || second + 1 <= *start) return;
  if (state_ == State::NotBegun) {
    state_ = State::Open;
    started_ = start;
  }
  if (state_ == State::Open) must_fire(second + 1, *start, all_clear);
}

void AlertWatch::must_fire(double now, double start, std::optional<double> all_clear) {
  if (!rang_at_ && fired_at_ && *fired_at_ < start && (firing_ || *resolved_at_ >= start)) {
    state_ = State::Unclear;
    why_ = "it was firing already before its start moment";
    return;
  }
  // The first time counts; an alert that flaps afterwards must only be quiet at the end.
  if (!rang_at_ && fired_at_ && *fired_at_ >= start) rang_at_ = fired_at_;
  if (!rang_at_) {
    if (!alert_.within || now < start + seconds(*alert_.within)) return;
    state_ = unknown_since_ || !seen_ ? State::Unclear : State::Missed;
    if (state_ == State::Missed) why_ = "it did not fire within " + print(*alert_.within);
    return;
  }
  if (alert_.within && *rang_at_ > start + seconds(*alert_.within)) {
    state_ = State::Missed;
    why_ = fmt::format("it fired only {} after its start", spell_seconds(*rang_at_ - start));
    return;
  }
  if (!alert_.resolve_within) {
    state_ = State::Met;
    return;
  }
  if (!all_clear) return;
  const double deadline = *all_clear + seconds(*alert_.resolve_within);
  if (resolved_at_ && *resolved_at_ <= deadline) {
    if (*resolved_at_ >= *all_clear || now >= deadline) state_ = State::Met;
  } else if (now >= deadline) {
    state_ = unknown_since_ ? State::Unclear : State::Missed;
    if (state_ == State::Missed)
      why_ = "it was not resolved " + print(*alert_.resolve_within) + " after all clear";
  }
}

Finding AlertWatch::fire_finding(bool over) const {
  Finding f;
  f.limit = "must fire" + (alert_.within ? " within " + print(*alert_.within) : std::string()) +
            (alert_.resolve_within ? ", resolved within " + print(*alert_.resolve_within)
                                   : std::string());
  if (rang_at_ && started_) {
    f.took_s = *rang_at_ - *started_;
    f.measured = fmt::format("fired after {}", spell_seconds(*f.took_s));
    if (resolved_at_) f.measured += fmt::format(", resolved at {:.0f} s", *resolved_at_);
  } else {
    f.measured = seen_ ? "did not fire" : "never read";
  }
  if (state_ == State::Met) {
    f.held = Held::Yes;
    f.sentence = silenced_ ? "The alert fired in time; it was silenced, so nobody was told."
                           : "The alert fired in time.";
  } else if (state_ == State::Missed) {
    f.held = Held::No;
    f.sentence = "The alert failed: " + why_ + ".";
  } else {
    f.sentence = !why_.empty()               ? "Cannot say: " + why_ + "."
                 : state_ == State::NotBegun ? "Never began: what it waits for did not happen."
                 : over                      ? "The run ended before its deadline."
                                             : "Still open.";
  }
  if (f.held == Held::Yes && !alert_.delivered_to.empty()) {
    f.held = Held::Inconclusive;
    f.sentence = "The alert fired in time; delivery to `" + alert_.delivered_to +
                 "` is not checked in this version.";
  }
  return f;
}

Finding AlertWatch::silent_finding() const {
  Finding f;
  f.limit = "must stay silent";
  if (fired_at_) {
    f.held = Held::No;
    f.measured = fmt::format("fired at {:.0f} s", *fired_at_);
    f.sentence =
        fmt::format("The alert fired at {:.0f} s and should have stayed silent.", *fired_at_);
  } else if (readings_ == 0 || unknown_readings_ * 20 > readings_) {
    f.measured = "unknown";
    f.sentence = readings_ == 0 ? "Its state was never read; set `sources.alertmanager`."
                                : "Its state was unknown too often: " + why_ + ".";
  } else {
    f.held = Held::Yes;
    f.measured = "silent";
    f.sentence = "The alert stayed silent.";
  }
  return f;
}

Finding AlertWatch::finding(bool over) const {
  Finding f = alert_.must == AlertExpectation::Must::Fire ? fire_finding(over) : silent_finding();
  f.kind = Finding::Kind::Alert;
  f.name = alert_.name;
  place(f, alert_.mark);
  return f;
}

}  // namespace gunflint
