#pragma once
/// `--soft inconclusive,not_started`: outcomes that are to count as held, loudly.

#include <set>
#include <string>
#include <vector>

#include "gunflint/base/result.hpp"
#include "gunflint/model/verdict.hpp"

namespace gunflint {

/// "not_started" and "not started" are the same outcome; every other name is refused.
Result<std::set<Outcome>> soft_outcomes(const std::vector<std::string>& names);

}  // namespace gunflint
