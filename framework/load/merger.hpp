#pragma once
/// Puts together what the loops of one worker counted: one Slice per load and second, in order.

#include <map>
#include <vector>

#include "gunflint/concepts/worker.hpp"
#include "load/arrivals.hpp"
#include "load/program.hpp"
#include "load/tally.hpp"

namespace gunflint {

/// The generator's own limit. It was the limit in a second when more than 1 % of what it could have
/// sent at once (and at least five) was sent later than max(10 ms, 5 % of the median latency), or a
/// loop stood still for 100 ms (also while nothing was to be sent: answers were waiting), or it
/// used more than 90 % of its core, or no socket was left.
///
/// Why 10 ms: below that it is the scheduler's jitter on a busy machine (measured: p99 1 to 5 ms at
/// any rate), not a generator that cannot keep up. It is not hidden: latency runs from the due time
/// and so contains it, `late` shows it, and a limit that holds with it holds without it.
bool generator_was_the_limit(const Histogram& late, const Histogram& lag, Duration median_latency,
                             double cpu, bool out_of_sockets);

/// One load. Not thread-safe.
class Merger {
 public:
  Merger(const LoadProgram& program, int loops, WorkShare share);

  /// The tally of one loop; per loop in order of seconds. Returns the slices that are now complete,
  /// in order.
  std::vector<Slice> add(int loop, Tally tally);
  /// What is asked after stop() is nothing.
  void stopped_at(Duration at) { stop_at_ = at; }

 private:
  struct Second {
    Tally sum;
    int from = 0;  ///< loops that have told
  };
  void add(Tally& sum, Tally& part) const;
  Slice slice(const Tally& sum, bool last);

  const LoadProgram& program_;
  int loops_;
  WorkShare share_;
  Pace pace_;
  Duration stop_at_ = Duration::max();
  std::map<int, Second> waiting_;
  std::vector<int> ended_at_;  ///< per loop: its last second, or -1
  int next_ = 0;
  double asked_ = 0;  ///< of all slices so far
};

}  // namespace gunflint
