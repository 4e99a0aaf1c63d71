#include "load/summary.hpp"

#include <algorithm>
#include <array>

namespace gunflint {
namespace {

constexpr std::array percentiles{Percentile{"p50", "p50", 0.5}, Percentile{"p90", "p90", 0.9},
                                 Percentile{"p95", "p95", 0.95}, Percentile{"p99", "p99", 0.99},
                                 Percentile{"p999", "p99.9", 0.999}};

std::optional<double> ratio(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

void add_counts(std::map<std::string, std::uint64_t>& sums,
                const std::map<std::string, std::uint64_t>& more) {
  for (const auto& [name, count] : more) sums[name] += count;
}

/// The entry that `same` names; a new one is `fresh`.
template <class T, class Same>
T& entry(std::vector<T>& all, Same same, T fresh) {
  const auto found = std::find_if(all.begin(), all.end(), same);
  return found != all.end() ? *found : all.emplace_back(std::move(fresh));
}

}  // namespace

void LoadSummary::add(const Slice& slice) {
  if (slice.warm_up) {
    for (const auto& step : slice.steps) warm_up_requests += step.ended;
    warm_up_seconds += slice.second > last_warm_up_;
    last_warm_up_ = std::max(last_warm_up_, slice.second);
    return;
  }
  asked += slice.asked;
  sent += slice.sent;
  opened += slice.opened;
  reconnects += slice.reconnects;
  bytes_in += slice.bytes_in;
  bytes_out += slice.bytes_out;
  last_end = std::max(last_end, slice.last_end);
  add_counts(spoken, slice.spoken);
  late.merge(slice.late);
  queued.merge(slice.queued);
  lag.merge(slice.lag);
  connect.merge(slice.connect);
  most_users = std::max(most_users, slice.users);
  most_in_flight = std::max(most_in_flight, slice.in_flight);
  most_backlog = std::max(most_backlog, slice.backlog);
  most_connections = std::max(most_connections, slice.connections);
  const auto before = due;
  add_journeys(slice);
  add_steps(slice);
  note_second(slice, due - before);
}

void LoadSummary::note_second(const Slice& slice, std::uint64_t due_now) {
  if (due_now == 0 && slice.users == 0) return;
  const auto [at, is_new] = busy_.emplace(slice.second, Busy{});
  seconds += is_new;
  const auto count = [](bool is, bool& was, int& sum) { sum += is && !std::exchange(was, true); };
  count(slice.saturated, at->second.saturated, saturated_seconds);
  count(slice.users > 0, at->second.closed, closed_seconds);
  count(slice.users == 0, at->second.open, open_seconds);
  most_cpu = std::max(most_cpu, slice.cpu);
}

void LoadSummary::add_journeys(const Slice& slice) {
  for (const auto& from : slice.journeys) {
    due += from.due;
    dropped += from.dropped;
    journeys_ended += from.ended;
    completed += from.completed;
    unfinished += from.unfinished;
    auto& to = entry(
        journeys,
        [&](const Journey& j) { return j.load == slice.load && j.journey == from.journey; },
        Journey{slice.load, from.journey, 0, 0, 0, 0, 0, {}});
    to.due += from.due;
    to.dropped += from.dropped;
    to.ended += from.ended;
    to.completed += from.completed;
    to.unfinished += from.unfinished;
    to.duration.merge(from.duration);
  }
}

void LoadSummary::add_steps(const Slice& slice) {
  for (const auto& from : slice.steps) {
    requests += from.ended;
    failed += from.failed;
    attempts += from.attempts;
    add_counts(errors, from.errors);
    add_counts(statuses, from.statuses);
    for (const auto& [name, example] : from.examples) examples.emplace(name, example);
    latency.merge(from.latency);
    service.merge(from.service);
    auto& to = entry(
        steps,
        [&](const Step& s) {
          return s.load == slice.load && s.journey == from.journey && s.step == from.step;
        },
        Step{slice.load, from.journey, from.step, 0, 0, 0, {}, {}, {}});
    add_counts(to.statuses, from.statuses);
    to.ended += from.ended;
    to.failed += from.failed;
    to.attempts += from.attempts;
    to.latency.merge(from.latency);
    to.service.merge(from.service);
  }
}

std::optional<double> LoadSummary::error_rate() const { return ratio(failed, requests); }
std::optional<double> LoadSummary::Step::error_rate() const { return ratio(failed, ended); }
double LoadSummary::amplification() const { return ratio(attempts, requests).value_or(1); }
double LoadSummary::queued_share() const { return ratio(queued.count(), sent).value_or(0); }

bool LoadSummary::generator_was_the_limit() const {
  return saturated_seconds > 0 && saturated_seconds * 20 > seconds;
}

std::span<const Percentile> shown_percentiles() { return percentiles; }

}  // namespace gunflint
