#pragma once
/// Small text helpers that every report needs.

#include <cstdint>
#include <string>
#include <string_view>

#include "gunflint/base/units.hpp"

namespace gunflint {

/// Time since t = 0 as on a stop watch: "02:03", "1:02:03", "-00:05".
std::string clock_text(Duration at);
/// "1,204" (rounded to a whole number).
std::string grouped(double count);
/// "0.02 %", "1.4 %", "99.98 %", "0 %", "100 %": never rounds to 0 or 100 what is not.
std::string percent(double share);
/// "200/s", "0.5/s".
std::string rate_text(double per_second);
/// Three digits and powers of 1000: "412 B", "1.2 kB", "3.4 MB", "56 GB".
std::string bytes_text(double bytes);
/// Seconds as a person says them; "-" for NaN.
std::string latency_text(double seconds);

/// Control characters (C0, DEL, C1) become '?': names and bodies come from other systems, and a
/// terminal obeys what it is sent.
std::string plain(std::string_view text);
/// Columns on a terminal, one per code point.
std::size_t columns(std::string_view text);
/// At most `width` columns; what was longer ends in "…" (or "..").
std::string shortened(std::string_view text, std::size_t width, bool unicode = true);
/// A word of a command line that a person copies: quoted where a shell would take it apart.
std::string shell_word(std::string_view word);
/// Filled with spaces to `width` columns.
std::string padded(std::string_view text, std::size_t width);

}  // namespace gunflint
