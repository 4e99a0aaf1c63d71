#pragma once
/// One run as tidy data: what every report draws from, read off the journal in one pass. Nothing
/// here is judged again; verdicts come from VerdictReached. Times are since t = 0; latencies are
/// seconds, NaN where nothing was measured.

#include <array>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gunflint/model/event.hpp"
#include "report/timeline.hpp"

namespace gunflint {

constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

/// A stretch of time with a name. `to` is absent while it lasts.
struct Span {
  std::string name;
  Duration from{};
  std::optional<Duration> to;
};

/// Latency bins of the heat map: 8 per decade from 0.1 ms; bin i begins at 1e-4 * 10^(i/8) s. The
/// first takes all below, the last all above (100 s).
constexpr int heat_bins = 48;
using Heat = std::array<std::uint32_t, heat_bins>;

/// One step in one second: requests that ended in it.
struct StepSecond {
  std::uint64_t requests = 0, failed = 0;
  double p50 = no_value, p95 = no_value, p99 = no_value;
};

/// One load in the second [second, second + 1), all workers together.
struct LoadSecond {
  int second = 0;
  double asked = 0;  ///< journeys per second that the schedule asks for
  std::uint64_t due = 0, dropped = 0, ended = 0, completed = 0, unfinished = 0;  ///< journeys
  std::uint64_t sent = 0, requests = 0, failed = 0, attempts = 0;
  std::map<std::string, std::uint64_t> errors;  ///< class -> requests
  double p50 = no_value, p95 = no_value, p99 = no_value, max = no_value;
  std::uint64_t in_flight = 0, backlog = 0;
  double late = no_value;  ///< p99 of our own lateness
  double cpu = 0;          ///< of the busiest worker
  bool saturated = false;
  bool warm_up = false;     ///< shown, and neither judged nor in any sum
  std::uint64_t users = 0;  ///< closed loop: wanted at its end
  Heat heat{};
  std::map<std::string, StepSecond> steps;  ///< "journey / step"
};

/// Sums over a whole run.
struct Totals {
  std::uint64_t requests = 0, failed = 0, attempts = 0;
  std::map<std::string, std::uint64_t> errors;
  Histogram latency;
};

struct LoadView {
  std::string name;
  std::vector<LoadSecond> seconds;  ///< in order, closed ones only
  std::vector<Span> stages;
  Totals all;
  std::map<std::string, Totals> steps;  ///< "journey / step"
  /// Of all but the warm-up; who is under way at its end counts as due.
  std::uint64_t due = 0, dropped = 0, ended = 0, completed = 0, in_flight = 0;
  Histogram late;
  int saturated_seconds = 0;
  int warm_up_seconds = 0;
};

struct MemberPoint {
  Duration at{};
  int ready = 0, desired = 0, restarts = 0;
  double cpu = 0, memory = 0, queue = 0;
  bool unknown = false;
};
struct TargetView {
  std::string name;
  std::vector<MemberPoint> points;
};

/// One line of the undo ledger: what was done to whom, and how it was taken back.
struct InjectionView {
  std::string id, fault, member, label;
  Duration injected{};
  std::optional<Bite> bite;     ///< at the injection
  std::optional<Bite> weakest;  ///< the lowest `got` that was read
  std::string failed;           ///< why it could not be injected
  std::string bite_lost;        ///< why its bite was lost
  std::optional<Duration> undone;
  bool verified = false, gone = false;
  std::string by, why;
};

/// A fault is active from its first injection until its last undo is verified (semantics 7).
struct FaultView {
  std::string name, type, target;
  std::optional<Duration> from, to;
  std::string skipped;  ///< why it was not run
};

/// Green, red and unknown over time.
struct HypothesisView {
  std::string name;
  struct State {
    Duration from{};
    std::optional<Duration> to;
    std::string state, value;
  };
  std::vector<State> states;
};

struct ReadingView {
  std::string probe;
  std::vector<std::pair<Duration, double>>
      points;       ///< the worst cannot be known here: the first series
  int unknown = 0;  ///< how many reads gave nothing
};

struct RunView {
  RunStarted start;
  WallTime wall0{};  ///< of t = 0
  Duration last{};   ///< of the last event
  bool load_started = false;
  std::optional<int> exit;  ///< none: the journal ends without RunEnded
  std::optional<Verdict> verdict;
  std::vector<LoadView> loads;
  std::vector<TargetView> targets;
  std::vector<FaultView> faults;
  std::vector<InjectionView> injections;
  std::vector<Span> phases;
  std::vector<HypothesisView> hypotheses;
  std::vector<ReadingView> readings;
  std::vector<Moment> timeline;
  std::vector<LeftBehind> left_behind;
  std::vector<LeftChanged> left_changed;
  std::vector<Note> notes;

  const LoadView* load(std::string_view name) const;
  const FaultView* fault(std::string_view name) const;
};

/// Reads a journal, event by event. The view is valid after every event; the last second appears in
/// it when it is closed, or on finish().
class RunReader {
 public:
  RunReader();
  ~RunReader();
  RunReader(RunReader&&) noexcept;
  /// What this event tells a person, if anything; it is also in view().timeline.
  std::optional<Moment> on(const Event& event);
  const RunView& view() const { return view_; }
  /// Nothing more comes.
  RunView finish() &&;

 private:
  struct OpenSecond;
  void take(const Slice& slice);
  void close(int second);
  template <class T>
  void note(const Event&, const T&) {}
  FaultView& fault(const std::string& name);
  InjectionView& injection(const std::string& id);

  RunView view_;
  Timeline timeline_;
  std::map<std::pair<int, std::string>, std::unique_ptr<OpenSecond>> open_;
  std::map<std::pair<std::string, int>, std::uint64_t> in_flight_;  ///< load, worker
};

RunView view_of(const std::vector<Event>& events);

}  // namespace gunflint
