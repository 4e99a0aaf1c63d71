#pragma once
/// Letters and blanks as HTTP takes them (RFC 9110, 5.1): ASCII, whatever the locale.

#include <algorithm>
#include <string_view>

namespace gunflint {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

/// The same but for the case of ASCII letters.
constexpr bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

/// Blanks and tabs (OWS of RFC 9110, 5.6.3).
constexpr bool is_space(char c) { return c == ' ' || c == '\t'; }
constexpr std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace gunflint
