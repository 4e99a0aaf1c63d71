#pragma once
/// The first experiment, which `gunflint init` writes: examples/first/first.yaml.

#include <string_view>

namespace gunflint {

std::string_view starter_experiment();

}  // namespace gunflint
