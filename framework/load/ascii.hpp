#pragma once
/// Letters, digits and blanks as HTTP takes them (RFC 9110, 5.1): ASCII, whatever the locale.

#include <algorithm>
#include <string_view>

namespace gunflint {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The same but for the case of ASCII letters.
constexpr bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}
constexpr bool starts_with_word(std::string_view text, std::string_view word) {
  return same_word(text.substr(0, word.size()), word);
}

/// Blanks and tabs (OWS of RFC 9110, 5.6.3).
constexpr bool is_space(char c) { return c == ' ' || c == '\t'; }
constexpr std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// What may not be in a header's value: everything below the blank but the tab, and DEL.
constexpr bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
}

}  // namespace gunflint
