#pragma once
/// What a rule would run on a host, and what would take it back: for `plan`. Pure.

#include <map>
#include <string>

#include "host/network_commands.hpp"
#include "host/network_state.hpp"

namespace gunflint {

/// The commands of an `add` and of the `remove` after it, as a person reads them, in their order.
struct PlannedRule {
  std::vector<std::string> actions, undo;
};

/// A Network that can say beforehand what it would run on its host as it is now.
class RulePlanner {
 public:
  virtual ~RulePlanner() = default;
  virtual Result<PlannedRule> plan(const Rule& rule, const Tag& tag) = 0;
};

/// One family of a host, as `iptables-save` and nft show it.
struct FamilySeen {
  std::string saved;
  BaseState base;
};

/// Without `families`: on a host with no rules.
PlannedRule plan_rule(const Rule& rule, const Tag& tag, const Selection& selection,
                      std::map<Family, FamilySeen> families);

}  // namespace gunflint
