#include "gunflint/model/pattern.hpp"

#include <array>

#include <fmt/format.h>
#include <re2/re2.h>

namespace gunflint {

struct Pattern::Compiled {
  Compiled(std::string text, const re2::RE2::Options& options)
      : written(std::move(text)), re(written, options) {}
  std::string written;
  re2::RE2 re;
};

namespace {
constexpr std::size_t longest_pattern = 4096;

/// Constructs that people bring from Perl-like engines, and what to do instead.
std::string_view advice(re2::RE2::ErrorCode code) {
  switch (code) {
    case re2::RE2::ErrorBadPerlOp:
    case re2::RE2::ErrorBadEscape:
      return "look-around and back references do not exist in RE2; write what shall match";
    case re2::RE2::ErrorMissingParen:
      return "close every `(`, or write `\\(` for the character";
    case re2::RE2::ErrorMissingBracket:
      return "close every `[`, or write `\\[` for the character";
    case re2::RE2::ErrorRepeatArgument:
    case re2::RE2::ErrorRepeatOp:
    case re2::RE2::ErrorRepeatSize:
      return "put something before `*`, `+` or `?`, or write `\\*` for the character";
    default:
      return "see the RE2 syntax";
  }
}
}  // namespace

Result<Pattern> Pattern::compile(std::string_view text) {
  if (text.size() > longest_pattern)
    return fail(Cause::BadInput, fmt::format("the regular expression has {} characters; at most {} "
                                             "are allowed",
                                             text.size(), longest_pattern));
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(4 << 20);
  auto compiled = std::make_shared<const Compiled>(std::string(text), options);
  if (!compiled->re.ok())
    return fail(Cause::BadInput,
                fmt::format("`{}` is no regular expression ({}); {}", text, compiled->re.error(),
                            advice(compiled->re.error_code())));
  Pattern pattern;
  pattern.compiled_ = std::move(compiled);
  return pattern;
}

bool Pattern::found_in(std::string_view text) const {
  return compiled_->re.Match({text.data(), text.size()}, 0, text.size(), re2::RE2::UNANCHORED,
                             nullptr, 0);
}

std::optional<std::string_view> Pattern::first_in(std::string_view text) const {
  std::array<re2::StringPiece, 2> found;
  const int wanted = groups() > 0 ? 2 : 1;
  if (!compiled_->re.Match({text.data(), text.size()}, 0, text.size(), re2::RE2::UNANCHORED,
                           found.data(), wanted))
    return std::nullopt;
  const auto& piece = found[static_cast<std::size_t>(wanted - 1)];
  return std::string_view(piece.data(), piece.size());
}

int Pattern::groups() const { return compiled_->re.NumberOfCapturingGroups(); }
const std::string& Pattern::text() const { return compiled_->written; }

}  // namespace gunflint
