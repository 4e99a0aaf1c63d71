#pragma once
/// Is an answer right? (LANGUAGE 19)

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gunflint/model/load_spec.hpp"
#include "gunflint/model/pattern.hpp"
#include "gunflint/model/slice.hpp"

namespace gunflint {

class Checks {
 public:
  /// BadInput: a text that is no regular expression.
  static Result<Checks> compile(const Check& spec);

  /// The class of the failure, or nothing. `latency` runs from the due time. A status of 400 or
  /// more that is not allowed is http_4xx or http_5xx, any other violation is `check`. Of a failure
  /// `why`, where given, is told half a sentence for people, of one line: "status 503",
  /// "the body does not contain `order`", "took 512ms, more than 400ms". It is not touched when all
  /// is well.
  std::optional<ErrorClass> verify(int status, std::string_view head, std::string_view body,
                                   Duration latency, std::string* why = nullptr) const;
  bool needs_body() const { return !contains_.empty() || !matches_.empty(); }
  bool needs_head() const { return !headers_.empty(); }

 private:
  bool status_allowed(int status) const;

  std::vector<Check::Statuses> status_;
  std::vector<std::string> contains_;
  std::vector<Pattern> matches_;
  std::vector<std::pair<std::string, std::string>> headers_;
  std::optional<Duration> latency_;
};

}  // namespace gunflint
