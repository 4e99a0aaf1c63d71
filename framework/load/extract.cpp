#include "load/extract.hpp"

#include <fmt/format.h>

#include "load/json_scan.hpp"
#include "load/response.hpp"

namespace gunflint {

Result<Extractor> Extractor::compile(const Extract& spec) {
  Extractor made;
  made.from_ = spec.from;
  made.what_ = spec.what;
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

bool Extractor::from(const AnswerView& answer, std::string& out) const {
  if (const auto* path = std::get_if<JsonPath>(&how_))
    return find_json(answer.body, *path, out) == JsonFound::Value;
  std::optional<std::string_view> found;
  if (const auto* pattern = std::get_if<Pattern>(&how_)) {
    found = pattern->first_in(answer.body);
  } else if (from_ == Extract::From::Header) {
    bool there = false;
    const auto value = ResponseParser::find_header(answer.head, what_, there);
    if (there) found = value;
  } else if (answer.cookies) {
    found = answer.cookies->find(what_, answer.now);
  }
  if (found) out = *found;
  return found.has_value();
}

std::string Extractor::why_not(const AnswerView& answer) const {
  switch (from_) {
    case Extract::From::Json: {
      std::string ignored;
      switch (find_json(answer.body, std::get<JsonPath>(how_), ignored)) {
        case JsonFound::Malformed:
          return answer.body.empty() ? "the body is empty, no JSON" : "the body is no JSON";
        case JsonFound::Null:
          return fmt::format("`{}` is null in the body", what_);
        default:
          return fmt::format("the body has no `{}`", what_);
      }
    }
    case Extract::From::Regex:
      return fmt::format("nothing in the body matches `{}`", what_);
    case Extract::From::Header:
      return fmt::format("the header `{}` is missing", what_);
    case Extract::From::Cookie:
      break;
  }
  return fmt::format("there is no cookie `{}`", what_);
}

}  // namespace gunflint
