#include "verdict/sli.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace gunflint {
namespace {

int whole_seconds(Duration d) { return std::max(1, static_cast<int>(std::lround(seconds(d)))); }

/// A reading counts until the next one is overdue, whatever the window, and a second more: a probe
/// that hangs is no green. Overdue is one that was due twice over. A probe may answer slowly, up to
/// its deadline, and is asked again at its next beat only: the value that it gave until then is the
/// last one there is. A guard on latencies would else be blind in just the danger that it names.
double staleness(const Sli::Setup& setup) {
  constexpr Duration deadline_of_a_probe = 5s;
  if (std::holds_alternative<OfTarget>(setup.of)) return 3;  // looked at each second
  const bool slow = std::holds_alternative<OfPrometheus>(setup.of);
  const Duration every = setup.every.value_or(slow ? 5s : 1s);
  return seconds(every + std::max<Duration>(every, deadline_of_a_probe)) + 1;
}

Across across_of(const ProbeSpec& spec) {
  const auto* target = std::get_if<OfTarget>(&spec);
  return target ? target->across : Across::Mean;
}

}  // namespace

Sli::Sli(Setup setup)
    : setup_(std::move(setup)),
      window_(whole_seconds(setup_.window)),
      points_(staleness(setup_), seconds(setup_.readings), setup_.expect),
      target_(across_of(setup_.of)) {}

void Sli::on_second(int second, const std::vector<Slice>& slices,
                    const std::set<std::string>& missing) {
  if (!of_load()) return;
  warming_up_ = !setup_.danger && std::any_of(slices.begin(), slices.end(),
                                              [&](const Slice& s) { return is_warm_up(s); });
  if (warming_up_) {
    last_ = {};
    return window_.restart(second + 1);
  }
  last_ = look_at(slices, *of_load());
  const std::string& load = of_load()->load;
  last_.missing = load.empty() ? !missing.empty() : missing.contains(load);
  window_.push(second, last_);
}

void Sli::on(double at, const TargetSeen& seen) {
  const auto* of = std::get_if<OfTarget>(&setup_.of);
  if (!of || of->target != seen.target) return;
  target_.on(seen);
  Point point;
  point.at = at;
  const auto left = target_.value(setup_.expect.metric);
  const auto right = setup_.expect.other_metric.empty() ? std::optional(0.0)
                                                        : target_.value(setup_.expect.other_metric);
  if (left && right) {
    point.value = *left;
    point.series[""] = *left;
    point.holds = setup_.expect.holds(*left, *right);
  } else {
    point.why = target_.unknown().empty() ? "the target has no such value" : target_.unknown();
  }
  points_.put(std::move(point));
}

void Sli::on(double at, const ReadingTaken& reading) {
  if (reading.probe != setup_.key) return;
  if (reading.unknown.empty()) {
    points_.put(judge_series(at, reading.series, reading.text, setup_.expect));
    return;
  }
  Point point;
  point.at = at;
  point.why = reading.unknown;
  points_.put(std::move(point));
}

void Sli::restart(int second) {
  window_.restart(second);
  points_.restart(second);
}

void Sli::start_clock() { target_.start_clock(); }

bool Sli::a_time() const {
  const auto metric = load_metric(setup_.expect.metric);
  using K = LoadMetric::Kind;
  return metric &&
         (metric->kind == K::Quantile || metric->kind == K::Longest || metric->kind == K::Mean);
}

/// Latency runs from the due time, so what the generator sends late is in it. A limit that would
/// hold without our own error is not violated by the system under test.
bool Sli::lateness_explains(double value, const Histogram& late) const {
  if (!a_time() || late.empty()) return false;
  const auto metric = load_metric(setup_.expect.metric);
  using K = LoadMetric::Kind;
  const Duration ours = metric->kind == K::Longest ? late.max()
                        : metric->kind == K::Mean  ? late.mean()
                                                   : late.quantile(0.99);
  return setup_.expect.holds(std::max(0.0, value - seconds(ours)));
}

bool Sli::is_warm_up(const Slice& slice) const {
  return slice.warm_up && (of_load()->load.empty() || of_load()->load == slice.load);
}

/// Nothing came to an end, and somebody waits longer than the window is: a closed loop whose users
/// all hang sends nobody else, and so nothing is due in it.
bool Sli::all_hang(const SecondOfLoad& window) const {
  return window.ended == 0 && window.answered == 0 && window.unanswered > 0 &&
         window.oldest >= std::chrono::seconds(window_.width());
}

/// A second without results is unknown itself, and so is a window that lacks more than a tenth.
bool Sli::has_holes(const SecondOfLoad& window) const {
  return last_.missing > 0 || window.missing * 10 > window.seconds;
}

Look Sli::look_at_load() const {
  Look look;
  if (!window_.full()) return look;
  const SecondOfLoad sum = window_.sum();
  const Measure measured = measure(sum, setup_.expect);
  // Samples are enough to see a danger, and never enough to see that there is none.
  const bool danger = setup_.danger && measured.total > 0 && !measured.violated;
  if (has_holes(sum) && !danger) {
    look.light = Colour::Unknown;
    look.why = "the load worker's results did not come in time";
    return look;
  }
  const bool nobody_came = sum.ended == 0 && window_.due_long_ago() == 0;
  const bool hang = all_hang(sum);
  const bool unanswered = sum.answered == 0 && !nobody_came && (!measured.value || a_time());
  // A wait that is allowed to be so long is none of it.
  const bool too_long = a_time() && measured.violated && !setup_.danger;
  if (unanswered || (hang && (!measured.value || too_long))) {
    // Semantics 16: users came and nobody was answered, be it that connections are refused, which
    // takes no time at all. For a guard that is what it waits for.
    look.light = setup_.danger ? Colour::Green : Colour::Red;
    look.bad = look.total = std::max(sum.due, sum.unanswered);
    look.why = "nothing was answered";
    if (!sum.errors.empty()) look.why += ": " + spell_errors(sum.errors);
    return look;
  }
  if (sum.due == 0 && sum.ended == 0 && sum.journeys == 0 && !hang) {
    look.light = Colour::Idle;
    return look;
  }
  if (!measured.value) {
    look.light = Colour::Unknown;
    look.why = "no sample ended in the window";
    return look;
  }
  look.value = *measured.value;
  look.bad = measured.bad, look.total = measured.total;
  const bool red = setup_.binomial ? measured.surely : measured.violated;
  look.light = red ? Colour::Red : Colour::Green;
  if (load_metric(setup_.expect.metric)->kind == LoadMetric::Kind::Share && red)
    look.why = spell_errors(sum.errors);
  if (!setup_.binomial) return look;
  if (sum.saturated * 10 > sum.seconds) {
    look.light = Colour::Unknown;
    look.why = "the load generator was the limit";
  } else if (red && lateness_explains(*measured.value, sum.late)) {
    look.light = Colour::Unknown;
    look.why = fmt::format("the load generator itself sent late, one in a hundred by more than {}",
                           human(sum.late.quantile(0.99)));
  }
  return look;
}

Look Sli::look(int second) const {
  Look look;
  if (of_load()) {
    look = look_at_load();
    look.at = second + 1;
  } else {
    look = points_.look(second);
  }
  if (look.light == Colour::Unknown && setup_.no_data_is_red) look.light = Colour::Red;
  return look;
}

std::optional<bool> Sli::holds_now() const {
  if (of_load()) {
    const Look look = look_at_load();
    if (look.light != Colour::Green && look.light != Colour::Red) return std::nullopt;
    return look.light == Colour::Green;
  }
  const Point* latest = points_.latest();
  return latest ? latest->holds : std::nullopt;
}

std::optional<double> Sli::value_of_second(int second) const {
  const Look look = points_.look(second);
  if (look.light == Colour::Unknown || std::isnan(look.value)) return std::nullopt;
  return look.value;
}

std::string print_look(double value, const Condition& condition) {
  return std::isnan(value) ? std::string("no value") : print_like(value, condition);
}

}  // namespace gunflint
