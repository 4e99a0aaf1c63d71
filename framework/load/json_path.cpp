#include "load/json_path.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace gunflint {
namespace {

Failure bad_path(std::string_view text, std::string_view why) {
  return fail(
      Cause::BadInput,
      fmt::format("`{}` is no JSON path: {}; write for example `$.items[0].id`", text, why));
}

/// `/` is what some writers escape without need.
bool is_plain(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) {
    return c >= ' ' && c <= '~' && c != '"' && c != '\\' && c != '/';
  });
}

JsonPath::Name named(std::string_view text) {
  return {std::string(text), fmt::format("\"{}\"", text), is_plain(text)};
}

}  // namespace

Result<JsonPath> JsonPath::compile(std::string_view text) {
  JsonPath path;
  if (!text.starts_with('$')) return bad_path(text, "it does not begin with `$`");
  std::size_t at = 1;
  while (at < text.size()) {
    if (path.parts_.size() == most_parts)
      return bad_path(text, fmt::format("it has more than {} parts", most_parts));
    if (text[at] == '.') {
      const auto end = std::min(text.find_first_of(".[", at + 1), text.size());
      const auto name = text.substr(at + 1, end - at - 1);
      if (name.empty()) return bad_path(text, "a name is missing after `.`");
      if (name == "*") return bad_path(text, "wildcards do not exist here");
      path.parts_.emplace_back(named(name));
      at = end;
    } else if (text[at] == '[') {
      const auto end = text.find(']', at);
      if (end == text.npos) return bad_path(text, "`[` without `]`");
      const auto inner = text.substr(at + 1, end - at - 1);
      const bool quoted =
          inner.size() >= 2 && (inner[0] == '\'' || inner[0] == '"') && inner.back() == inner[0];
      long index = 0;
      const auto* last = inner.data() + inner.size();
      if (quoted)
        path.parts_.emplace_back(named(inner.substr(1, inner.size() - 2)));
      else if (const auto [stop, error] = std::from_chars(inner.data(), last, index);
               error == std::errc() && stop == last)
        path.parts_.emplace_back(index);
      else
        return bad_path(text, "between `[` and `]` stands a number or a quoted name");
      at = end + 1;
    } else {
      return bad_path(text, "after a part comes `.` or `[`");
    }
  }
  return path;
}

}  // namespace gunflint
