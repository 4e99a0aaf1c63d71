#pragma once
/// A text with ${name} in it, compiled once and filled for every user.

#include <cstdint>
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

/// Where a variable's value comes from.
struct Slot {
  enum class From : std::uint8_t {
    Extracted,  ///< `index`: which of the journey's variables
    Column,     ///< `index`: column of data set `set`
    Target,     ///< replay: the recorded path and query
    Trace       ///< a fresh `traceparent`
  };
  From from = From::Extracted;
  std::uint16_t set = 0;
  std::uint32_t index = 0;
  bool operator==(const Slot&) const = default;
};

/// The values of one user, at one moment.
class Values {
 public:
  virtual ~Values() = default;
  /// Valid until the next call; empty when there is none.
  virtual std::string_view at(const Slot& slot) const = 0;
};

/// The names that a text may use.
using SlotNames = std::vector<std::pair<std::string, Slot>>;

class Text {
 public:
  Text() = default;
  /// `known`: what earlier steps extract, and the columns of data. `whose` begins the error: "step
  /// `cart` of journey `buy`".
  static Result<Text> compile(std::string_view text, const SlotNames& known,
                              const std::string& whose);
  /// A literal, and then the value of one slot.
  static Text of(std::string literal, const Slot& slot) {
    Text made;
    made.start_ = std::move(literal);
    made.pieces_.emplace_back(slot, "");
    return made;
  }

  bool constant() const { return pieces_.empty(); }
  /// The whole text, when it is constant.
  const std::string& fixed() const { return start_; }
  /// Appends; a slot without a value adds nothing.
  void fill(std::string& out, const Values& values, Escape escape) const;

 private:
  std::string start_;                                 ///< literal before the first variable
  std::vector<std::pair<Slot, std::string>> pieces_;  ///< slot, then literal
};

void append_escaped(std::string& out, std::string_view value, Escape escape);

}  // namespace gunflint
