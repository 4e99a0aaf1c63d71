#pragma once
/// The last thing a run prints: what held and what did not, with the measured value beside each
/// limit, worst first; then what was left behind, where the reports lie, and what to type next.

#include <string>
#include <utility>
#include <vector>

#include "report/run_view.hpp"
#include "report/style.hpp"

namespace gunflint {

/// Where the run's documents lie: {"report", "gunflint-runs/…/report.html"}, in the order shown.
using DocumentPlaces = std::vector<std::pair<std::string, std::string>>;

/// Lines end in '\n'. Belongs on stdout: it is the result.
std::string verdict_block(const RunView& view, const Style& style,
                          const DocumentPlaces& places = {});

}  // namespace gunflint
