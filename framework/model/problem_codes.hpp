#pragma once
/// Every kind of mistake, with its stable code.

#include <span>
#include <string_view>

namespace gunflint {

struct ProblemCode {
  std::string_view code, title, meaning;
  bool structural = false;  ///< the JSON Schema refuses it too; the others only the reader finds
};
std::span<const ProblemCode> problem_codes();
const ProblemCode* find_problem_code(std::string_view code);

}  // namespace gunflint
