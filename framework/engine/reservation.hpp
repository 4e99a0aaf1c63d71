#pragma once
/// What of the machine belongs to one run from its start to its end, so that a second run that
/// would touch the same is not started (docs/decisions/0011): what the planned injections change,
/// and every member that one of its faults may take, by all its names: two selectors that find the
/// same process meet. A fault that shares happily (`touches` names nothing) is no exception: two
/// faults on one member make two verdicts that mean nothing. The host is a member, and who takes a
/// member on it shares it, so that a fault of the whole host is alone with it.

#include <set>
#include <string>
#include <vector>

#include "engine/planner.hpp"
#include "host/keys.hpp"

namespace gunflint {

/// Members that the faults of this experiment may take of those found: of the target of each (of
/// each that `one_of` may draw), as far as `pick.where` names them; with `scope: host` their host
/// as well. Each once, sorted by id.
std::vector<Member> members_in_reach(const Experiment& experiment, const Inventory& inventory);

class Reservation {
 public:
  explicit Reservation(LockFiles files = LockFiles::of_this_user()) : locks_(std::move(files)) {}

  /// All or nothing. Conflict, naming the run that holds it.
  Result<void> reserve(const std::string& run, const Plan& plan,
                       const std::vector<Member>& members);
  /// One that is about to be injected, and may have appeared since.
  Result<void> reserve(const Member& member);

 private:
  Result<void> lock(const std::string& holder, const std::vector<std::string>& keys,
                    const std::vector<Member>& members);
  Result<void> share_host();
  KeyLocks locks_;
  std::set<std::string> reserved_;  ///< keys of members
  bool shares_host_ = false;
};

}  // namespace gunflint
