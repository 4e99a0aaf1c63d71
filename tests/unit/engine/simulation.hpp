#pragma once
/// Whole runs on a fake clock with a fake crew: what agents, workers and probes would answer is
/// arithmetic, and 20 minutes take milliseconds.

#include <functional>
#include <map>
#include <queue>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/run.hpp"

namespace gunflint::simulation {

struct World {
  /// Ready members of a target at a time, as "a", "b", …; default: a, b and c.
  std::function<std::vector<std::string>(const std::string& target, Duration)> members =
      [](const std::string&, Duration) {
        return std::vector<std::string>{"a", "b", "c"};
      };
  /// From then on targets cannot be seen.
  Duration blind_from = 24h;
  /// Share of requests that fail in the second that begins then.
  std::function<double(Duration)> errors = [](Duration) { return 0.0; };
  /// How much too late the load's results of a second come.
  std::function<Duration(int second)> late_slice = [](int) { return Duration(0); };
  /// Value of a probe; nothing: unknown.
  std::function<std::optional<double>(const std::string& key, Duration)> probe =
      [](const std::string&, Duration) { return std::optional(1.0); };
  /// Answer to an inject; "" is success.
  std::function<std::string(const Inject&, Duration)> refuse = [](const Inject&, Duration) {
    return std::string();
  };
  std::function<bool(const Inject&, Duration)> bites = [](const Inject&, Duration) { return true; };
  /// How long measuring a bite takes, and why it gives nothing ("": it does).
  std::function<Duration(Duration)> bite_takes = [](Duration) { return Duration(0); };
  std::function<std::string(Duration)> bite_unknown = [](Duration) { return std::string(); };
  std::function<bool(const std::string& injection)> restores = [](const std::string&) {
    return true;
  };
  Duration answer = 20ms;  ///< how long an agent takes
  bool agents_clean = true;
  std::string agents_end_by;  ///< why they were ending already when they were asked to
  bool recovers = true;       ///< a lost agent has a successor that answers
};

class Simulation {
 public:
  explicit Simulation(Experiment experiment, World world = {}, bool fail_fast = false,
                      const FaultKind* instead_of_noop = nullptr);

  /// Something from outside, at a time.
  void at(Duration when, Input input);
  /// Runs to the end; more than `limit` of simulated time is a failed test.
  void run(Duration limit = 2h);

  const std::vector<Event>& events() const { return events_; }
  std::vector<Event> of_kind(std::string_view kind) const;
  /// All events but measurements and closed seconds, "12.0 fault_started lose one" each.
  std::vector<std::string> story() const;
  std::optional<Duration> when(std::string_view kind, std::string_view name = {}) const;
  int exit() const;
  const std::vector<std::pair<Duration, Task>>& tasks() const { return tasks_; }
  const Run& the_run() const { return run_; }

 private:
  struct Due {
    Duration at;
    int order;
    std::function<void()> act;
    bool operator<(const Due& o) const { return std::tie(o.at, o.order) < std::tie(at, order); }
  };
  void later(Duration at, std::function<void()> act);
  void feed(const Input& input);
  void carry_out(const Task& task);
  void carry_out(const AskAgent& ask);
  void look(const std::string& target);
  void send_slice(const std::string& load, int second);
  void bite(Inject inject);
  void read(const StartProbe& probe);
  Slice slice(const LoadSpec& load, int second, bool last) const;

  Experiment experiment_;
  World world_;
  Run run_;
  Duration now_{};
  int order_ = 0;
  std::priority_queue<Due> due_;
  std::vector<Event> events_;
  std::vector<std::pair<Duration, Task>> tasks_;
  std::map<std::string, bool> in_force_;
  std::map<std::string, bool> probes_;
  bool load_stopped_ = false;
  std::map<std::string, int> sent_;  ///< by load: seconds whose results were sent
};

/// A load of 100/s without end, one step, in one stage of `length`.
LoadSpec steady_load(Duration length, std::string name = "shoppers");
/// `fault` of type noop on target `web`.
FaultSpec noop(std::string name, Start start, std::optional<Duration> length);
Start at(Duration time);
Start at(std::string name, Duration plus = 0s);
Start after(std::string name, Duration plus = 0s);
Start during(std::string name);
Start after_recovery(std::string name, Duration plus = 0s);
/// Target `web`, no load, no hypotheses.
Experiment bare();
Hypothesis errors_below(std::string limit, std::string name = "correct");
ProbeSpec of_exec();
/// `bare` with a steady load, errors below 5 % in windows of 1 s, a gate of 10 s, and 10 s for
/// recovery.
Experiment with_load(Duration length = 60s);

using Lines = std::vector<std::string>;

/// The only event of this kind.
template <class T>
T only(const Simulation& simulation) {
  const auto found = simulation.of_kind(T::kind);
  EXPECT_EQ(found.size(), 1u) << T::kind;
  return std::get<T>(found.at(0).what);
}
/// When events of this kind happened, in seconds.
std::vector<double> times(const Simulation& simulation, std::string_view kind);

}  // namespace gunflint::simulation
