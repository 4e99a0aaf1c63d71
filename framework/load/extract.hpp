#pragma once
/// Takes a value out of an answer for later steps.

#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "gunflint/model/load_spec.hpp"
#include "gunflint/model/pattern.hpp"
#include "load/cookies.hpp"
#include "load/json_path.hpp"

namespace gunflint {

/// What an answer offers.
struct AnswerView {
  std::string_view head, body;
  const CookieJar* cookies = nullptr;
  std::time_t now = 0;  ///< cookies that have expired by then are gone; 0: none has
};

class Extractor {
 public:
  /// BadInput: nothing to look for, no JSON path, no regular expression, more than one group.
  static Result<Extractor> compile(const Extract& spec);
  /// Writes the value over `out`, whose memory is used again; false, and `out` as it was, when it
  /// is not there (also: null, no JSON).
  bool from(const AnswerView& answer, std::string& out) const;
  std::optional<std::string> from(const AnswerView& answer) const {
    std::string out;
    return from(answer, out) ? std::optional(std::move(out)) : std::nullopt;
  }
  /// Why `from` found nothing, for people: "the body is no JSON", "the header `x-id` is missing".
  std::string why_not(const AnswerView& answer) const;

  bool needs_body() const { return from_ == Extract::From::Json || from_ == Extract::From::Regex; }
  bool needs_head() const { return from_ == Extract::From::Header; }
  bool needs_cookies() const { return from_ == Extract::From::Cookie; }

 private:
  Extract::From from_ = Extract::From::Json;
  std::string what_;  ///< as written
  std::variant<std::monostate, JsonPath, Pattern> how_;
};

}  // namespace gunflint
