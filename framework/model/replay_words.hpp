#pragma once
/// What is replayed, as people read it.

#include <cstdint>
#include <map>
#include <string>

#include "gunflint/model/load_spec.hpp"

namespace gunflint {

/// "87 lines left out (80 POST, 7 unreadable)", the most frequent reason first; empty without any.
std::string spell_left_out(const std::map<std::string, std::uint64_t>& left_out);

/// "access.log: 12,345 requests recorded in 10m, twice as fast, 87 lines left out (POST)".
std::string in_words(const ReplaySpec& replay);

}  // namespace gunflint
