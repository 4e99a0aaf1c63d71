#pragma once
/// When journeys are due. A pure sequence: no clock, no thread. The system under test cannot slow
/// it down.

#include <cstdint>
#include <optional>
#include <vector>

#include "gunflint/concepts/worker.hpp"
#include "gunflint/model/load_spec.hpp"
#include "load/data.hpp"

namespace gunflint {

/// One journey that is due to start.
struct Arrival {
  Duration due{};            ///< since t = 0
  std::uint64_t number = 0;  ///< in the whole sequence, from 0
  int journey = 0;           ///< index into the load's journeys, drawn by weight
  bool operator==(const Arrival&) const = default;
};

/// The rate of a load over time, and its integral. The last stage's final rate is held for ever
/// (LANGUAGE 4).
class Pace {
 public:
  explicit Pace(const std::vector<Stage>& stages);

  /// Arrivals per second asked for at `t`; at a boundary, the later stage's.
  double rate_at(Duration t) const;
  /// Arrivals that are due in [0, t), as a real number: the exact integral of the rate.
  double expected_until(Duration t) const;
  /// When the integral reaches `count`; nothing when it never does (the final rate is 0).
  std::optional<Duration> reaches(double count) const;
  /// Sum of the stages' `for`.
  Duration length() const;

 private:
  struct Piece {
    double start = 0, length = 0;  ///< seconds; the last one has no end
    double from = 0, to = 0;       ///< rate at both ends
    double before = 0;             ///< integral up to `start`
    double expected(double x) const { return from * x + (to - from) * x * x / (2 * length); }
  };
  std::vector<Piece> pieces_;
  double end_ = 0, total_ = 0, final_rate_ = 0;
};

/// Walks the sequence and keeps the arrivals with number mod n == i. All n shares together give
/// exactly the sequence of share 0 of 1.
///
/// Uniform: arrival k is due when the integral of the rate reaches k (so number 0 at t = 0).
/// Poisson: the same with the integral reaching a sum of k + 1 exponential gaps of mean 1
/// (time-change of a unit Poisson process; Çinlar 1975), all drawn from the seed.
/// Bursty: `burst` arrivals at each arrival of a Poisson process of rate / burst.
class Arrivals {
 public:
  /// `weights`: one per journey, each >= 0, their sum > 0.
  Arrivals(const std::vector<Stage>& stages, ArrivalKind kind, const std::vector<double>& weights,
           std::uint64_t seed, WorkShare share, int burst = 1);
  /// A replay: journey 0 or 1 as the recorded request is a GET or a HEAD (what there is only one
  /// of, is 0); where it is timed, it says when, too.
  void replay(std::shared_ptr<const Recording> recording) { recording_ = std::move(recording); }

  /// The next one of this share, in order of due time; nothing when no further arrival comes.
  std::optional<Arrival> next();
  const Pace& pace() const { return pace_; }
  /// Which journey arrival `number` is, drawn by weight.
  int journey_of(std::uint64_t number) const;

 private:
  Pace pace_;
  ArrivalKind kind_;
  std::vector<double> cumulative_;
  std::uint64_t seed_;
  WorkShare share_;
  std::uint64_t number_ = 0;  ///< the next to look at
  double reached_ = 0;        ///< Poisson, bursty: sum of the gaps before `number_`
  std::uint64_t timed_ = 0;   ///< a timed replay: the next of this share
  std::uint64_t burst_ = 1;
  std::shared_ptr<const Recording> recording_;
};

}  // namespace gunflint
