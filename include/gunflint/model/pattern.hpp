#pragma once
/// A user's regular expression. Matching takes time linear in the text (RE2), so that no file can
/// make a run hang; look-around and back references do not exist.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gunflint/base/result.hpp"

namespace gunflint {

/// Compiled once, cheap to copy, may be used by several threads at once.
class Pattern {
 public:
  /// RE2 syntax. BadInput with a sentence when it is none, or when it is longer than 4 KiB.
  static Result<Pattern> compile(std::string_view text);

  /// True if some part of `text` matches.
  bool found_in(std::string_view text) const;
  /// The first match: its first group, or the whole match when the pattern has no group.
  std::optional<std::string_view> first_in(std::string_view text) const;
  /// Number of capturing groups.
  int groups() const;
  /// As written.
  const std::string& text() const;

 private:
  struct Compiled;
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace gunflint
