#pragma once
/// A Plan for people.

#include <string>

#include "gunflint/model/plan.hpp"
#include "report/style.hpp"

namespace gunflint {

/// `file` is what the last line suggests to run. Lines end in '\n'.
std::string plan_text(const Plan& plan, const std::string& file, const Style& style);

}  // namespace gunflint
