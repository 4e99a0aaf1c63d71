#pragma once
/// Semantics 9: may we begin?

#include <vector>

#include "verdict/judge.hpp"
#include "verdict/light.hpp"

namespace gunflint {

/// `lights[i]` belongs to `steady_state[i]`; `closed` seconds are known.
Judge::Gate gate_of(const Experiment& experiment, const std::vector<LightHistory>& lights,
                    int closed);

}  // namespace gunflint
