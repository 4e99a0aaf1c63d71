#include "model/metrics.hpp"

#include <array>

namespace gunflint {
namespace {

constexpr Metric of_load(std::string_view name, Unit unit, bool journey, bool step,
                         std::string_view help, bool also_count = false) {
  return {"load", name, unit, also_count, journey, step, help};
}
constexpr Metric of(std::string_view source, std::string_view name, Unit unit,
                    std::string_view help) {
  return {source, name, unit, false, true, true, help};
}

constexpr std::array metric_table{
    of_load("p50", Unit::Seconds, true, true, "Half of the requests are faster."),
    of_load("p90", Unit::Seconds, true, true, "90 % of the requests are faster."),
    of_load("p95", Unit::Seconds, true, true, "95 % of the requests are faster."),
    of_load("p99", Unit::Seconds, true, true, "99 % of the requests are faster."),
    of_load("p999", Unit::Seconds, true, true, "99.9 % of the requests are faster."),
    of_load("max", Unit::Seconds, true, true, "The slowest request."),
    of_load("mean", Unit::Seconds, true, true, "The mean latency."),
    of_load("error_rate", Unit::Share, true, true, "Failed requests, of those that ended."),
    of_load("success_rate", Unit::Share, true, true, "100 % minus error_rate."),
    of_load("completion_rate", Unit::Share, true, false,
            "Journeys in which every step succeeded, of those that ended."),
    of_load("users_affected", Unit::Share, true, false,
            "Journeys due between the first injection and the last recovery that did not complete: "
            "a share of those due, or a count.",
            true),
    of_load("arrival_rate", Unit::PerSecond, true, false, "Journeys due per second."),
    of_load("sent_rate", Unit::PerSecond, false, false, "Requests sent per second."),
    of_load("throughput", Unit::PerSecond, true, false, "Journeys completed per second."),
    of_load("in_flight", Unit::None, false, false, "Journeys under way."),
    of_load("users", Unit::None, false, false, "Users of a closed loop, as the stage asks."),
    of_load("dropped", Unit::Share, true, false,
            "Journeys due that were never begun: a share of those due, or a count.", true),
    of_load("amplification", Unit::None, true, true, "Attempts per request, retries included."),
    of("target", "ready", Unit::None, "Members that are alive and pass their readiness check."),
    of("target", "desired", Unit::None, "Members that the orchestrator wants."),
    of("target", "restarts", Unit::None, "Restarts and replacements since the clock started."),
    of("target", "changes", Unit::None, "How often `ready` changed."),
    of("target", "reversals", Unit::None, "How often `ready` changed its direction."),
    of("target", "cpu", Unit::Share, "Processor use, of the member's limit or the host."),
    of("target", "memory", Unit::Share, "Memory use, of the member's limit or the host."),
    of("target", "queue", Unit::None, "Length of the accept queue."),
    of("prometheus", "value", Unit::None, "Each series of the answer."),
    of("scrape", "value", Unit::None, "Each series of the answer."),
    of("http", "status", Unit::None, "The status of the answer."),
    of("http", "body", Unit::None, "The text of the answer."),
    of("http", "latency", Unit::Seconds, "Time to the complete answer."),
    of("tcp", "value", Unit::None, "1 when the connection was accepted."),
    of("tcp", "latency", Unit::Seconds, "Time to connect."),
    of("exec", "status", Unit::None, "The exit code."),
    of("exec", "value", Unit::None, "What it printed, as a number."),
    of("exec", "body", Unit::None, "What it printed."),
    of("logs", "value", Unit::None, "Matching lines per second."),
};

}  // namespace

std::span<const Metric> all_metrics() { return metric_table; }

const Metric* find_metric(std::string_view kind, std::string_view name) {
  for (const Metric& m : metric_table)
    if (m.source == kind && m.name == name) return &m;
  return nullptr;
}

std::vector<std::string> metric_names(std::string_view kind) {
  std::vector<std::string> names;
  for (const Metric& m : metric_table)
    if (m.source == kind) names.emplace_back(m.name);
  return names;
}

bool is_metric(std::string_view name) {
  for (const Metric& m : metric_table)
    if (m.name == name) return true;
  return false;
}

Unit unit_of_metric(std::string_view name) {
  for (const Metric& m : metric_table)
    if (m.name == name && m.unit != Unit::None) return m.unit;
  return Unit::None;
}

}  // namespace gunflint
