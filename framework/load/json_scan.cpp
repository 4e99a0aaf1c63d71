#include "load/json_scan.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "gunflint/base/units.hpp"
#include "gunflint/base/value.hpp"
#include "load/json_cursor.hpp"

namespace gunflint {
namespace {

constexpr int deepest = static_cast<int>(JsonPath::most_parts);

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

/// Is `wanted` (two bytes at least) somewhere in the text? Sixteen places at a time are asked for
/// its first two bytes and its last one, in a form that compilers turn into vector instructions.
bool holds(std::string_view text, std::string_view wanted) {
  const char first = wanted[0], second = wanted[1], last = wanted.back();
  const std::size_t reach = wanted.size() - 1;
  std::size_t at = 0;
  for (; at + 16 + reach <= text.size(); at += 16) {
    const char* p = text.data() + at;
    unsigned char maybe = 0;
    for (std::size_t i = 0; i < 16; ++i)
      maybe = static_cast<unsigned char>(
          maybe | ((p[i] == first) & (p[i + 1] == second) & (p[i + reach] == last)));
    if (maybe && text.substr(at, 16 + reach).find(wanted) != text.npos) return true;
  }
  return text.substr(at).find(wanted) != text.npos;
}

class Walk {
 public:
  Walk(std::string_view text, const std::vector<JsonPath::Part>& parts)
      : in_(text), parts_(parts) {}

  JsonFound find(std::string& out);

 private:
  enum class Step { Inside, Missing, Malformed };
  /// The value at `from`, which parts before `level` have led to.
  struct Place {
    std::size_t level;
    const char* from;
  };

  Step into(std::size_t level);
  Step into_object(const JsonPath::Name& name, int room);
  Step into_list(long index, int room);
  bool pass_name(const JsonPath::Name& name, bool& same);
  bool pass_rest(std::size_t level, std::optional<Place>& again);
  bool may_come_again(std::size_t first, std::size_t last) const;
  std::optional<Place> later(std::size_t first, std::size_t level);
  bool delimited(std::size_t level);
  JsonFound spell(std::string_view value, std::string& out) const;

  JsonCursor in_;
  const std::vector<JsonPath::Part>& parts_;
};

/// A name and its colon; is it this one?
bool Walk::pass_name(const JsonPath::Name& name, bool& same) {
  in_.pass_blanks();
  const auto& quoted = name.quoted;
  if (name.plain && static_cast<std::size_t>(in_.end - in_.at) > quoted.size() &&
      std::memcmp(in_.at, quoted.data(), quoted.size()) == 0) {
    in_.at += quoted.size();
    same = true;
    return in_.pass(':');
  }
  if (!in_.pass('"')) return false;
  const char* begin = in_.at;
  bool escaped = false;
  if (!in_.pass_text(escaped)) return false;
  const std::string_view text(begin, static_cast<std::size_t>(in_.at - begin) - 1);
  same = escaped ? spells(text, name.text) : text == name.text;
  return in_.pass(':');
}

Walk::Step Walk::into_object(const JsonPath::Name& name, int room) {
  if (in_.at == in_.end || *in_.at != '{')
    return in_.pass_value(room) ? Step::Missing : Step::Malformed;
  ++in_.at;
  if (in_.pass('}')) return Step::Missing;
  for (;;) {
    bool same = false;
    if (!pass_name(name, same)) return Step::Malformed;
    if (same) return Step::Inside;
    if (!in_.pass_value(room - 1)) return Step::Malformed;
    if (in_.pass(',')) continue;
    return in_.pass('}') ? Step::Missing : Step::Malformed;
  }
}

Walk::Step Walk::into_list(long index, int room) {
  if (in_.at == in_.end || *in_.at != '[')
    return in_.pass_value(room) ? Step::Missing : Step::Malformed;
  const char* begin = ++in_.at;
  if (in_.pass(']')) return Step::Missing;
  // Once to count, and where that is not enough once more to the place.
  for (long count = 0;; ++count) {
    if (count == index) return Step::Inside;
    if (!in_.pass_value(room - 1)) return Step::Malformed;
    if (in_.pass(',')) continue;
    if (!in_.pass(']')) return Step::Malformed;
    if (index >= 0 || index + count + 1 < 0) return Step::Missing;
    index += count + 1;
    in_.at = begin;
    count = -1;
  }
}

Walk::Step Walk::into(std::size_t level) {
  const int room = deepest - static_cast<int>(level);
  in_.pass_blanks();
  if (const auto* name = std::get_if<JsonPath::Name>(&parts_[level]))
    return into_object(*name, room);
  return into_list(std::get<long>(parts_[level]), room);
}

/// From behind a value to the end of what it stands in; `again`: where the name came once more.
bool Walk::pass_rest(std::size_t level, std::optional<Place>& again) {
  const int room = deepest - static_cast<int>(level) - 1;
  const auto* name = std::get_if<JsonPath::Name>(&parts_[level]);
  while (in_.pass(',')) {
    bool same = false;
    if (name && !pass_name(*name, same)) return false;
    if (same) again = {level + 1, in_.at};
    if (!in_.pass_value(room)) return false;
  }
  return in_.pass(name ? '}' : ']');
}

/// Could the rest of the text hold a name of these parts? Then it does so as it is, or escaped.
bool Walk::may_come_again(std::size_t first, std::size_t last) const {
  const std::string_view rest(in_.at, static_cast<std::size_t>(in_.end - in_.at));
  std::string_view escape;
  for (std::size_t i = first; i <= last; ++i)
    if (const auto* name = std::get_if<JsonPath::Name>(&parts_[i])) {
      if (holds(rest, name->quoted)) return true;
      if (!name->plain)
        escape = "\\";
      else if (escape.empty())
        escape = "\\u";
    }
  if (escape.empty()) return false;
  return escape.size() == 1 ? rest.find('\\') != rest.npos : holds(rest, escape);
}

/// The cursor stands behind what parts up to `level` have led to. The outermost name that comes
/// again counts, and there its last time.
std::optional<Walk::Place> Walk::later(std::size_t first, std::size_t level) {
  std::optional<Place> again;
  while (level-- > first) {
    if (!may_come_again(first, level)) break;
    if (!pass_rest(level, again)) break;
  }
  return again;
}

/// The value is whole only when something ends it: a number may have been cut off.
bool Walk::delimited(std::size_t level) {
  in_.pass_blanks();
  if (level == 0) return in_.at == in_.end;
  if (in_.at == in_.end) return false;
  const bool object = std::holds_alternative<JsonPath::Name>(parts_[level - 1]);
  return *in_.at == ',' || *in_.at == (object ? '}' : ']');
}

JsonFound Walk::find(std::string& out) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  const std::string_view whole(in_.at, static_cast<std::size_t>(in_.end - in_.at));
  Place place{0, in_.at + (whole.starts_with(byte_order_mark) ? byte_order_mark.size() : 0)};
  for (;;) {
    in_.at = place.from;
    std::size_t level = place.level;
    auto step = Step::Inside;
    for (; level < parts_.size(); ++level)
      if (step = into(level); step != Step::Inside) break;
    std::string_view value;
    if (step == Step::Inside) {
      in_.pass_blanks();
      const char* begin = in_.at;
      if (!in_.pass_value(deepest - static_cast<int>(level))) return JsonFound::Malformed;
      value = {begin, static_cast<std::size_t>(in_.at - begin)};
    }
    if (step == Step::Malformed || !delimited(level)) return JsonFound::Malformed;
    if (const auto again = later(place.level, level))
      place = *again;
    else
      return step == Step::Inside ? spell(value, out) : JsonFound::Absent;
  }
}

JsonFound Walk::spell(std::string_view value, std::string& out) const {
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
