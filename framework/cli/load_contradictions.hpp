#pragma once
/// Options of `gunflint load` that cannot be meant together: told before anything is sent.

#include "cli/commands.hpp"
#include "gunflint/base/result.hpp"

namespace gunflint {

/// Of options with a URL. One sentence: what contradicts what, and the fix.
Result<void> contradictions(const LoadOptions& options, bool https);
/// Options that say what the experiment file says already.
Result<void> contradicts_file(const LoadOptions& options);

}  // namespace gunflint
