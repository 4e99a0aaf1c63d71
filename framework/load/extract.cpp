#include "load/extract.hpp"

#include <charconv>

#include <fmt/format.h>

#include "gunflint/base/units.hpp"
#include "load/response.hpp"

namespace gunflint {
namespace {

Failure bad_path(std::string_view text, std::string_view why) {
  return fail(
      Cause::BadInput,
      fmt::format("`{}` is no JSON path: {}; write for example `$.items[0].id`", text, why));
}

std::optional<std::string> spelled(const Value& value) {
  if (value.is_text()) return value.text();
  if (value.is_null()) return std::nullopt;
  if (value.is_integer()) return std::to_string(value.integer());
  if (value.is_number()) return print_number(value.number());
  return to_json(value);
}

}  // namespace

Result<JsonPath> JsonPath::compile(std::string_view text) {
  JsonPath path;
  if (!text.starts_with('$')) return bad_path(text, "it does not begin with `$`");
  std::size_t at = 1;
  while (at < text.size()) {
    if (text[at] == '.') {
      const auto end = std::min(text.find_first_of(".[", at + 1), text.size());
      const auto name = text.substr(at + 1, end - at - 1);
      if (name.empty()) return bad_path(text, "a name is missing after `.`");
      if (name == "*") return bad_path(text, "wildcards do not exist here");
      path.parts_.emplace_back(std::string(name));
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
        path.parts_.emplace_back(std::string(inner.substr(1, inner.size() - 2)));
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

const Value* JsonPath::find(const Value& document) const {
  const Value* at = &document;
  for (const auto& part : parts_) {
    if (const auto* name = std::get_if<std::string>(&part)) {
      at = at->find(*name);
      if (!at) return nullptr;
      continue;
    }
    if (!at->is_list()) return nullptr;
    const auto size = static_cast<long>(at->items().size());
    long index = std::get<long>(part);
    if (index < 0) index += size;
    if (index < 0 || index >= size) return nullptr;
    at = &at->items()[static_cast<std::size_t>(index)];
  }
  return at;
}

Result<Extractor> Extractor::compile(const Extract& spec) {
  Extractor made;
  made.from_ = spec.from;
  made.name_ = spec.what;
  if (spec.what.empty())
    return fail(Cause::BadInput,
                fmt::format("the extract `{}` says nothing to look for", spec.variable));
  if (spec.from == Extract::From::Json) {
    GF_TRY_AS(made.how_, JsonPath::compile(spec.what));
  } else if (spec.from == Extract::From::Regex) {
    GF_TRY_AS(Pattern pattern, Pattern::compile(spec.what));
    if (pattern.groups() > 1)
      return fail(Cause::BadInput,
                  fmt::format("`{}` has {} groups; the value of `{}` is one: write the others as "
                              "`(?:…)`",
                              spec.what, pattern.groups(), spec.variable));
    made.how_ = std::move(pattern);
  }
  return made;
}

std::optional<std::string> Extractor::from(AnswerView& answer) const {
  if (const auto* path = std::get_if<JsonPath>(&how_)) {
    if (!answer.document) {
      auto parsed = parse_json(answer.body);
      answer.document.emplace(parsed ? std::optional(std::move(*parsed)) : std::nullopt);
    }
    if (!*answer.document) return std::nullopt;
    const Value* found = path->find(**answer.document);
    return found ? spelled(*found) : std::nullopt;
  }
  if (const auto* pattern = std::get_if<Pattern>(&how_)) {
    const auto found = pattern->first_in(answer.body);
    return found ? std::optional(std::string(*found)) : std::nullopt;
  }
  if (from_ == Extract::From::Header) {
    bool found = false;
    const auto value = ResponseParser::find_header(answer.head, name_, found);
    return found ? std::optional(std::string(value)) : std::nullopt;
  }
  const auto* cookie = answer.cookies ? answer.cookies->find(name_) : nullptr;
  return cookie ? std::optional(*cookie) : std::nullopt;
}

}  // namespace gunflint
