#include "cli/load_json.hpp"

namespace gunflint {

void LoadSeconds::add(const Slice& slice) {
  std::uint64_t due = 0, dropped = 0, ended = 0, failed = 0;
  Histogram latency;
  for (const auto& journey : slice.journeys) due += journey.due, dropped += journey.dropped;
  for (const auto& step : slice.steps) {
    ended += step.ended, failed += step.failed;
    latency.merge(step.latency);
  }
  const auto put = [&](const char* name, Value value) {
    columns_.try_emplace(name, Value::list()).first->second.push(std::move(value));
  };
  const auto time = [&](double q) {
    return latency.empty() ? Value() : Value(seconds(latency.quantile(q)));
  };
  put("second", slice.second);
  put("warm_up", slice.warm_up);
  put("asked", slice.asked);
  put("due", due);
  put("dropped", dropped);
  put("sent", slice.sent);
  put("ended", ended);
  put("failed", failed);
  put("p50_seconds", time(0.5));
  put("p99_seconds", time(0.99));
  put("max_seconds", time(1));
  put("users", slice.users);
  put("in_flight", slice.in_flight);
  put("backlog", slice.backlog);
  put("connections", slice.connections);
  put("generator_cpu", slice.cpu);
  put("saturated", slice.saturated);
}

Value LoadSeconds::value() const {
  Value out = Value::map();
  // In the order in which a person reads them, not in that of the alphabet.
  for (const char* name : {"second", "warm_up", "asked", "due", "dropped", "sent", "ended",
                           "failed", "p50_seconds", "p99_seconds", "max_seconds", "users",
                           "in_flight", "backlog", "connections", "generator_cpu", "saturated"}) {
    const auto found = columns_.find(name);
    out.set(name, found == columns_.end() ? Value::list() : found->second);
  }
  return out;
}

namespace {

std::string outcome_word(Outcome outcome) { return std::string(name_of(outcome)); }

Value replay_value(const ReplaySpec& replay) {
  Value out = Value::map();
  out.set("file", replay.file);
  out.set("requests", Value(replay.requests));
  out.set("speed", replay.speed);
  Value left_out = Value::map();
  for (const auto& [why, lines] : replay.left_out) left_out.set(why, Value(lines));
  out.set("left_out", std::move(left_out));
  return out;
}

Value stages_value(const std::vector<StageSum>& stages, const std::string& load) {
  Value list = Value::list();
  for (const auto& stage : stages) {
    if (stage.load != load) continue;
    Value one = Value::map();
    one.set("stage", stage.number);
    one.set("name", stage.name);
    one.set("from_second", stage.from);
    const Value sums = stage.sum.to_value(stage.length);
    for (const auto& entry : sums.entries()) one.set(entry.key, entry.value);
    list.push(std::move(one));
  }
  return list;
}

}  // namespace

Value load_document(const LoadOrder& order, const LoadResult& result,
                    const std::vector<LoadSeconds>& seconds, WallTime started, int exit_code) {
  Value out = Value::map();
  out.set("format", 1);
  out.set("version", GUNFLINT_VERSION);
  out.set("title", order.title);
  out.set("started", print(started));
  out.set("seed", order.seed);
  out.set("stopped", result.stopped);
  out.set("exit", exit_code);
  Value judged = Value::list();
  for (const auto& one : result.judged) {
    Value line = Value::map();
    line.set("expect", one.text);
    line.set("value", one.value);
    line.set("outcome", outcome_word(one.outcome));
    if (!one.why.empty()) line.set("why", one.why);
    judged.push(std::move(line));
  }
  out.set("expectations", std::move(judged));
  const Value whole = result.all.to_value(result.length);
  for (const auto& entry : whole.entries()) out.set(entry.key, entry.value);
  Value loads = Value::list();
  for (std::size_t i = 0; i < order.loads.size(); ++i) {
    const LoadSpec& load = order.loads[i];
    Value one = Value::map();
    one.set("name", load.name);
    one.set("base_url", load.base_url);
    if (load.replay) one.set("replay", replay_value(*load.replay));
    const Value sums = result.each[i].to_value(result.lengths[i]);
    for (const auto& entry : sums.entries()) one.set(entry.key, entry.value);
    if (Value stages = stages_value(result.stages, load.name); !stages.items().empty())
      one.set("stages", std::move(stages));
    one.set("per_second", seconds[i].value());
    loads.push(std::move(one));
  }
  out.set("loads", std::move(loads));
  return redact(std::move(out), order.secrets);
}

}  // namespace gunflint
