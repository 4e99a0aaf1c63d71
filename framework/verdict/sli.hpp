#pragma once
/// One condition on one source over time: what a hypothesis, a reaction, a guard or a wait looks
/// at.

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gunflint/model/condition.hpp"
#include "gunflint/model/event.hpp"
#include "gunflint/model/probe_spec.hpp"
#include "verdict/points.hpp"
#include "verdict/target_series.hpp"
#include "verdict/window.hpp"

namespace gunflint {

class Sli {
 public:
  struct Setup {
    std::string key;  ///< of the probe, for sources that are read
    ProbeSpec of;
    Condition expect;
    Duration window = 10s;  ///< of a load
    Duration readings{};    ///< of what is read; 0: each reading by itself
    std::optional<Duration> every;
    bool binomial = false;  ///< red only if not by chance (semantics 12); else by the estimate
    bool no_data_is_red = false;
    bool danger = false;  ///< the condition names what must not be (guards)
  };
  explicit Sli(Setup setup);

  /// One closed second of traffic (all loads, all workers), in order and without gaps. `missing`:
  /// loads whose results of it did not come.
  void on_second(int second, const std::vector<Slice>& slices,
                 const std::set<std::string>& missing = {});
  /// That second was warm-up: it is not judged, and windows begin behind it. A guard looks on: it
  /// protects, and passes no verdict.
  bool warming_up() const { return warming_up_; }
  void on(double at, const TargetSeen& seen);
  void on(double at, const ReadingTaken& reading);

  void restart(int second);  ///< windows forget what was before
  void start_clock();        ///< restarts, changes, reversals count from here

  /// Green: the condition holds at the end of that second. Seconds are asked in order.
  Look look(int second) const;
  /// By the latest value, without waiting for the second to close.
  std::optional<bool> holds_now() const;

  const Setup& setup() const { return setup_; }
  const OfLoad* of_load() const { return std::get_if<OfLoad>(&setup_.of); }
  /// The last closed second alone (for phase verdicts).
  const SecondOfLoad& last_second() const { return last_; }
  /// The reading that counts at the end of a second, good or bad; for sources that are read.
  std::optional<double> value_of_second(int second) const;

 private:
  Look look_at_load() const;
  bool a_time() const;  ///< the metric is a latency
  bool is_warm_up(const Slice& slice) const;
  bool has_holes(const SecondOfLoad& window) const;
  bool all_hang(const SecondOfLoad& window) const;
  bool lateness_explains(double value, const Histogram& late) const;

  Setup setup_;
  RollingWindow window_;
  Points points_;
  TargetSeries target_;
  SecondOfLoad last_;
  bool warming_up_ = false;
};

/// "p95 612ms", "5.2 % (63 of 512)" …: a look as people read it.
std::string print_look(double value, const Condition& condition);

}  // namespace gunflint
