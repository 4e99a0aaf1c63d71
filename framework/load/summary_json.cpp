// LoadSummary for machines. Keys are only added (docs/reference/load-output.md).
#include "load/summary.hpp"

namespace gunflint {
namespace {

/// {p50, p90, …, max, mean, count} in seconds; null where nothing was measured, which is not 0.
Value percentile_map(const Histogram& histogram) {
  Value map = Value::map();
  const auto put = [&](const char* key, Duration value) {
    map.set(key, histogram.empty() ? Value() : Value(gunflint::seconds(value)));
  };
  for (const auto& p : shown_percentiles()) put(p.key, histogram.quantile(p.q));
  put("max", histogram.max());
  put("mean", histogram.mean());
  map.set("count", histogram.count());
  return map;
}

Value or_null(std::optional<double> share) { return share ? Value(*share) : Value(); }

Value counts_map(const std::map<std::string, std::uint64_t>& counts) {
  Value map = Value::map();
  for (const auto& [name, count] : counts) map.set(name, count);
  return map;
}

Value per_second(double count, double length) {
  return length > 0 ? Value(count / length) : Value();
}

Value journeys_value(const LoadSummary& s, double length) {
  Value out = Value::map();
  out.set("asked", s.asked);
  out.set("due", s.due);
  out.set("dropped", s.dropped);
  out.set("ended", s.journeys_ended);
  out.set("completed", s.completed);
  out.set("unfinished", s.unfinished);
  out.set("completed_per_second", per_second(static_cast<double>(s.completed), length));
  return out;
}

Value requests_value(const LoadSummary& s, double length) {
  Value out = Value::map();
  out.set("sent", s.sent);
  out.set("ended", s.requests);
  out.set("failed", s.failed);
  out.set("attempts", s.attempts);
  out.set("amplification", s.amplification());
  out.set("error_rate", or_null(s.error_rate()));
  out.set("ended_per_second", per_second(static_cast<double>(s.requests), length));
  Value examples = Value::map();
  for (const auto& [name, example] : s.examples) examples.set(name, example);
  out.set("errors", counts_map(s.errors));
  out.set("statuses", counts_map(s.statuses));
  out.set("examples", std::move(examples));
  return out;
}

Value step_value(const LoadSummary::Step& step) {
  Value one = Value::map();
  one.set("load", step.load);
  one.set("journey", step.journey);
  one.set("step", step.step);
  one.set("ended", step.ended);
  one.set("failed", step.failed);
  one.set("attempts", step.attempts);
  one.set("error_rate", or_null(step.error_rate()));
  one.set("statuses", counts_map(step.statuses));
  one.set("latency_seconds", percentile_map(step.latency));
  one.set("service_seconds", percentile_map(step.service));
  return one;
}

Value journey_value(const LoadSummary::Journey& journey) {
  Value one = Value::map();
  one.set("load", journey.load);
  one.set("journey", journey.journey);
  one.set("due", journey.due);
  one.set("dropped", journey.dropped);
  one.set("ended", journey.ended);
  one.set("completed", journey.completed);
  one.set("unfinished", journey.unfinished);
  one.set("duration_seconds", percentile_map(journey.duration));
  return one;
}

Value connections_value(const LoadSummary& s) {
  Value out = Value::map();
  out.set("opened", s.opened);
  out.set("reconnects", s.reconnects);
  out.set("most", s.most_connections);
  out.set("spoken", counts_map(s.spoken));
  out.set("connect_seconds", percentile_map(s.connect));
  out.set("bytes_in", s.bytes_in);
  out.set("bytes_out", s.bytes_out);
  return out;
}

Value generator_value(const LoadSummary& s) {
  Value out = Value::map();
  out.set("late_seconds", percentile_map(s.late));
  out.set("queued_seconds", percentile_map(s.queued));
  out.set("lag_seconds", percentile_map(s.lag));
  out.set("most_cpu", s.most_cpu);
  out.set("most_in_flight", s.most_in_flight);
  out.set("most_backlog", s.most_backlog);
  out.set("most_users", s.most_users);
  out.set("seconds", s.seconds);
  out.set("saturated_seconds", s.saturated_seconds);
  out.set("was_the_limit", s.generator_was_the_limit());
  out.set("closed_loop", s.closed_loop());
  out.set("reconnects", s.reconnects);
  return out;
}

}  // namespace

Value LoadSummary::to_value(double length) const {
  Value out = Value::map();
  out.set("length_seconds", length);
  Value warm_up = Value::map();
  warm_up.set("seconds", warm_up_seconds);
  warm_up.set("requests", warm_up_requests);
  out.set("warm_up", std::move(warm_up));
  out.set("journeys", journeys_value(*this, length));
  out.set("requests", requests_value(*this, length));
  out.set("latency_seconds", percentile_map(latency));
  out.set("service_seconds", percentile_map(service));
  Value step_list = Value::list(), journey_list = Value::list();
  for (const auto& step : steps) step_list.push(step_value(step));
  for (const auto& journey : journeys) journey_list.push(journey_value(journey));
  out.set("steps", std::move(step_list));
  out.set("each_journey", std::move(journey_list));
  out.set("connections", connections_value(*this));
  out.set("generator", generator_value(*this));
  out.set("latency_histogram", latency.encode());
  return out;
}

}  // namespace gunflint
