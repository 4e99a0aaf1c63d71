#pragma once
/// An ordinary user's way to an agent that runs as root.

#include <string>

#include "gunflint/base/result.hpp"

namespace gunflint {

/// Whether this user may start the agent through sudo, found by starting it and asking for its
/// version. At a terminal the person may be asked for the password first. NotPermitted or
/// Unsupported, with what to do, when not; nothing was touched.
Result<void> admit_root(const std::string& agent);

}  // namespace gunflint
