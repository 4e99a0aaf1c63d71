#pragma once
/// How long an agent lets a fault act before it is ended with all that it started. What a fault's
/// fields may ask for must fit: an undo that needs longer would be ended for ever.

#include "gunflint/base/units.hpp"

namespace gunflint {

constexpr Duration longest_inject = 30s;   ///< observe, inject and the first bite
constexpr Duration longest_restore = 30s;  ///< restore and restored; tried again after that

}  // namespace gunflint
