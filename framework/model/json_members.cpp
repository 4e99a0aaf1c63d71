#include "model/json_members.hpp"

#include "gunflint/base/value.hpp"

namespace gunflint {
namespace {

constexpr std::string_view blanks = " \t\r\n";

/// The end of the string that begins at `at`, behind its closing quote.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return at + 1;
}

/// The end of the value that begins at `at`: before the comma or brace that follows it.
std::size_t end_of_value(std::string_view text, std::size_t at) {
  int depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = end_of_string(text, at);
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']' || c == ',') && depth == 0) break;
    if (c == '}' || c == ']') --depth;
    ++at;
  }
  while (at > 0 && blanks.find(text[at - 1]) != blanks.npos) --at;
  return at;
}

}  // namespace

void for_each_member(
    std::string_view object,
    const std::function<void(std::string_view key, std::string_view value)>& call) {
  std::size_t at = object.find('{');
  if (at == object.npos) return;
  ++at;
  while (true) {
    at = object.find_first_of("\"}", at);
    if (at == object.npos || object[at] == '}') return;
    const std::size_t key_end = end_of_string(object, at);
    if (key_end > object.size()) return;
    const auto key = parse_json(object.substr(at, key_end - at));
    at = object.find(':', key_end);
    if (at == object.npos) return;
    at = object.find_first_not_of(blanks, at + 1);
    if (at == object.npos) return;
    const std::size_t end = end_of_value(object, at);
    if (key && key->is_text()) call(key->text(), object.substr(at, end - at));
    at = end;
  }
}

}  // namespace gunflint
