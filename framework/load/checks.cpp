#include "load/checks.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "gunflint/base/units.hpp"
#include "load/ascii.hpp"
#include "load/response.hpp"

namespace gunflint {
namespace {

/// A text of the server's or the user's within a sentence: on one line and not too long.
std::string quoted(std::string_view text) {
  constexpr std::size_t longest = 60;
  std::string shown;
  for (const char c : text.substr(0, longest)) shown += is_control(c) || c == '\t' ? ' ' : c;
  if (text.size() > longest) {
    // Not in the middle of a character.
    while (!shown.empty() && (static_cast<unsigned char>(text[shown.size()]) & 0xc0) == 0x80)
      shown.pop_back();
    shown += "…";
  }
  return fmt::format("`{}`", shown);
}

/// Failures can be as many as answers: words are made only for who asks.
template <class F>
ErrorClass check_failed(std::string* why, F words) {
  if (why) *why = words();
  return ErrorClass::Check;
}

std::string slower(Duration took, Duration most) {
  // Three digits are for people; where they make both the same, all of them are.
  const bool same = human(took) == human(most);
  return fmt::format("took {}, more than {}", same ? print(took) : human(took),
                     same ? print(most) : human(most));
}

}  // namespace

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
                                         Duration latency, std::string* why) const {
  if (!status_allowed(status)) {
    const auto failed = check_failed(why, [&] { return fmt::format("status {}", status); });
    return status >= 500 ? ErrorClass::Http5xx : status >= 400 ? ErrorClass::Http4xx : failed;
  }
  for (const auto& text : contains_)
    if (body.find(text) == body.npos)
      return check_failed(
          why, [&] { return fmt::format("the body does not contain {}", quoted(text)); });
  for (const auto& pattern : matches_)
    if (!pattern.found_in(body))
      return check_failed(why, [&] {
        return fmt::format("nothing in the body matches {}", quoted(pattern.text()));
      });
  for (const auto& [name, text] : headers_) {
    bool found = false;
    const auto value = ResponseParser::find_header(head, name, found);
    if (!found)
      return check_failed(
          why, [&name = name] { return fmt::format("the header {} is missing", quoted(name)); });
    if (value.find(text) == value.npos)
      return check_failed(why, [&, &name = name, &text = text] {
        return fmt::format("the header {} is {} and does not contain {}", quoted(name),
                           quoted(value), quoted(text));
      });
  }
  if (latency_ && latency > *latency_)
    return check_failed(why, [&] { return slower(latency, *latency_); });
  return std::nullopt;
}

}  // namespace gunflint
