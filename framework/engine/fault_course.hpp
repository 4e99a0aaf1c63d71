#pragma once
/// The course of one fault: from its start moment through waiting, injecting, repeating, to its
/// last undo (semantics 2, 7, 26, 27, 31 to 35). A state machine; time and answers come from Run.

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/open_injections.hpp"
#include "engine/roster.hpp"
#include "engine/schedule.hpp"
#include "gunflint/concepts/fault.hpp"
#include "verdict/judge.hpp"

namespace gunflint {

/// What a course looks at; all of it belongs to Run.
struct Surroundings {
  const Experiment& experiment;
  const Schedule& schedule;
  const Judge& judge;
  const Roster& roster;
  OpenInjections& injections;
  RunSink& sink;
  std::uint64_t seed = 0;
  Duration hard_stop{};  ///< bounds faults whose end is not known yet
  std::function<FaultMoments(const std::string&)> moments;
  std::function<const FaultKind*(const std::string& type)> kind;
  /// The agent that carries out a fault of this kind.
  std::function<std::string(const FaultKind&, const Value& params)> agent;
};

class FaultCourse {
 public:
  FaultCourse(const FaultSpec& spec, const Surroundings& around) : spec_(spec), around_(around) {}

  /// Goes as far as it can at this moment. `gate` is asked before anything is touched and answers
  /// whether injecting is allowed now.
  void advance(Duration now, const std::function<bool()>& gate);
  /// Ends it early: takes back what is in force, starts nothing new.
  void stop(Duration now);

  void injected(Duration now, const OpenInjection& injection);

  const FaultSpec& spec() const { return spec_; }
  /// From its first verified injection to its last undo.
  bool active() const { return moments_.begin && !moments_.end; }
  /// Nothing more will come of it.
  bool over() const { return state_ == State::Over; }
  /// `scope: host`: done once to the host of its target's members.
  bool host_wide() const { return spec_.scope_host || (drawn_ && drawn_->scope_host); }
  const FaultMoments& moments() const { return moments_; }
  void recovered(Duration at) { moments_.recovered = at; }
  void not_recovered() { moments_.never_recovers = true; }
  std::optional<Duration> next_wake() const;
  /// Members that this fault has taken without giving them back (kill): for "left changed".
  const std::vector<Member>& victims() const { return victims_; }
  /// When it took the last of them.
  Duration last_victim_at() const { return last_victim_at_; }

 private:
  enum class State { Pending, Asking, Waiting, Injecting, InForce, Restoring, Pausing, Over };

  void pending(Duration now, const std::function<bool()>& gate);
  void asking(Duration now);
  void waiting(Duration now);
  void injecting(Duration now);
  void in_force(Duration now);
  void restoring(Duration now);

  void begin(Duration now);
  void go_on(Duration now);  ///< only_if, then wait_until, then the first repetition
  void wait(Duration now);
  void repeat(Duration now);
  void take_new_members(Duration now);
  std::string inject_into(Duration now, const Member& member);
  void skip(Duration now, std::string why, bool counts = true);
  void finish(Duration now);
  std::string too_wide(Duration now, const std::vector<Member>& members) const;
  std::string too_few_left(Duration now, const std::string& target,
                           const std::vector<Member>& members) const;
  std::string nobody(Duration now) const;
  std::optional<Duration> repetition_start(int repetition) const;
  std::optional<Duration> while_end() const;
  Duration end_of_repetition(Duration now) const;
  int open() const;

  const FaultSpec& spec_;
  const Surroundings& around_;
  State state_ = State::Pending;
  FaultMoments moments_;
  Duration started_{};             ///< the start moment, or when waiting was over
  std::optional<Duration> until_;  ///< of `while`
  Duration deadline_{};            ///< of the present state
  int repetition_ = 0;
  bool stopped_ = false;
  const FaultSpec* drawn_ = nullptr;  ///< of this repetition: the fault itself or one of `one_of`
  const FaultKind* kind_ = nullptr;
  std::vector<std::string> now_;  ///< injections of this repetition
  std::set<std::string> known_;   ///< members seen when it began, and those taken since
  std::vector<Member> victims_;
  Duration last_victim_at_{};
  std::string nothing_;
};

}  // namespace gunflint
