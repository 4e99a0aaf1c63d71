#include "load/cookie_date.hpp"

#include <array>
#include <chrono>

#include "load/ascii.hpp"

namespace gunflint {
namespace {

bool is_date_delimiter(char c) {
  const auto in = [c](char first, char last) { return c >= first && c <= last; };
  return c == '\t' || in(' ', '/') || in(';', '@') || in('[', '`') || in('{', '~');
}

/// Takes all the digits that begin the text, if they are so many.
std::optional<int> take_digits(std::string_view& text, std::size_t least, std::size_t most) {
  std::size_t size = 0;
  int value = 0;
  for (; size < text.size() && is_digit(text[size]); ++size)
    if (size < most) value = value * 10 + (text[size] - '0');
  if (size < least || size > most) return std::nullopt;
  text.remove_prefix(size);
  return value;
}

/// "8:05:00", and anything behind it.
std::optional<std::array<int, 3>> clock_in(std::string_view token) {
  std::array<int, 3> parts{};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) {
      if (!token.starts_with(':')) return std::nullopt;
      token.remove_prefix(1);
    }
    const auto part = take_digits(token, 1, 2);
    if (!part) return std::nullopt;
    parts[i] = *part;
  }
  return parts;
}

std::optional<unsigned> month_in(std::string_view token) {
  constexpr std::array names{"jan", "feb", "mar", "apr", "may", "jun",
                             "jul", "aug", "sep", "oct", "nov", "dec"};
  for (unsigned i = 0; i < names.size(); ++i)
    if (starts_with_word(token, names[i])) return i + 1;
  return std::nullopt;
}

}  // namespace

std::optional<std::time_t> parse_cookie_date(std::string_view text) {
  std::optional<std::array<int, 3>> clock;
  std::optional<int> day, year;
  std::optional<unsigned> month;
  while (!text.empty()) {
    std::size_t size = 0;
    while (size < text.size() && !is_date_delimiter(text[size])) ++size;
    const auto token = text.substr(0, size);
    text.remove_prefix(size == text.size() ? size : size + 1);
    // A token means the first of these that is still missing and that it can mean.
    auto digits = token;
    if (!clock && (clock = clock_in(token))) continue;
    if (!day && (day = take_digits(digits, 1, 2))) continue;
    if (!month && (month = month_in(token))) continue;
    if (!year) year = take_digits(digits, 2, 4);
  }
  if (!clock || !day || !month || !year) return std::nullopt;
  if (*year < 70)
    *year += 2000;
  else if (*year < 100)
    *year += 1900;
  const auto& [hour, minute, second] = *clock;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *year < 1601 || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const auto moment = std::chrono::sys_days(date) + std::chrono::hours(hour) +
                      std::chrono::minutes(minute) + std::chrono::seconds(second);
  return moment.time_since_epoch().count();
}

}  // namespace gunflint
