#include "load/json_scan.hpp"

#include <array>
#include <charconv>
#include <optional>

#include "gunflint/base/units.hpp"
#include "gunflint/base/value.hpp"
#include "load/json_text.hpp"

namespace gunflint {
namespace {

/// Calls `each` with the pieces of what stands between the quotes of a text that was passed over.
template <class F>
void unescape(std::string_view text, F each) {
  const auto unit = [&text](std::size_t at) {
    unsigned value = 0;
    std::from_chars(text.data() + at, text.data() + at + 4, value, 16);
    return value;
  };
  for (;;) {
    const auto plain = text.substr(0, text.find('\\'));
    if (!plain.empty()) each(plain);
    text.remove_prefix(plain.size());
    if (text.empty()) return;
    constexpr std::string_view letters = "bfnrt", meanings = "\b\f\n\r\t";
    if (text[1] != 'u') {
      const auto letter = letters.find(text[1]);
      each(letter == letters.npos ? text.substr(1, 1) : meanings.substr(letter, 1));
      text.remove_prefix(2);
      continue;
    }
    unsigned code = unit(2);
    text.remove_prefix(6);
    if (code >= 0xd800 && code < 0xdc00) {
      code = 0x10000 + ((code - 0xd800) << 10) + (unit(2) - 0xdc00);
      text.remove_prefix(6);
    }
    const auto byte = [code](int shift, unsigned mark, unsigned mask) {
      return static_cast<char>(mark | ((code >> shift) & mask));
    };
    char utf8[4];
    std::size_t size = 0;
    if (code >= 0x10000) utf8[size++] = byte(18, 0xf0, 0x07);
    if (code >= 0x800)
      utf8[size++] = byte(12, code >= 0x10000 ? 0x80 : 0xe0, code >= 0x10000 ? 0x3f : 0x0f);
    if (code >= 0x80)
      utf8[size++] = byte(6, code >= 0x800 ? 0x80 : 0xc0, code >= 0x800 ? 0x3f : 0x1f);
    utf8[size++] = code >= 0x80 ? byte(0, 0x80, 0x3f) : static_cast<char>(code);
    each(std::string_view(utf8, size));
  }
}

bool spells(std::string_view escaped, std::string_view name) {
  bool same = true;
  unescape(escaped, [&](std::string_view piece) {
    same = same && name.starts_with(piece);
    if (same) name.remove_prefix(piece.size());
  });
  return same && name.empty();
}

/// Is `wanted` (two bytes at least) somewhere in the text? At 64 places at a time it is asked for
/// its first two bytes and its last one.
bool holds(std::string_view text, std::string_view wanted) {
  using Block = unsigned char __attribute__((vector_size(16)));  // gcc and clang, on any machine
  const auto sixteen = [](char c) { return Block{} + static_cast<unsigned char>(c); };
  const Block first = sixteen(wanted[0]), second = sixteen(wanted[1]),
              last = sixteen(wanted.back());
  const std::size_t reach = wanted.size() - 1, at_once = 4 * sizeof(Block);
  const auto maybe = [&](const char* from) {
    Block a, b, c;
    std::memcpy(&a, from, sizeof a);
    std::memcpy(&b, from + 1, sizeof b);
    std::memcpy(&c, from + reach, sizeof c);
    return (a == first) & (b == second) & (c == last);
  };
  std::size_t at = 0;
  for (; at + at_once + reach <= text.size(); at += at_once) {
    const char* p = text.data() + at;
    const auto any = maybe(p) | maybe(p + 16) | maybe(p + 32) | maybe(p + 48);
    std::uint64_t halves[2];
    std::memcpy(halves, &any, sizeof halves);
    if ((halves[0] | halves[1]) == 0) continue;
    for (std::size_t i = 0; i < at_once; ++i)
      if (p[i + 1] == wanted[1] && std::memcmp(p + i, wanted.data(), wanted.size()) == 0)
        return true;
  }
  return text.substr(at).find(wanted) != text.npos;
}

class Walk {
 public:
  Walk(std::string_view text, const std::vector<JsonPath::Part>& parts)
      : at_(text.data()), end_(text.data() + text.size()), parts_(parts) {}

  JsonFound find(std::string& out);

 private:
  enum class Step { Inside, Missing, Malformed };
  /// The value at `from`, which the parts before `level` have led to.
  struct Place {
    std::size_t level;
    const char* from;
  };

  // These go from position to position like those of json_text.hpp. `level`: so many lists and
  // objects stand around it.
  const char* after(char wanted, const char* at) const { return json_after(wanted, at, end_); }
  const char* after_value(std::size_t level, const char* at) const;
  const char* after_name(const JsonPath::Name& name, bool& same, const char* at) const;

  // These go on from `at_`; where they answer false or Malformed, nothing is there to go on from.
  bool pass_value(std::size_t level);
  Step into(std::size_t level);
  Step into_object(const JsonPath::Name& name, std::size_t level);
  Step into_list(long index, std::size_t level);
  bool pass_rest(std::size_t level, std::optional<Place>& again);

  std::string_view rest() const { return {at_, static_cast<std::size_t>(end_ - at_)}; }
  bool may_come_again(std::size_t first, std::size_t last) const;
  std::optional<Place> later(std::size_t first, std::size_t level);
  bool delimited(std::size_t level);
  static JsonFound spell(std::string_view value, std::string& out);

  const char* at_;
  const char* const end_;
  const std::vector<JsonPath::Part>& parts_;
};

const char* Walk::after_value(std::size_t level, const char* at) const {
  return json_after_value(static_cast<int>(JsonPath::most_parts - level), at, end_);
}

bool Walk::pass_value(std::size_t level) {
  at_ = after_value(level, at_);
  return at_ != nullptr;
}

/// A name and its colon; is it this one?
const char* Walk::after_name(const JsonPath::Name& name, bool& same, const char* at) const {
  const auto& quoted = name.quoted;
  at = json_after_blanks(at, end_);
  if (name.plain && static_cast<std::size_t>(end_ - at) > quoted.size() &&
      std::memcmp(at, quoted.data(), quoted.size()) == 0) {
    same = true;
    return after(':', at + quoted.size());
  }
  if (!(at = after('"', at))) return nullptr;
  const char* begin = at;
  bool escaped = false;
  if (!(at = json_after_text(escaped, at, end_))) return nullptr;
  const std::string_view text(begin, static_cast<std::size_t>(at - begin) - 1);
  same = escaped ? spells(text, name.text) : text == name.text;
  return after(':', at);
}

Walk::Step Walk::into_object(const JsonPath::Name& name, std::size_t level) {
  if (at_ == end_ || *at_ != '{') return pass_value(level) ? Step::Missing : Step::Malformed;
  const char* at = at_ + 1;
  if ((at_ = after('}', at))) return Step::Missing;
  for (;;) {
    bool same = false;
    if (!(at = after_name(name, same, at))) return Step::Malformed;
    if (same) {
      at_ = at;
      return Step::Inside;
    }
    if (!(at = after_value(level + 1, at))) return Step::Malformed;
    if (const char* next = after(',', at))
      at = next;
    else
      return (at_ = after('}', at)) ? Step::Missing : Step::Malformed;
  }
}

Walk::Step Walk::into_list(long index, std::size_t level) {
  if (at_ == end_ || *at_ != '[') return pass_value(level) ? Step::Missing : Step::Malformed;
  const char* const begin = at_ + 1;
  if ((at_ = after(']', begin))) return Step::Missing;
  // From the end: the last places are remembered, round and round.
  constexpr std::size_t most_remembered = 8;
  std::array<const char*, most_remembered> places;
  const char* at = begin;
  for (long count = 0;; ++count) {
    if (count == index) {
      at_ = at;
      return Step::Inside;
    }
    places[static_cast<std::size_t>(count) % most_remembered] = at;
    if (!(at = after_value(level + 1, at))) return Step::Malformed;
    if (const char* next = after(',', at)) {
      at = next;
      continue;
    }
    if (!(at_ = after(']', at))) return Step::Malformed;
    const long size = count + 1;
    if (index >= 0 || size + index < 0) return Step::Missing;
    if (index >= -static_cast<long>(most_remembered)) {
      at_ = places[static_cast<std::size_t>(size + index) % most_remembered];
      return Step::Inside;
    }
    index += size;  // once more, from the start
    at = begin;
    count = -1;
  }
}

Walk::Step Walk::into(std::size_t level) {
  at_ = json_after_blanks(at_, end_);
  if (const auto* name = std::get_if<JsonPath::Name>(&parts_[level]))
    return into_object(*name, level);
  return into_list(std::get<long>(parts_[level]), level);
}

/// From behind a value to the end of what it stands in; `again`: where the name came once more.
bool Walk::pass_rest(std::size_t level, std::optional<Place>& again) {
  const auto* name = std::get_if<JsonPath::Name>(&parts_[level]);
  const char* at = at_;
  while (const char* next = after(',', at)) {
    bool same = false;
    at = name ? after_name(*name, same, next) : next;
    if (!at) return false;
    if (same) again = {level + 1, at};
    if (!(at = after_value(level + 1, at))) return false;
  }
  at_ = after(name ? '}' : ']', at);
  return at_ != nullptr;
}

/// Could the rest of the text hold a name of these parts? Then it does so as it is, or escaped.
bool Walk::may_come_again(std::size_t first, std::size_t last) const {
  bool named = false, plain = true;
  for (auto i = last + 1; i-- > first;)
    if (const auto* name = std::get_if<JsonPath::Name>(&parts_[i])) {
      if (holds(rest(), name->quoted)) return true;
      named = true;
      plain = plain && name->plain;
    }
  if (!named) return false;
  const auto backslash = rest().find('\\');
  if (backslash == std::string_view::npos) return false;
  return !plain || holds(rest().substr(backslash), "\\u");
}

/// What the parts before `level` led to has been passed. Of a name that comes again the outermost
/// counts, and there its last time.
std::optional<Walk::Place> Walk::later(std::size_t first, std::size_t level) {
  std::optional<Place> again;
  while (level-- > first)
    if (!may_come_again(first, level) || !pass_rest(level, again)) break;
  return again;
}

/// The value is whole only when something ends it: a number may have been cut off.
bool Walk::delimited(std::size_t level) {
  at_ = json_after_blanks(at_, end_);
  if (level == 0) return at_ == end_;
  if (at_ == end_) return false;
  const bool object = std::holds_alternative<JsonPath::Name>(parts_[level - 1]);
  return *at_ == ',' || *at_ == (object ? '}' : ']');
}

JsonFound Walk::find(std::string& out) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  Place place{0, rest().starts_with(byte_order_mark) ? at_ + byte_order_mark.size() : at_};
  for (;;) {
    at_ = place.from;
    auto step = Step::Inside;
    std::size_t level = place.level;
    while (level < parts_.size() && (step = into(level)) == Step::Inside) ++level;
    std::string_view value;
    if (step == Step::Inside) {
      const char* begin = at_ = json_after_blanks(at_, end_);
      if (!pass_value(level)) return JsonFound::Malformed;
      value = {begin, static_cast<std::size_t>(at_ - begin)};
    }
    if (step == Step::Malformed || !delimited(level)) return JsonFound::Malformed;
    const auto again = later(place.level, level);
    if (!again) return step == Step::Inside ? spell(value, out) : JsonFound::Absent;
    place = *again;
  }
}

JsonFound Walk::spell(std::string_view value, std::string& out) {
  switch (value.front()) {
    case 'n':
      return JsonFound::Null;
    case 't':
    case 'f':
      out = value;
      return JsonFound::Value;
    case '"':
      out.clear();
      unescape(value.substr(1, value.size() - 2),
               [&out](std::string_view piece) { out.append(piece); });
      return JsonFound::Value;
    case '{':
    case '[': {
      const auto document = parse_json(value);
      if (!document) return JsonFound::Malformed;
      out = to_json(*document);
      return JsonFound::Value;
    }
    default:
      break;
  }
  std::int64_t integer = 0;
  const auto [stop, error] = std::from_chars(value.data(), value.data() + value.size(), integer);
  if (error == std::errc() && stop == value.data() + value.size() && value != "-0")
    out = value;  // the grammar allows one spelling of an integer
  else
    out = print_number(json_number(value));
  return JsonFound::Value;
}

}  // namespace

JsonFound find_json(std::string_view text, const JsonPath& path, std::string& out) {
  return Walk(text, path.parts()).find(out);
}

}  // namespace gunflint
