#pragma once
/// How the commands that run experiments reach agents, workers and probes.

#include "engine/crew.hpp"
#include "engine/planner.hpp"
#include "gunflint/model/experiment.hpp"

namespace gunflint {

/// Agents: `gunflint-agent` beside this program (or of GUNFLINT_AGENT), through `sudo -n` for
/// "root"; this program itself for "api" and for load workers; probes with libcurl.
CrewParts crew_parts(const Sources& sources);
/// The catalogue.
FindKind catalogue();

}  // namespace gunflint
