#include "load/summary.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace gunflint {
namespace {

constexpr std::array percents{std::pair{"p50", 0.5}, std::pair{"p90", 0.9}, std::pair{"p95", 0.95},
                              std::pair{"p99", 0.99}, std::pair{"p999", 0.999}};

Value percentile_map(const Histogram& histogram) {
  Value map = Value::map();
  for (const auto& [name, q] : percents) map.set(name, gunflint::seconds(histogram.quantile(q)));
  map.set("max", gunflint::seconds(histogram.max()));
  map.set("mean", gunflint::seconds(histogram.mean()));
  return map;
}

/// The next of 1, 2, 5, 10, 20, 50 … .
Duration next_edge(Duration edge) {
  std::int64_t unit = 1;
  while (unit * 10 <= edge.count()) unit *= 10;
  const auto lead = edge.count() / unit;
  return Duration(unit * (lead < 2 ? 2 : lead < 5 ? 5 : 10));
}

/// A bar of eighths of a column.
std::string bar(double share, int width) {
  constexpr std::array parts{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const int eighths = std::max(share > 0 ? 1 : 0, static_cast<int>(share * width * 8 + 0.5));
  std::string out;
  for (int i = 0; i < eighths / 8; ++i) out += "█";
  return out + parts[static_cast<std::size_t>(eighths % 8)];
}

}  // namespace

void LoadSummary::add(const Slice& slice) {
  asked += slice.asked;
  sent += slice.sent;
  reconnects += slice.reconnects;
  late.merge(slice.late);
  std::uint64_t due_now = 0;
  for (const auto& journey : slice.journeys) {
    due_now += journey.due;
    dropped += journey.dropped;
    journeys_ended += journey.ended;
    completed += journey.completed;
  }
  due += due_now;
  if (due_now > 0) {
    ++seconds;
    saturated_seconds += slice.saturated;
    most_cpu = std::max(most_cpu, slice.cpu);
  }
  for (const auto& from : slice.steps) {
    requests += from.ended;
    failed += from.failed;
    attempts += from.attempts;
    for (const auto& [name, count] : from.errors) errors[name] += count;
    latency.merge(from.latency);
    service.merge(from.service);
    auto to = std::find_if(steps.begin(), steps.end(), [&](const Step& s) {
      return s.journey == from.journey && s.step == from.step;
    });
    if (to == steps.end()) to = steps.insert(to, Step{from.journey, from.step, 0, 0, {}});
    to->ended += from.ended;
    to->failed += from.failed;
    to->latency.merge(from.latency);
  }
}

double LoadSummary::error_rate() const {
  return requests == 0 ? 0 : static_cast<double>(failed) / static_cast<double>(requests);
}

bool LoadSummary::generator_was_the_limit() const {
  return saturated_seconds > 0 && saturated_seconds * 20 > seconds;
}

std::string LoadSummary::generator_sentence() const {
  const auto cpu = fmt::format("{:.0f}% of a core at most", most_cpu * 100);
  const auto lag = fmt::format("99% were sent within {} of being due", human(late.quantile(0.99)));
  if (saturated_seconds == 0)
    return fmt::format("The generator was never the limit: {}, {}.", cpu, lag);
  return fmt::format("The generator was the limit in {} of {} seconds ({}, {}): {}.",
                     saturated_seconds, seconds, cpu, lag,
                     generator_was_the_limit()
                         ? "latencies hold its own delay; give it a free core or ask for less"
                         : "too few to matter");
}

Value LoadSummary::to_value() const {
  Value out = Value::map();
  Value journeys = Value::map();
  journeys.set("asked", asked);
  journeys.set("due", due);
  journeys.set("dropped", dropped);
  journeys.set("ended", journeys_ended);
  journeys.set("completed", completed);
  out.set("journeys", std::move(journeys));
  Value all = Value::map();
  all.set("ended", requests);
  all.set("failed", failed);
  all.set("attempts", attempts);
  all.set("error_rate", error_rate());
  Value classes = Value::map();
  for (const auto& [name, count] : errors) classes.set(name, count);
  all.set("errors", std::move(classes));
  out.set("requests", std::move(all));
  out.set("latency_seconds", percentile_map(latency));
  out.set("service_seconds", percentile_map(service));
  Value list = Value::list();
  for (const auto& step : steps) {
    Value one = Value::map();
    one.set("journey", step.journey);
    one.set("step", step.step);
    one.set("ended", step.ended);
    one.set("failed", step.failed);
    one.set("latency_seconds", percentile_map(step.latency));
    list.push(std::move(one));
  }
  out.set("steps", std::move(list));
  Value generator = Value::map();
  generator.set("late_seconds", percentile_map(late));
  generator.set("most_cpu", most_cpu);
  generator.set("seconds", seconds);
  generator.set("saturated_seconds", saturated_seconds);
  generator.set("was_the_limit", generator_was_the_limit());
  generator.set("reconnects", reconnects);
  out.set("generator", std::move(generator));
  out.set("latency_histogram", latency.encode());
  return out;
}

std::vector<std::string> LoadSummary::distribution(int width) const {
  std::vector<std::string> rows;
  if (latency.empty()) return rows;
  const auto total = static_cast<double>(latency.count());
  struct Row {
    Duration from, to;
    double count;
  };
  std::vector<Row> found;
  double above = total, most = 0;
  for (Duration edge = 10us; above > 0.5 && edge < 2h; edge = next_edge(edge)) {
    const Duration to = next_edge(edge);
    const double beyond = to > latency.max() ? 0 : latency.above(to);
    const double count = above - beyond;
    above = beyond;
    if (found.empty() && count < 0.5) continue;
    found.push_back({found.empty() && edge == 10us ? Duration(0) : edge, to, count});
    most = std::max(most, count);
  }
  for (const auto& [from, to, count] : found)
    rows.push_back(fmt::format("{:>6} - {:<6} {:>6.2f}%  {}", human(from), human(to),
                               100 * count / total, bar(count / most, width)));
  return rows;
}

std::string percentiles(const Histogram& histogram) {
  std::string out;
  for (const auto& [name, q] : percents)
    out += fmt::format("{} {}  ", std::string_view(name) == "p999" ? "p99.9" : name,
                       human(histogram.quantile(q)));
  return out + fmt::format("max {}  mean {}", human(histogram.max()), human(histogram.mean()));
}

}  // namespace gunflint
