#pragma once
/// Which members a fault takes (semantics 31).

#include <string>
#include <vector>

#include "engine/draw.hpp"
#include "gunflint/model/fault_spec.hpp"
#include "gunflint/model/target_spec.hpp"

namespace gunflint {

/// From `ready`, in any order, the members that the pick takes, sorted by id. `share` rounds down,
/// to at least 1. Oldest and youngest go by start time, then by id.
std::vector<Member> pick_members(const Pick& pick, std::vector<Member> ready, Draw draw);
/// Whether `where` names it: its label or address contains that text. True without `where`.
bool is_named(const Pick& pick, const Member& member);
/// `scope: host`: the host that these members are on, as one member (semantics 25). Empty for none.
std::vector<Member> host_of(const std::vector<Member>& members);
/// "1 of 3, at random", "all 3", "the 2 oldest of 5".
std::string pick_in_words(const Pick& pick, int of);

}  // namespace gunflint
