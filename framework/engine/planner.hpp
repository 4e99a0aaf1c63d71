#pragma once
/// Makes the Plan: a pure function of the experiment, the catalogue and what agents found.

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "gunflint/concepts/fault.hpp"
#include "gunflint/model/experiment.hpp"
#include "gunflint/model/message.hpp"
#include "gunflint/model/plan.hpp"

namespace gunflint {

using FindKind = std::function<const FaultKind*(const std::string& type)>;

/// The target of a fault, or of the one of its `one_of` that was drawn.
const std::string& target_of(const FaultSpec& fault, const FaultSpec& drawn);

/// Keys of agents: "local" acts as this user, "root" through sudo, "api" beside the coordinator.
/// As root, "local" is root.
std::string agent_for(const FaultKind& kind, const Value& params, bool we_are_root);
/// Keys of all agents that the experiment needs, with the reason for each; "local" comes first and
/// is always there when there are targets.
std::map<std::string, std::string> agents_for(const Experiment& experiment, const FindKind& find,
                                              bool we_are_root);

/// What agents said.
struct Inventory {
  struct Examination {
    std::string fault, agent;
    Member member;
    FaultExamined examined;
    std::string trouble;  ///< why it could not be examined
  };
  bool asked = false;                                  ///< false: a plan from the file alone
  std::map<std::string, std::vector<Member>> members;  ///< by target
  std::map<std::string, std::string> trouble;          ///< target or agent -> why not
  std::map<std::string, std::string> near;  ///< target without a member -> what is here instead
  /// target -> who of it passes its readiness check; absent: not looked at
  std::map<std::string, std::vector<MemberState>> states;
  std::vector<Examination> examined;
};

/// Which members each fault would take of those found, drawn as the first injection would be.
struct Hit {
  const FaultSpec* fault = nullptr;  ///< of the experiment
  const FaultSpec* drawn = nullptr;  ///< itself, or one of its `one_of`
  Member member;
};
std::vector<Hit> would_hit(const Experiment& experiment, const Inventory& inventory,
                           std::uint64_t seed);

Plan make_plan(const Experiment& experiment, const FindKind& find, const Inventory& inventory,
               std::uint64_t seed, bool we_are_root);

}  // namespace gunflint
