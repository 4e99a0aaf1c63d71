#pragma once
/// How verdicts speak: seconds, places, values beside their limits.

#include <string>

#include "gunflint/model/condition.hpp"
#include "gunflint/model/verdict.hpp"

namespace gunflint {

/// "0 s", "1.2 s", "47 s", "2m05s".
std::string spell_seconds(double seconds);
/// "0.02 %", "1.4 %", "99.98 %", "0 %", "100 %": never rounds to 0 or 100 what is not.
std::string spell_share(double share);
/// Puts file and line of the experiment into a finding.
void place(Finding& finding, const Mark& mark);
/// Whether `a` lies further on the wrong side of the condition than `b`.
bool worse(double a, double b, const Condition& condition);
/// "1 second", "3 seconds".
std::string counted(long count, const std::string& one, const std::string& many);

}  // namespace gunflint
