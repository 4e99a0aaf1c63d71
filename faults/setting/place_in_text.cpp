#include "setting/place_in_text.hpp"

#include <vector>

namespace gunflint {
namespace {

constexpr std::string_view blanks = " \t\r";
constexpr std::string_view hole = "{value}";

std::size_t skip(std::string_view text, std::size_t at) {
  while (at < text.size() && blanks.find(text[at]) != std::string_view::npos) ++at;
  return at;
}

/// A value without the spaces and the pair of quotes around it.
PlaceInText tidy(std::string_view line, std::size_t begin, std::size_t end) {
  begin = skip(line, begin);
  while (end > begin && blanks.find(line[end - 1]) != std::string_view::npos) --end;
  if (end - begin >= 2 && line[begin] == line[end - 1] &&
      (line[begin] == '"' || line[begin] == '\''))
    ++begin, --end;
  return {begin, end - begin};
}

/// Where a value that begins at `at` ends: `;`, `}`, a comment, or for a quoted key a comma.
std::size_t end_of_value(std::string_view line, std::size_t at, bool quoted_key) {
  char quote = 0;
  for (; at < line.size(); ++at) {
    const char c = line[at];
    if (quote) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == ';' || c == '}' || (c == ',' && quoted_key)) {
      break;
    } else if (c == '#' && at > 0 && blanks.find(line[at - 1]) != std::string_view::npos) {
      break;
    }
  }
  return at;
}

/// All values of `key` in one line: the key stands at the line's start or after `{` or `;`.
void places_of_key(std::string_view line, const std::string& key, std::vector<PlaceInText>& found) {
  std::size_t at = skip(line, 0);
  if (at < line.size() && (line[at] == '#' || line[at] == ';')) return;
  while (at < line.size()) {
    const bool quoted = line[at] == '"';
    const std::size_t word = at + (quoted ? 1 : 0);
    std::size_t after = word + key.size();
    const bool closed = !quoted || (after < line.size() && line[after] == '"');
    if (line.compare(word, key.size(), key) == 0 && closed) {
      if (quoted) ++after;
      const std::size_t next = skip(line, after);
      const bool sign = next < line.size() && (line[next] == '=' || line[next] == ':');
      if (sign || next > after) {
        const std::size_t begin = sign ? next + 1 : next;
        const PlaceInText place = tidy(line, begin, end_of_value(line, begin, quoted));
        if (place.size > 0) found.push_back(place);
      }
    }
    const std::size_t next = line.find_first_of("{;,#", at);
    if (next == std::string_view::npos || line[next] == '#') return;
    at = skip(line, next + 1);
  }
}

void place_in_line(std::string_view line, const std::string& pattern,
                   std::vector<PlaceInText>& found) {
  const auto at = pattern.find(hole);
  const std::string_view before = std::string_view(pattern).substr(0, at);
  const std::string_view behind = std::string_view(pattern).substr(at + hole.size());
  const std::size_t begin = skip(line, 0);
  std::size_t end = line.size();
  while (end > begin && blanks.find(line[end - 1]) != std::string_view::npos) --end;
  const std::string_view bare = line.substr(begin, end - begin);
  if (bare.size() > before.size() + behind.size() && bare.starts_with(before) &&
      bare.ends_with(behind))
    found.push_back({begin + before.size(), bare.size() - before.size() - behind.size()});
}

}  // namespace

Result<PlaceInText> find_place(const std::string& text, const Wanted& wanted) {
  std::vector<PlaceInText> found;
  bool inside = wanted.section.empty();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line(text.data() + at, end - at);
    const std::size_t first = skip(line, 0);
    if (!wanted.section.empty() && first < line.size() && line[first] == '[')
      inside = line.substr(first).starts_with("[" + wanted.section + "]");
    const std::size_t before = found.size();
    if (inside && !wanted.key.empty()) places_of_key(line, wanted.key, found);
    if (inside && wanted.key.empty()) place_in_line(line, wanted.line, found);
    for (std::size_t i = before; i < found.size(); ++i) found[i].begin += at;
    at = end + 1;
  }
  const std::string what = "`" + (wanted.key.empty() ? wanted.line : wanted.key) + "`" +
                           (wanted.section.empty() ? "" : " under [" + wanted.section + "]");
  if (found.empty())
    return fail(Cause::BadInput, what +
                                     " is not in the file; check its spelling, or add it with "
                                     "the value that is in force now");
  if (found.size() > 1)
    return fail(Cause::BadInput, what + " is in the file " + std::to_string(found.size()) +
                                     " times; say which one by `section`, or by `line` with the "
                                     "whole line and {value} in place of the value");
  return found[0];
}

}  // namespace gunflint
