#pragma once
/// What a setting shall become: `8`, `on`, or `50% of current`.

#include <optional>
#include <string>

#include "gunflint/base/fields.hpp"

namespace gunflint {

struct Setpoint {
  std::string text;            ///< as written
  std::optional<Share> share;  ///< of the present value
};

/// The value to set where `current` is now, of the same kind (JSON number, text, boolean). A share
/// rounds down to a whole number, at least 1, and keeps a unit: half of "512M" is "256M".
Result<Value> resolve(const Setpoint& setpoint, const Value& current);

/// A setting's value for people and for files: `8`, not `"8"`.
std::string spelled(const Value& value);
/// The number in front of its unit, if there is one.
std::optional<double> number_in(const Value& value);

template <>
struct Codec<Setpoint> {
  static bool read(const Value&, Setpoint& out, Reader&);
  static Value write(const Setpoint& v) { return Value(v.text); }
  static Shape shape();
};

}  // namespace gunflint
