#pragma once
/// Users and connections live in tables, and are known by their place in them.

#include <cstdint>

namespace gunflint {

constexpr std::uint32_t nobody = 0xffffffff;

}  // namespace gunflint
