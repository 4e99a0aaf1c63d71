#pragma once
/// Stages on one line of a command: '100/s:30s, ramp 400/s:1m, users 64:10s'.

#include <string>
#include <vector>

#include "gunflint/model/load_spec.hpp"

namespace gunflint {

/// Each stage is what is asked, a colon, and how long: `RATE:TIME` is constant, `ramp RATE:TIME`
/// goes there evenly, `users N:TIME` (or `N users:TIME`) is a closed loop. Stages are named as
/// spell_stage() says them. BadInput names the stage that is wrong and the fix.
Result<std::vector<Stage>> parse_stages(const std::vector<std::string>& lists);

/// Its name tells more than what it asks, or which it is (from 1).
bool has_own_name(const Stage& stage, int number);
/// What a stage asks: "100/s", "ramp to 400/s", "64 users".
std::string spell_stage(const Stage& stage);
/// All of them: "100/s for 30s, then ramp to 400/s for 1m".
std::string spell_stages(const std::vector<Stage>& stages);

}  // namespace gunflint
