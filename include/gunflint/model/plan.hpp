#pragma once
/// What a run would do: schedule, members, commands, undo, bounds. Made by framework/engine/planner
/// from an experiment, the catalogue of faults and what agents found; it is data for people, for
/// `RunStarted.plan` and for Run's hard stop. All times are since t = 0.

#include <optional>
#include <string>
#include <vector>

#include "gunflint/base/fields.hpp"

namespace gunflint {

/// One stage of one load. The last stage of a load is held until everything is decided.
struct PlannedStage {
  std::string load, stage;
  Duration begin{}, end{};
  double from_rate = 0, to_rate = 0;  ///< journeys per second; equal when constant
  std::optional<int> users;           ///< a closed loop of so many; the rates are then 0
  std::string replay;                 ///< the log whose requests are sent, in words
  bool timed = false;                 ///< and it says when; the rates are then the mean
  bool last = false;
  static Fields<PlannedStage> fields();
};

/// One fault on one member, as the member's host would do it.
struct PlannedInjection {
  std::string member, label, agent;
  std::vector<std::string> actions, undo;  ///< exact commands, from the agent's recording host
  std::vector<std::string> keys;           ///< resources it touches
  std::vector<std::string> missing;  ///< "CAP_NET_ADMIN: to …; fix" for each need that is absent
  std::string nothing_to_do;         ///< the present value is the asked one
  static Fields<PlannedInjection> fields();
};

struct PlannedFault {
  std::string name, type, target;
  std::string when;                  ///< "while surge", "1m30s after the start of surge"
  std::string whom;                  ///< "1 of 3, at random"
  Duration start{}, latest_start{};  ///< earliest and latest first injection
  Duration end{}, latest_end{};      ///< earliest and latest last undo
  int repetitions = 1;               ///< most; 0: until the end of `while`
  int members_found = 0;             ///< members of its target right now
  int members_hit = 0;               ///< how many the pick would take of them
  bool instant = false;
  std::string healing;                       ///< "by us", "by the platform", "never"
  std::vector<PlannedInjection> injections;  ///< drawn with the plan's seed from members found now
  static Fields<PlannedFault> fields();
};

struct PlannedHypothesis {
  std::string name, of, limit;
  std::string red_from;  ///< "red from 5 slow of 100", empty for other values
  static Fields<PlannedHypothesis> fields();
};

struct PlannedTarget {
  std::string name, kind;
  std::vector<std::string> members;  ///< labels
  std::string trouble;               ///< why it could not be asked
  static Fields<PlannedTarget> fields();
};

struct PlannedAgent {
  std::string key, why;  ///< "local as root", "cpu needs it"
  std::vector<std::string> argv;
  static Fields<PlannedAgent> fields();
};

/// Something a person must know before the run. `kind`: "error" (the file asks for what cannot be:
/// exit 2), "missing" (this machine cannot: exit 6), "absent" (nobody is there to be hit: exit 3),
/// "warning".
struct PlanNote {
  std::string kind, fault, sentence, fix;
  std::string file;
  int line = 0;
  static Fields<PlanNote> fields();
};

struct Plan {
  std::string experiment;
  std::uint64_t seed = 0;
  Duration gate{};  ///< the time before the first injection that must be green
  std::optional<Duration> first_injection;  ///< earliest
  Duration shortest{}, longest{};           ///< of the whole run, drain included
  Duration hard_stop{};                     ///< semantics 6
  double journeys = 0;                      ///< due over the stages
  std::vector<PlannedStage> stages;
  std::vector<PlannedFault> faults;
  std::vector<PlannedHypothesis> hypotheses;
  std::vector<PlannedTarget> targets;
  std::vector<PlannedAgent> agents;
  std::vector<std::string> probes;  ///< what will be asked, and how often
  std::vector<PlanNote> notes;
  /// 0, 2, 6 or 3: what `plan` exits with; a run starts only at 0.
  int exit() const;
  static Fields<Plan> fields();
};

}  // namespace gunflint
