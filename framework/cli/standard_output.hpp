#pragma once
/// Standard output as a place that may be full, or gone.

#include <cstdio>
#include <string_view>

#include "gunflint/base/result.hpp"

namespace gunflint {

/// Writes the whole of a result, and flushes it. Io says why it is not there.
Result<void> write_result(std::string_view text, std::FILE* to = stdout);

}  // namespace gunflint
