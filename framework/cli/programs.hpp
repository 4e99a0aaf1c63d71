#pragma once
/// The programs that gunflint starts: itself, and those that lie beside it.

#include <string>
#include <vector>

#include "gunflint/model/load_spec.hpp"

namespace gunflint {

/// The path of this one.
std::string this_program();

/// `gunflint-agent` of GUNFLINT_AGENT, beside this program, or of PATH.
std::string agent_program();

/// What starts a load worker for those loads: `gunflint-worker`, which needs half the memory, or
/// `gunflint worker` where one goes through libcurl or the other is not beside this program.
/// `loops` 0: as many as it thinks right.
std::vector<std::string> worker_argv(const std::vector<LoadSpec>& loads, int loops = 0);

}  // namespace gunflint
