#pragma once
/// The moment in a cookie's `Expires`.

#include <ctime>
#include <optional>
#include <string_view>

namespace gunflint {

/// Whatever servers write for a date, read as browsers do (RFC 6265, 5.1.1): the first time, day,
/// month and year in it, in any order. Nothing when one is missing or the day does not exist.
std::optional<std::time_t> parse_cookie_date(std::string_view text);

}  // namespace gunflint
