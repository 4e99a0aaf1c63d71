#pragma once
/// Passes over JSON text (RFC 8259) value by value, and holds it to the grammar. Everything is here
/// in the header because json_scan.cpp is as fast as this is inlined.

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
inline double json_number(std::string_view text) {
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // Too large or too small, from_chars does not say which.
  return error == std::errc() ? value : std::strtod(std::string(text).c_str(), nullptr);
}

/// Each `pass_` begins at `at`, ends behind what it names, and answers false when that is not what
/// stands there; then `at` is nowhere in particular.
class JsonCursor {
 public:
  explicit JsonCursor(std::string_view text) : at(text.data()), end(text.data() + text.size()) {}

  const char* at;
  const char* end;

  void pass_blanks() {
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) ++at;
  }

  /// Blanks, and the character.
  bool pass(char wanted) {
    pass_blanks();
    if (at == end || *at != wanted) return false;
    ++at;
    return true;
  }

  /// The rest of a text, from behind its opening quote. `escaped`: there is a backslash in it.
  bool pass_text(bool& escaped) {
    for (;;) {
      while (end - at >= 8) {
        const auto stop = first_special(at);
        at += stop;
        if (stop < 8) break;
      }
      if (at == end) return false;
      const auto c = static_cast<unsigned char>(*at);
      if (c == '"') {
        ++at;
        return true;
      }
      if (c == '\\') {
        escaped = true;
        if (!pass_escape()) return false;
      } else if (c >= 0x80) {
        if (!pass_beyond_ascii()) return false;
      } else if (c < 0x20) {
        return false;
      } else {
        ++at;  // an ordinary one among the last eight
      }
    }
  }

  /// Blanks, a name, and its colon.
  bool pass_name() {
    bool escaped = false;
    return pass('"') && pass_text(escaped) && pass(':');
  }

  bool pass_number() {
    const char* begin = at;
    if (at < end && *at == '-') ++at;
    if (at < end && *at == '0')
      ++at;
    else if (!pass_digits())
      return false;
    if (at < end && *at == '.') {
      ++at;
      if (!pass_digits()) return false;
    }
    bool exponent = false;
    if (at < end && (*at == 'e' || *at == 'E')) {
      exponent = true;
      ++at;
      if (at < end && (*at == '+' || *at == '-')) ++at;
      if (!pass_digits()) return false;
    }
    // A number that no double can hold is refused, as parse_json does; a short one can always.
    const auto size = static_cast<std::size_t>(at - begin);
    return (!exponent && size < 300) || std::isfinite(json_number({begin, size}));
  }

  /// Blanks and one value, in which at most `room` lists and objects are open at once (up to 64).
  bool pass_value(int room) {
    std::uint64_t lists = 0;  // one bit for each that is open, the innermost lowest: 1 is a list
    for (int open = 0;;) {
      pass_blanks();
      if (at == end) return false;
      if (const char c = *at; c == '"') {
        ++at;
        bool escaped = false;
        if (!pass_text(escaped)) return false;
      } else if (c == '{' || c == '[') {
        if (open == room) return false;
        ++at;
        pass_blanks();
        if (at == end) return false;
        if (*at == c + 2) {  // ASCII: `}` and `]` are two behind their beginnings
          ++at;
        } else {
          ++open;
          lists = lists << 1 | (c == '[');
          if (c == '{' && !pass_name()) return false;
          continue;
        }
      } else if (!pass_scalar(c)) {
        return false;
      }
      for (;; --open, lists >>= 1) {  // a value has ended, and perhaps what it stands in
        if (open == 0) return true;
        pass_blanks();
        if (at == end) return false;
        const char c = *at++;
        if (c == ',') {
          if (!(lists & 1) && !pass_name()) return false;
          break;
        }
        if (c != (lists & 1 ? ']' : '}')) return false;
      }
    }
  }

 private:
  static constexpr std::uint64_t each = 0x0101010101010101;  ///< a one in each of eight bytes

  /// How many of the eight bytes at `from` are ordinary in a text: no quote, no backslash, no
  /// control character, and ASCII.
  static std::size_t first_special(const char* from) {
    std::uint64_t word = 0;
    std::memcpy(&word, from, sizeof word);
    if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
    // The first byte is the lowest now. x - n has its highest bit set where the byte x is below n;
    // a borrow may set it wrongly in the bytes behind one that is found, never before.
    const auto quote = word ^ each * '"', backslash = word ^ each * '\\';
    const auto found =
        ((word - each * 0x20) | (quote - each) | (backslash - each) | word) & each * 0x80;
    return found == 0 ? 8 : static_cast<std::size_t>(std::countr_zero(found)) / 8;
  }

  bool pass_digits() {
    const char* begin = at;
    while (at < end && *at >= '0' && *at <= '9') ++at;
    return at != begin;
  }

  bool pass_word(std::string_view word) {
    if (static_cast<std::size_t>(end - at) < word.size() ||
        std::memcmp(at, word.data(), word.size()) != 0)
      return false;
    at += word.size();
    return true;
  }

  bool pass_scalar(char first) {
    if (first == 't') return pass_word("true");
    if (first == 'f') return pass_word("false");
    if (first == 'n') return pass_word("null");
    return pass_number();
  }

  /// Four hexadecimal digits; -1 when they are not there.
  int pass_hex() {
    if (end - at < 4) return -1;
    int value = 0;
    const auto [stop, error] = std::from_chars(at, at + 4, value, 16);
    if (error != std::errc() || stop != at + 4 || *at == '-') return -1;
    at += 4;
    return value;
  }

  bool pass_escape() {
    if (end - at < 2) return false;
    const char c = at[1];
    at += 2;
    if (c != 'u') return std::strchr("\"\\/bfnrt", c) != nullptr && c != '\0';
    const int unit = pass_hex();
    if (unit < 0 || (unit & 0xfc00) == 0xdc00) return false;
    if ((unit & 0xfc00) != 0xd800) return true;
    return pass_word("\\u") && (pass_hex() & ~0x3ff) == 0xdc00;
  }

  /// One character of two to four bytes (RFC 3629): shortest form, no surrogates.
  bool pass_beyond_ascii() {
    const auto byte = [this](int i) { return static_cast<unsigned char>(at[i]); };
    const auto first = byte(0);
    const int size = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    if (size == 0 || end - at < size) return false;
    for (int i = 1; i < size; ++i)
      if ((byte(i) & 0xc0) != 0x80) return false;
    if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) >= 0xa0) ||
        (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) >= 0x90))
      return false;
    at += size;
    return true;
  }
};

}  // namespace gunflint
