#pragma once
/// Takes a value out of an answer for later steps.

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "gunflint/base/value.hpp"
#include "gunflint/model/load_spec.hpp"
#include "gunflint/model/pattern.hpp"
#include "load/cookies.hpp"

namespace gunflint {

/// `$.items[0].id`, `$['a key'][2]`: names, quoted names and indexes (negative ones
/// count from the end). Wildcards and filters do not exist.
class JsonPath {
 public:
  static Result<JsonPath> compile(std::string_view text);
  /// The value at the path, or nullptr.
  const Value* find(const Value& document) const;

 private:
  std::vector<std::variant<std::string, long>> parts_;
};

/// What an answer offers. The document is parsed at most once, when first asked for.
struct AnswerView {
  std::string_view head, body;
  const CookieJar* cookies = nullptr;
  std::optional<std::optional<Value>> document = std::nullopt;
};

class Extractor {
 public:
  static Result<Extractor> compile(const Extract& spec);
  /// Nothing when it is not there (also: null, no JSON).
  std::optional<std::string> from(AnswerView& answer) const;
  bool needs_body() const { return from_ == Extract::From::Json || from_ == Extract::From::Regex; }
  bool needs_head() const { return from_ == Extract::From::Header; }
  bool needs_cookies() const { return from_ == Extract::From::Cookie; }

 private:
  Extract::From from_ = Extract::From::Json;
  std::string name_;
  std::variant<std::monostate, JsonPath, Pattern> how_;
};

}  // namespace gunflint
