#pragma once
/// Commands that look back need a run that is over.

#include "engine/run_folder.hpp"
#include "gunflint/base/result.hpp"

namespace gunflint {

/// BadInput while the process that writes the journal of `run` still lives.
Result<void> must_be_over(const RunFolder& run);

}  // namespace gunflint
