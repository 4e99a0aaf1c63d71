#pragma once
/// One or more seconds of a load, as far as one hypothesis is concerned. Sums are exact.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gunflint/model/condition.hpp"
#include "gunflint/model/probe_spec.hpp"
#include "gunflint/model/slice.hpp"

namespace gunflint {

struct SecondOfLoad {
  Histogram times;    ///< request latencies; of a journey: due to last answer
  Histogram waiting;  ///< ages of those without an answer at the end of this second; not summed
  Histogram late;     ///< the generator's own error, of the whole load
  Duration oldest{};  ///< of the whole load: the longest wait at the end of this second; not summed
  std::uint64_t unanswered = 0;  ///< of the whole load: so many wait then; not summed
  std::uint64_t ended = 0, failed = 0, attempts = 0;  ///< requests
  std::map<std::string, std::uint64_t> errors;        ///< why requests failed: class -> count
  std::uint64_t due = 0, dropped = 0, journeys = 0, completed = 0;
  std::uint64_t sent = 0;      ///< of the whole load
  std::uint64_t answered = 0;  ///< requests that got an answer, of the whole load
  double in_flight = 0;        ///< sum over seconds; divide by `seconds`
  double asked = 0;            ///< likewise
  double users = 0;            ///< likewise: wanted by a closed loop
  Duration longest{};          ///< exact; a window takes the largest of its seconds
  int seconds = 0;
  int saturated = 0;  ///< seconds in which the generator was the limit
  int missing = 0;    ///< seconds of which a worker sent nothing

  void add(const SecondOfLoad& other);       ///< leaves what is not summed
  void subtract(const SecondOfLoad& other);  ///< leaves `longest` and what is not summed
};

/// The part of one second's slices (all workers) that `of` looks at.
SecondOfLoad look_at(const std::vector<Slice>& slices, const OfLoad& of);

/// "15 http_5xx, 5 timeout": why requests failed, the most frequent first; at most three classes.
std::string spell_errors(const std::map<std::string, std::uint64_t>& errors);

/// What a load's metric is made of.
struct LoadMetric {
  enum class Kind {
    Quantile,  ///< p50 … p999
    Longest,   ///< max
    Mean,
    Share,      ///< error_rate, success_rate, completion_rate: binomial
    PerSecond,  ///< arrival_rate, sent_rate, throughput
    Level,      ///< in_flight, users, amplification
    Count       ///< dropped, users_affected: once per run
  };
  Kind kind = Kind::Level;
  double quantile = 0;
  bool of_good = false;  ///< Share: the metric counts the good ones
};
std::optional<LoadMetric> load_metric(const std::string& name);

/// A metric over some seconds.
struct Measure {
  std::optional<double> value;       ///< none: nothing to measure
  std::uint64_t bad = 0, total = 0;  ///< Quantile and Share
  /// Semantics 12: the value violates the condition, and (for Quantile and Share) that many bad
  /// samples have less than 1 % probability at the limit.
  bool violated = false;  ///< by the estimate
  bool surely = false;    ///< violated, and not by chance
};
Measure measure(const SecondOfLoad& over, const Condition& condition);
/// Value only, without a limit (baseline, bootstrap).
std::optional<double> value_of(const SecondOfLoad& over, const std::string& metric);

/// The share of bad samples that the condition allows: 0.05 for p95, 0.01 for error_rate < 1%.
std::optional<double> allowed_share(const Condition& condition);

}  // namespace gunflint
