#pragma once
/// Undo by this process: shared by `recover` and `stop`.

#include "agent/recovery.hpp"

namespace gunflint {

/// What dead agents of this user left; as root with `everybody` those of all others as well.
Result<RecoveryReport> recover_here(bool everybody);

}  // namespace gunflint
