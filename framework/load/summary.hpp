#pragma once
/// What a whole load came to: the sum of its slices. Seconds of warm-up are counted apart and are
/// in no sum.

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gunflint/base/value.hpp"
#include "gunflint/model/slice.hpp"

namespace gunflint {

class LoadSummary {
 public:
  void add(const Slice& slice);

  // since the start
  double asked = 0;  ///< journeys that the schedule wanted; a closed loop, and a log, what was due
  std::uint64_t due = 0, dropped = 0, journeys_ended = 0, completed = 0, unfinished = 0;
  std::uint64_t requests = 0, failed = 0, attempts = 0, sent = 0;
  std::uint64_t opened = 0, reconnects = 0, bytes_in = 0, bytes_out = 0;
  std::map<std::string, std::uint64_t> errors;
  std::map<std::string, std::string> examples;            ///< error class -> the first one
  std::map<std::string, std::uint64_t> statuses, spoken;  ///< as in StepSlice, and Slice
  Histogram latency;                                      ///< from the due time
  Histogram service;                                      ///< from the send
  Histogram late, queued, lag, connect;                   ///< as in Slice
  struct Step {
    std::string load, journey, step;
    std::uint64_t ended = 0, failed = 0, attempts = 0;
    std::map<std::string, std::uint64_t> statuses;
    Histogram latency, service;
    std::optional<double> error_rate() const;
  };
  struct Journey {
    std::string load, journey;
    std::uint64_t due = 0, dropped = 0, ended = 0, completed = 0, unfinished = 0;
    Histogram duration;
  };
  std::vector<Step> steps;                   ///< in the order of the journeys
  std::vector<Journey> journeys;             ///< likewise
  int seconds = 0;                           ///< that had something to send
  int saturated_seconds = 0;                 ///< of these, with the generator as the limit
  int open_seconds = 0, closed_seconds = 0;  ///< of these, with arrivals, and with users
  int warm_up_seconds = 0;
  std::uint64_t warm_up_requests = 0;
  std::uint64_t most_users = 0, most_in_flight = 0, most_backlog = 0, most_connections = 0;
  double most_cpu = 0;
  double last_end = 0;  ///< when the last journey ended, seconds since t = 0

  /// Of the requests that ended; nothing where none did.
  std::optional<double> error_rate() const;
  /// Attempts per request, retries included; 1 without any request.
  double amplification() const;
  /// More than 5 % of the seconds had the generator as their limit: no verdict may rest on this.
  bool generator_was_the_limit() const;
  /// Whether, and how often, a request had to wait for a connection.
  double queued_share() const;
  /// Some of it was sent by users who wait for their answers.
  bool closed_loop() const { return closed_seconds > 0; }

  /// For machines: docs/reference/load-output.md. `length`: seconds of traffic, without warm-up.
  Value to_value(double length) const;

 private:
  void add_steps(const Slice& slice);
  void add_journeys(const Slice& slice);
  void note_second(const Slice& slice, std::uint64_t due_now);

  struct Busy {
    bool saturated = false, open = false, closed = false;
  };
  std::map<int, Busy> busy_;  ///< seconds that had something to send
  int last_warm_up_ = -1;
};

/// The percentiles that summaries show.
struct Percentile {
  const char* key;    ///< "p999"
  const char* title;  ///< "p99.9"
  double q;
};
std::span<const Percentile> shown_percentiles();

}  // namespace gunflint
