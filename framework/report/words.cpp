#include "report/words.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "verdict/words.hpp"

namespace gunflint {

std::string clock_text(Duration at) {
  const std::int64_t total = std::chrono::floor<std::chrono::seconds>(at < 0s ? -at : at).count();
  const char* sign = at < 0s && total > 0 ? "-" : "";
  if (total < 3600) return fmt::format("{}{:02}:{:02}", sign, total / 60, total % 60);
  return fmt::format("{}{}:{:02}:{:02}", sign, total / 3600, total / 60 % 60, total % 60);
}

std::string grouped(double count) {
  const std::string digits = fmt::format("{:.0f}", std::abs(count));
  std::string text = count <= -0.5 ? "-" : "";
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string percent(double share) { return std::isfinite(share) ? spell_share(share) : "-"; }

std::string rate_text(double per_second) {
  if (!std::isfinite(per_second)) return "-";
  return fmt::format("{}/s", per_second >= 10 || per_second == std::floor(per_second)
                                 ? grouped(per_second)
                                 : fmt::format("{:.1f}", per_second));
}

std::string bytes_text(double bytes) {
  static constexpr std::array units{"B", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  // 999.6 would be printed as 1000.
  for (; bytes >= 999.5 && unit + 1 < units.size(); bytes /= 1000) ++unit;
  const int decimals = unit == 0 || bytes >= 99.95 ? 0 : bytes >= 9.995 ? 1 : 2;
  return fmt::format("{:.{}f} {}", bytes, decimals, units[unit]);
}

std::string latency_text(double seconds) {
  return std::isfinite(seconds) ? human(from_seconds(seconds)) : "-";
}

std::string plain(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '\n' || c == '\t') {
      out += ' ';
    } else if (c < 0x20 || c == 0x7f) {
      out += '?';
    } else if (c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) {
      out += '?';
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

namespace {
bool starts_code_point(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }
}  // namespace

std::size_t columns(std::string_view text) {
  std::size_t count = 0;
  for (char c : text) count += starts_code_point(c);
  return count;
}

std::string shortened(std::string_view text, std::size_t width, bool unicode) {
  if (columns(text) <= width) return std::string(text);
  const std::string_view mark = unicode ? "…" : "..";
  const std::size_t mark_width = columns(mark);
  if (width < mark_width) return std::string(width, '.');
  std::size_t count = 0, end = 0;
  while (end < text.size()) {
    if (starts_code_point(text[end]) && ++count > width - mark_width) break;
    ++end;
  }
  return std::string(text.substr(0, end)) + std::string(mark);
}

std::string shell_word(std::string_view word) {
  static constexpr std::string_view harmless =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,:/@%";
  if (!word.empty() && word.find_first_not_of(harmless) == word.npos) return std::string(word);
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string padded(std::string_view text, std::size_t width) {
  const std::size_t have = columns(text);
  return std::string(text) + std::string(width > have ? width - have : 0, ' ');
}

}  // namespace gunflint
