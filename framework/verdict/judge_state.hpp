#pragma once
/// What the judge keeps. Its files: judge.cpp (events in), answers.cpp (questions of the run),
/// findings.cpp (the verdict).

#include <map>
#include <set>
#include <string>
#include <vector>

#include "verdict/alert_watch.hpp"
#include "verdict/generator.hpp"
#include "verdict/guard_watch.hpp"
#include "verdict/injections.hpp"
#include "verdict/judge.hpp"
#include "verdict/light.hpp"
#include "verdict/phase_watch.hpp"
#include "verdict/phases.hpp"
#include "verdict/reaction_watch.hpp"
#include "verdict/recovery_watch.hpp"
#include "verdict/sli.hpp"
#include "verdict/slice_watch.hpp"
#include "verdict/users.hpp"

namespace gunflint {

/// Of one target.
struct MembersReady {
  int now = 0, most = 0;  ///< most: at one time since t = 0
};

class Judge::State {
 public:
  explicit State(const Experiment& experiment);

  void on(const Event& event);
  void on(double at, const Happening& what);
  void close(int second);
  void watch(int second);
  void watch_phase(std::size_t hypothesis, PhaseWatch& watch, int second);
  void tell_recoveries();
  void turn(std::size_t hypothesis, const Look& look, int second);
  template <class F>
  void each_sli(F f);
  std::optional<double> start_of(const std::optional<Start>& start) const;
  std::optional<std::string> never(const std::optional<Start>& start) const;

  Experiment experiment;
  Phases phases;
  RecoveryWatch recoveries;
  Injections injections;
  UsersByDue users;
  Generator generator;
  SliceWatch sources;
  std::vector<Sli> hypotheses;
  std::vector<LightHistory> lights;
  std::map<std::size_t, PhaseWatch> by_phase;  ///< index -> hypotheses judged once per phase
  std::vector<Look> looks;                     ///< at the last closed second
  std::vector<ReactionWatch> reactions;
  std::vector<GuardWatch> guards;
  std::vector<AlertWatch> alerts;
  std::map<std::string, Sli> waits;  ///< by probe key

  std::map<std::string, MembersReady> members_ready;  ///< by target

  std::map<int, std::vector<Slice>> open_seconds;  ///< not closed yet
  int closed = 0;                                  ///< seconds [0, closed) are complete
  std::set<std::string> active_this_round;
  std::optional<double> gate_passed;
  std::string gate_failed, tool_failed, clock_jumped;
  std::vector<GuardTripped> tripped;
  int signal = 0;
  bool drained = false;
  double last_event = 0;
  std::vector<Happening> news;
  std::set<std::string> told_recoveries;
  std::vector<std::string> told_lights;
  std::set<std::string> told_reactions, told_guards;

  bool over() const {
    return drained || !gate_failed.empty() || !tool_failed.empty() || signal != 0 ||
           !tripped.empty() || !clock_jumped.empty();
  }
};

}  // namespace gunflint
