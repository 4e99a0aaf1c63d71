#pragma once
/// Whether what the command line asks for can be written: asked before anything is done, for a
/// report that cannot be written is told too late when the run is over.

#include <string>

#include "gunflint/base/result.hpp"

namespace gunflint {

/// Nothing is left behind: a file is made beside `path` and removed. `option` ("--junit") is for
/// the sentence. An empty path is fine.
Result<void> can_write_file(const std::string& option, const std::string& path);
/// That runs can lie in `folder`, which need not exist yet.
Result<void> can_write_into(const std::string& option, const std::string& folder);

}  // namespace gunflint
