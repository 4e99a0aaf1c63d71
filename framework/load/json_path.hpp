#pragma once
/// Where in a JSON document a value stands: `$.items[0].id`, `$['a key'][2]`.

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gunflint/base/result.hpp"

namespace gunflint {

/// Names, quoted names and indexes (negative ones count from the end). Wildcards and filters do
/// not exist.
class JsonPath {
 public:
  struct Name {
    std::string text;    ///< as it is, without any escape
    std::string quoted;  ///< between `"`, as a document spells it that escapes nothing
    /// Printable ASCII of which a document must escape nothing and hardly ever does: the name is
    /// there if and only if `quoted` is, or a `\u`.
    bool plain = true;
  };
  using Part = std::variant<Name, long>;
  /// Documents nest as deep at most, and so no longer path leads anywhere.
  static constexpr std::size_t most_parts = 64;

  /// BadInput with the reason and an example.
  static Result<JsonPath> compile(std::string_view text);
  const std::vector<Part>& parts() const { return parts_; }

 private:
  std::vector<Part> parts_;
};

}  // namespace gunflint
