#include "load/load_csv.hpp"

#include <array>
#include <vector>

#include <fmt/format.h>

namespace gunflint {
namespace {

constexpr std::array csv_quantiles{0.5, 0.9, 0.95, 0.99, 0.999};

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == text.npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

std::string csv_line(const std::vector<std::string>& cells) {
  std::string line;
  for (const auto& cell : cells) line += (line.empty() ? "" : ",") + csv_cell(cell);
  return line + "\n";
}

/// Microseconds are as fine as the histogram is at a millisecond.
std::string csv_seconds(const Histogram& h, Duration value) {
  return h.empty() ? "" : fmt::format("{:.6f}", seconds(value));
}

/// What both kinds of row have: requests and their times.
void put_requests(std::vector<std::string>& cells, const StepSlice& step) {
  for (const auto n : {step.ended, step.failed, step.attempts}) cells.push_back(std::to_string(n));
  for (const double q : csv_quantiles)
    cells.push_back(csv_seconds(step.latency, step.latency.quantile(q)));
  cells.push_back(csv_seconds(step.latency, step.latency.max()));
  cells.push_back(csv_seconds(step.latency, step.latency.mean()));
  for (const double q : {0.5, 0.99})
    cells.push_back(csv_seconds(step.service, step.service.quantile(q)));
  for (const auto& [value, name] : Names<ErrorClass>::table) {
    const auto found = step.errors.find(std::string(name));
    cells.push_back(std::to_string(found == step.errors.end() ? 0 : found->second));
  }
}

}  // namespace

std::string load_csv_head() {
  std::vector<std::string> names{"second",  "load",     "journey", "step",
                                 "warm_up", "requests", "failed",  "attempts"};
  for (const char* name : {"p50", "p90", "p95", "p99", "p999", "max", "mean"})
    names.push_back(std::string("latency_") + name + "_seconds");
  names.insert(names.end(), {"service_p50_seconds", "service_p99_seconds"});
  for (const auto& [value, name] : Names<ErrorClass>::table)
    names.push_back("errors_" + std::string(name));
  for (const char* name :
       {"asked", "due", "dropped", "journeys_ended", "journeys_completed", "sent", "users",
        "in_flight", "backlog", "connections", "opened", "reconnects", "bytes_in", "bytes_out",
        "late_p99_seconds", "queued_p99_seconds", "lag_p99_seconds", "generator_cpu", "saturated"})
    names.emplace_back(name);
  return csv_line(names);
}

std::string load_csv_rows(const Slice& slice) {
  StepSlice all;
  for (const auto& step : slice.steps) {
    all.ended += step.ended, all.failed += step.failed, all.attempts += step.attempts;
    all.latency.merge(step.latency);
    all.service.merge(step.service);
    for (const auto& [name, count] : step.errors) all.errors[name] += count;
  }
  JourneySlice journeys;
  for (const auto& one : slice.journeys) {
    journeys.due += one.due, journeys.dropped += one.dropped;
    journeys.ended += one.ended, journeys.completed += one.completed;
  }
  const auto begin = [&](const StepSlice& step) {
    return std::vector<std::string>{std::to_string(slice.second), slice.load, step.journey,
                                    step.step, slice.warm_up ? "1" : "0"};
  };
  auto cells = begin(all);
  put_requests(cells, all);
  cells.push_back(fmt::format("{:.3f}", slice.asked));
  for (const auto n : {journeys.due, journeys.dropped, journeys.ended, journeys.completed,
                       slice.sent, slice.users, slice.in_flight, slice.backlog, slice.connections,
                       slice.opened, slice.reconnects, slice.bytes_in, slice.bytes_out})
    cells.push_back(std::to_string(n));
  for (const auto* h : {&slice.late, &slice.queued, &slice.lag})
    cells.push_back(csv_seconds(*h, h->quantile(0.99)));
  cells.push_back(fmt::format("{:.3f}", slice.cpu));
  cells.push_back(slice.saturated ? "1" : "0");
  const std::size_t columns = cells.size();
  std::string out = csv_line(cells);
  for (const auto& step : slice.steps) {
    cells = begin(step);
    put_requests(cells, step);
    cells.resize(columns);
    out += csv_line(cells);
  }
  return out;
}

}  // namespace gunflint
