#pragma once
/// A text with ${name} in it, compiled once and filled for every user.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gunflint/base/result.hpp"

namespace gunflint {

/// What a filled-in value must not break out of.
enum class Escape {
  None,
  Target,  ///< percent-encodes blanks, control characters, `#` and what is not ASCII
  Header,  ///< removes CR, LF and NUL
  Json,    ///< inside a JSON text
  Form     ///< application/x-www-form-urlencoded
};

class Text {
 public:
  Text() = default;
  /// `variables`: what earlier steps extract; a variable's index there is its slot. `whose` begins
  /// the error: "step `cart` of journey `buy`".
  static Result<Text> compile(std::string_view text, const std::vector<std::string>& variables,
                              const std::string& whose);

  bool constant() const { return pieces_.empty(); }
  /// Appends; a slot without a value adds nothing.
  void fill(std::string& out, const std::vector<std::string>& values, Escape escape) const;

 private:
  std::string start_;                                        ///< literal before the first variable
  std::vector<std::pair<std::size_t, std::string>> pieces_;  ///< slot, then literal
};

void append_escaped(std::string& out, std::string_view value, Escape escape);

}  // namespace gunflint
