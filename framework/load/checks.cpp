#include "load/checks.hpp"

#include <algorithm>

#include "load/response.hpp"

namespace gunflint {

Result<Checks> Checks::compile(const Check& spec) {
  Checks made;
  made.status_ = spec.status;
  made.contains_ = spec.body_contains;
  for (const auto& text : spec.body_matches) {
    GF_TRY_AS(Pattern pattern, Pattern::compile(text));
    made.matches_.push_back(std::move(pattern));
  }
  made.headers_.assign(spec.header_contains.begin(), spec.header_contains.end());
  made.latency_ = spec.latency;
  return made;
}

bool Checks::status_allowed(int status) const {
  if (status_.empty()) return status < 400;
  return std::any_of(status_.begin(), status_.end(),
                     [status](auto s) { return status >= s.least && status <= s.most; });
}

std::optional<ErrorClass> Checks::verify(int status, std::string_view head, std::string_view body,
                                         Duration latency) const {
  if (!status_allowed(status))
    return status >= 500   ? ErrorClass::Http5xx
           : status >= 400 ? ErrorClass::Http4xx
                           : ErrorClass::Check;
  for (const auto& text : contains_)
    if (body.find(text) == body.npos) return ErrorClass::Check;
  for (const auto& pattern : matches_)
    if (!pattern.found_in(body)) return ErrorClass::Check;
  for (const auto& [name, text] : headers_) {
    bool found = false;
    const auto value = ResponseParser::find_header(head, name, found);
    if (!found || value.find(text) == value.npos) return ErrorClass::Check;
  }
  if (latency_ && latency > *latency_) return ErrorClass::Check;
  return std::nullopt;
}

}  // namespace gunflint
