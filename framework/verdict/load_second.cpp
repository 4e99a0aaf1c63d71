#include "verdict/load_second.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "verdict/binomial.hpp"

namespace gunflint {

void SecondOfLoad::add(const SecondOfLoad& o) {
  times.merge(o.times), late.merge(o.late);
  ended += o.ended, failed += o.failed, attempts += o.attempts;
  due += o.due, dropped += o.dropped, journeys += o.journeys, completed += o.completed;
  sent += o.sent, answered += o.answered, in_flight += o.in_flight, asked += o.asked,
      users += o.users;
  seconds += o.seconds, saturated += o.saturated, missing += o.missing;
  for (const auto& [why, count] : o.errors) errors[why] += count;
  longest = std::max(longest, o.longest);
}

void SecondOfLoad::subtract(const SecondOfLoad& o) {
  times.subtract(o.times), late.subtract(o.late);
  ended -= o.ended, failed -= o.failed, attempts -= o.attempts;
  due -= o.due, dropped -= o.dropped, journeys -= o.journeys, completed -= o.completed;
  sent -= o.sent, answered -= o.answered, in_flight -= o.in_flight, asked -= o.asked,
      users -= o.users;
  seconds -= o.seconds, saturated -= o.saturated, missing -= o.missing;
  for (const auto& [why, count] : o.errors)
    if (const auto mine = errors.find(why); mine != errors.end())
      if ((mine->second -= std::min(count, mine->second)) == 0) errors.erase(mine);
}

std::string spell_errors(const std::map<std::string, std::uint64_t>& errors) {
  std::vector<std::pair<std::string, std::uint64_t>> most(errors.begin(), errors.end());
  std::stable_sort(most.begin(), most.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(3, most.size()); ++i)
    text += (i ? ", " : "") + std::to_string(most[i].second) + " " + most[i].first;
  return text;
}

namespace {

/// Of the requests that ended, those to which somebody answered, with whatever status.
std::uint64_t answers(const StepSlice& step) {
  std::uint64_t none = 0;
  for (const auto why :
       {ErrorClass::Dns, ErrorClass::Refused, ErrorClass::ConnectTimeout, ErrorClass::Tls,
        ErrorClass::Reset, ErrorClass::Timeout, ErrorClass::Protocol, ErrorClass::CutOff}) {
    const auto found = step.errors.find(std::string(name_of(why)));
    if (found != step.errors.end()) none += found->second;
  }
  return step.ended - std::min(none, step.ended);
}

}  // namespace

SecondOfLoad look_at(const std::vector<Slice>& slices, const OfLoad& of) {
  SecondOfLoad out;
  out.seconds = 1;
  const bool journey_times = !of.journey.empty() && of.step.empty();
  for (const auto& slice : slices) {
    if (!of.load.empty() && slice.load != of.load) continue;
    out.sent += slice.sent;
    out.in_flight += static_cast<double>(slice.in_flight);
    out.asked += slice.asked;
    out.users += static_cast<double>(slice.users);
    out.late.merge(slice.late);
    if (slice.saturated) out.saturated = 1;
    for (const auto& step : slice.steps) {
      out.answered += answers(step);
      out.oldest = std::max(out.oldest, step.waiting.max());
      out.unanswered += step.waiting.count();
      if (!of.journey.empty() && step.journey != of.journey) continue;
      if (!of.step.empty() && step.step != of.step) continue;
      out.ended += step.ended, out.failed += step.failed, out.attempts += step.attempts;
      for (const auto& [why, count] : step.errors) out.errors[why] += count;
      if (journey_times) continue;
      out.times.merge(step.latency);
      out.waiting.merge(step.waiting);
    }
    for (const auto& journey : slice.journeys) {
      if (!of.journey.empty() && journey.journey != of.journey) continue;
      out.due += journey.due, out.dropped += journey.dropped;
      out.journeys += journey.ended - journey.unfinished, out.completed += journey.completed;
      if (!journey_times) continue;
      out.times.merge(journey.duration);
      out.waiting.merge(journey.waiting);
    }
  }
  out.longest = out.times.max();
  return out;
}

std::optional<LoadMetric> load_metric(const std::string& name) {
  using K = LoadMetric::Kind;
  static const std::array<std::pair<std::string_view, LoadMetric>, 19> table{{
      {"p50", {K::Quantile, 0.5, false}},
      {"p90", {K::Quantile, 0.9, false}},
      {"p95", {K::Quantile, 0.95, false}},
      {"p99", {K::Quantile, 0.99, false}},
      {"p999", {K::Quantile, 0.999, false}},
      {"max", {K::Longest, 0, false}},
      {"mean", {K::Mean, 0, false}},
      {"error_rate", {K::Share, 0, false}},
      {"success_rate", {K::Share, 0, true}},
      {"completion_rate", {K::Share, 0, true}},
      {"arrival_rate", {K::PerSecond, 0, false}},
      {"sent_rate", {K::PerSecond, 0, false}},
      {"throughput", {K::PerSecond, 0, false}},
      {"in_flight", {K::Level, 0, false}},
      {"users", {K::Level, 0, false}},
      {"amplification", {K::Level, 0, false}},
      {"dropped", {K::Count, 0, false}},
      {"users_affected", {K::Count, 0, false}},
      {"asked_rate", {K::PerSecond, 0, false}},
  }};
  for (const auto& [known, metric] : table)
    if (known == name) return metric;
  return std::nullopt;
}

namespace {

/// As quantile_so_far.
Duration mean_so_far(const Histogram& ended, const Histogram& waiting) {
  if (waiting.empty()) return ended.mean();
  Histogram all = ended;
  all.merge(waiting);
  return std::max(ended.mean(), all.mean());
}

}  // namespace

std::optional<double> value_of(const SecondOfLoad& o, const std::string& name) {
  auto share = [](std::uint64_t part, std::uint64_t whole) -> std::optional<double> {
    if (whole == 0) return std::nullopt;
    return static_cast<double>(part) / static_cast<double>(whole);
  };
  auto per_second = [&](double sum) -> std::optional<double> {
    if (o.seconds == 0) return std::nullopt;
    return sum / o.seconds;
  };
  const auto metric = load_metric(name);
  if (!metric) return std::nullopt;
  if (metric->kind == LoadMetric::Kind::Quantile || name == "max" || name == "mean") {
    if (o.times.empty() && o.waiting.empty()) return std::nullopt;
    if (name == "max") return seconds(std::max(o.longest, o.waiting.max()));
    if (name == "mean") return seconds(mean_so_far(o.times, o.waiting));
    return seconds(quantile_so_far(o.times, o.waiting, metric->quantile));
  }
  if (name == "error_rate") return share(o.failed, o.ended);
  if (name == "success_rate") return share(o.ended - std::min(o.failed, o.ended), o.ended);
  if (name == "completion_rate") return share(o.completed, o.journeys + o.dropped);
  if (name == "arrival_rate") return per_second(static_cast<double>(o.due));
  if (name == "asked_rate") return per_second(o.asked);
  if (name == "sent_rate") return per_second(static_cast<double>(o.sent));
  if (name == "throughput") return per_second(static_cast<double>(o.completed));
  if (name == "in_flight") return per_second(o.in_flight);
  if (name == "users") return per_second(o.users);
  if (name == "amplification") return share(o.attempts, o.ended);
  if (name == "dropped") return static_cast<double>(o.dropped);
  return std::nullopt;
}

std::optional<double> allowed_share(const Condition& condition) {
  const auto metric = load_metric(condition.metric);
  if (!metric) return std::nullopt;
  if (metric->kind == LoadMetric::Kind::Quantile) return 1 - metric->quantile;
  if (metric->kind != LoadMetric::Kind::Share) return std::nullopt;
  return metric->of_good ? 1 - condition.limit.value : condition.limit.value;
}

namespace {

/// Is the number of bad samples chance? `too_many`: the estimate lies on the bad side.
bool not_by_chance(std::uint64_t bad, std::uint64_t total, double allowed) {
  allowed = std::clamp(allowed, 0.0, 1.0);
  const bool too_many = static_cast<double>(bad) > allowed * static_cast<double>(total);
  return (too_many ? upper_tail(bad, total, allowed) : lower_tail(bad, total, allowed)) < surprise;
}

}  // namespace

Measure measure(const SecondOfLoad& over, const Condition& condition) {
  Measure out;
  out.value = value_of(over, condition.metric);
  if (!out.value) return out;
  out.violated = !condition.holds(*out.value);
  out.surely = out.violated;
  const auto metric = *load_metric(condition.metric);
  // `between` is violated at one of two limits; the nearer one counts.
  double limit = condition.limit.value;
  if (condition.comparison == Comparison::Between && *out.value > limit)
    limit = condition.upper.value;
  if (metric.kind == LoadMetric::Kind::Quantile) {
    // Of those still waiting only they are decided whose age is over the limit already.
    const Duration most = from_seconds(limit);
    const auto waited = static_cast<std::uint64_t>(std::llround(over.waiting.above(most)));
    out.total = over.times.count() + waited;
    out.bad = static_cast<std::uint64_t>(std::llround(over.times.above(most))) + waited;
    out.surely = out.violated && not_by_chance(out.bad, out.total, 1 - metric.quantile);
  } else if (metric.kind == LoadMetric::Kind::Share) {
    const bool journeys = condition.metric == "completion_rate";
    out.total = journeys ? over.journeys + over.dropped : over.ended;
    out.bad = journeys ? out.total - std::min(over.completed, out.total) : over.failed;
    out.surely =
        out.violated && not_by_chance(out.bad, out.total, metric.of_good ? 1 - limit : limit);
  }
  return out;
}

}  // namespace gunflint
