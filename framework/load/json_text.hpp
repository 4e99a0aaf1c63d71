#pragma once
/// Passes over JSON text (RFC 8259) value by value, and holds it to the grammar. Everything is here
/// in the header, and goes from position to position without an object, because json_scan.cpp is
/// as fast as this is inlined and kept in registers.
///
/// Each `json_after_` begins at `at` and answers with the position behind what it names, or with
/// nullptr when that is not what stands there. `end` is the end of the text.

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace gunflint {

/// The number that JSON spells so; infinite where a double cannot hold it.
[[gnu::noinline]] inline double json_number(std::string_view text) {
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // Too large or too small, from_chars does not say which.
  return error == std::errc() ? value : std::strtod(std::string(text).c_str(), nullptr);
}

inline const char* json_after_blanks(const char* at, const char* end) {
  while (at < end && static_cast<unsigned char>(*at) <= ' ') {
    if (*at != ' ' && *at != '\n' && *at != '\r' && *at != '\t') break;
    ++at;
  }
  return at;
}

/// Blanks, and the character. Most texts hold few blanks: they are thought of last, here and below.
inline const char* json_after(char wanted, const char* at, const char* end) {
  if (at < end && *at == wanted) return at + 1;
  at = json_after_blanks(at, end);
  return at < end && *at == wanted ? at + 1 : nullptr;
}

inline const char* json_after_word(std::string_view word, const char* at, const char* end) {
  const bool there = static_cast<std::size_t>(end - at) >= word.size() &&
                     std::memcmp(at, word.data(), word.size()) == 0;
  return there ? at + word.size() : nullptr;
}

inline bool json_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

/// One at least.
inline const char* json_after_digits(const char* at, const char* end) {
  if (at == end || !json_digit(*at)) return nullptr;
  do ++at;
  while (at < end && json_digit(*at));
  return at;
}

/// A number that no double can hold is refused, as parse_json does.
inline const char* json_after_number(const char* at, const char* end) {
  const char* begin = at;
  if (*at == '-' && ++at == end) return nullptr;
  if (*at == '0')
    ++at;
  else if (!(at = json_after_digits(at, end)))
    return nullptr;
  if (at == end) return at;
  if (*at == '.' && !(at = json_after_digits(at + 1, end))) return nullptr;
  const bool exponent = at < end && (*at | 0x20) == 'e';
  if (exponent) {
    ++at;
    if (at < end && (*at == '+' || *at == '-')) ++at;
    if (!(at = json_after_digits(at, end))) return nullptr;
  }
  if (!exponent && at - begin < 300) return at;
  return std::isfinite(json_number({begin, static_cast<std::size_t>(at - begin)})) ? at : nullptr;
}

/// Four hexadecimal digits, into `unit`.
inline const char* json_after_hex(unsigned& unit, const char* at, const char* end) {
  if (end - at < 4) return nullptr;
  const auto [stop, error] = std::from_chars(at, at + 4, unit, 16);
  return error == std::errc() && stop == at + 4 ? stop : nullptr;
}

/// A backslash and what belongs to it; of a character beyond the 65536th, both halves.
inline const char* json_after_escape(const char* at, const char* end) {
  if (end - at < 2) return nullptr;
  const char letter = at[1];
  at += 2;
  if (letter != 'u')
    return std::string_view("\"\\/bfnrt").find(letter) != std::string_view::npos ? at : nullptr;
  unsigned unit = 0;
  if (!(at = json_after_hex(unit, at, end)) || (unit & 0xfc00) == 0xdc00) return nullptr;
  if ((unit & 0xfc00) != 0xd800) return at;
  if (!(at = json_after_word("\\u", at, end)) || !(at = json_after_hex(unit, at, end)))
    return nullptr;
  return (unit & 0xfc00) == 0xdc00 ? at : nullptr;
}

/// One character of two to four bytes (RFC 3629): the shortest form, and no surrogate.
inline const char* json_after_wide(const char* at, const char* end) {
  const auto byte = [at](int i) { return static_cast<unsigned char>(at[i]); };
  const auto first = byte(0);
  const int size = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (size == 0 || end - at < size) return nullptr;
  for (int i = 1; i < size; ++i)
    if ((byte(i) & 0xc0) != 0x80) return nullptr;
  if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) >= 0xa0) ||
      (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) >= 0x90))
    return nullptr;
  return at + size;
}

/// How many of the eight bytes at `from` are ordinary in a text: no quote, no backslash, no control
/// character, and ASCII.
inline int json_ordinary(const char* from) {
  constexpr std::uint64_t each = 0x0101010101010101;
  std::uint64_t word = 0;
  std::memcpy(&word, from, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  // The first byte is the lowest now. Of a byte x below 128, x - n has its highest bit set if x is
  // below n; a borrow may set it wrongly in the bytes behind one that is found, never before. The
  // quote is 0x22: turned into 0x20, it is the next one after the control characters.
  const auto found = ((word ^ each * 0x02) - each * 0x21) | ((word ^ each * '\\') - each) | word;
  const auto marks = found & each * 0x80;
  return marks == 0 ? 8 : std::countr_zero(marks) / 8;
}

/// A text from anywhere within it. (What is rarely needed is kept apart: it would cost the rest
/// registers.)
[[gnu::noinline]] inline const char* json_after_long_text(bool& escaped, const char* at,
                                                          const char* end) {
  while (at < end) {
    if (end - at >= 8) {
      const int ordinary = json_ordinary(at);
      at += ordinary;
      if (ordinary == 8) continue;
    }
    const auto c = static_cast<unsigned char>(*at);
    if (c == '"') return at + 1;
    if (c == '\\') {
      escaped = true;
      if (!(at = json_after_escape(at, end))) return nullptr;
    } else if (c >= 0x80) {
      if (!(at = json_after_wide(at, end))) return nullptr;
    } else if (c < 0x20) {
      return nullptr;
    } else {
      ++at;  // an ordinary one among the last eight
    }
  }
  return nullptr;
}

/// The rest of a text, from behind its opening quote. `escaped`: there is a backslash in it.
inline const char* json_after_text(bool& escaped, const char* at, const char* end) {
  if (end - at > 8) {  // most are short
    at += json_ordinary(at);
    if (*at == '"') return at + 1;
  }
  return json_after_long_text(escaped, at, end);
}

[[gnu::noinline]] inline const char* json_after_long_name(const char* at, const char* end) {
  bool escaped = false;
  if (!(at = json_after('"', at, end)) || !(at = json_after_text(escaped, at, end))) return nullptr;
  return json_after(':', at, end);
}

/// Blanks, a name, and its colon.
inline const char* json_after_name(const char* at, const char* end) {
  if (end - at > 16 && *at == '"') {  // again: most are short, and nothing is between
    const char* quote = at + 1 + json_ordinary(at + 1);
    if (quote[0] == '"' && quote[1] == ':') return quote + 2;
  }
  return json_after_long_name(at, end);
}

/// A value that holds no others; no blanks before it.
inline const char* json_after_scalar(const char* at, const char* end) {
  switch (*at) {
    case 't':
      return json_after_word("true", at, end);
    case 'f':
      return json_after_word("false", at, end);
    case 'n':
      return json_after_word("null", at, end);
    default:
      return json_after_number(at, end);
  }
}

/// Blanks and one value, in which at most `room` lists and objects are open at once (up to 64).
inline const char* json_after_value(int room, const char* at, const char* end) {
  std::uint64_t lists = 0;  // one bit for each that is open, the innermost lowest: 1 is a list
  for (int open = 0;;) {
    if (at == end) return nullptr;
    if (const char c = *at; c == '"') {
      bool escaped = false;
      at = json_after_text(escaped, at + 1, end);
    } else if (c == '{' || c == '[') {
      if (open == room) return nullptr;
      ++at;
      // ASCII: `}` and `]` are two behind their beginnings.
      if (const char* empty = json_after(static_cast<char>(c + 2), at, end)) {
        at = empty;
      } else {
        ++open;
        lists = lists << 1 | (c == '[');
        if (c == '{' && !(at = json_after_name(at, end))) return nullptr;
        continue;
      }
    } else if (const char* value = json_after_blanks(at, end); value != at) {
      at = value;
      continue;
    } else {
      at = json_after_scalar(at, end);
    }
    if (!at) return nullptr;
    while (open > 0) {  // a value has ended, and perhaps what it stands in
      if (at == end) return nullptr;
      const char c = *at;
      if (c == ',') {
        ++at;
        if (!(lists & 1) && !(at = json_after_name(at, end))) return nullptr;
        break;
      }
      if (c == (lists & 1 ? ']' : '}')) {
        ++at;
        --open;
        lists >>= 1;
        continue;
      }
      const char* next = json_after_blanks(at, end);
      if (next == at) return nullptr;
      at = next;
    }
    if (open == 0) return at;
  }
}

}  // namespace gunflint
