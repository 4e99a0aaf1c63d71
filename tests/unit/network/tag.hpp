#pragma once
#include "gunflint/host/host.hpp"

namespace gunflint {

/// Of the injection that these tests are about.
inline const Tag tag{"gf-abcdefghij"};

}  // namespace gunflint
