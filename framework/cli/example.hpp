#pragma once
/// One way to write a key, for `gunflint explain`.

#include "gunflint/base/shape.hpp"

namespace gunflint {

/// "for: 30s"; a map or list in one line, with what it needs. A value that its shape allows.
std::string example_of(const Shape::Member& member);
/// Only the value.
std::string example_value(const Shape::Member& member);

}  // namespace gunflint
