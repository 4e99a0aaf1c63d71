#pragma once
/// docs/reference, generated from the code's own declarations.

#include <map>
#include <string>

namespace gunflint {

/// File name -> content.
std::map<std::string, std::string> reference_pages();

}  // namespace gunflint
