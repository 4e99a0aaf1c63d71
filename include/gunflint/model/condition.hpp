#pragma once
/// A condition starts with the name of a metric: `p95 < 400ms`, `ready == desired`,
/// `value between 2 and 4`, `p95 < 120% of baseline`, `body contains ok`.

#include <array>
#include <optional>
#include <string>

#include "gunflint/base/fields.hpp"

namespace gunflint {

enum class Comparison {
  Less,
  LessEqual,
  Greater,
  GreaterEqual,
  Equal,
  NotEqual,
  Between,
  Contains
};
template <>
struct Names<Comparison> {
  static constexpr std::array table{
      std::pair{Comparison::Less, "<"},          std::pair{Comparison::LessEqual, "<="},
      std::pair{Comparison::Greater, ">"},       std::pair{Comparison::GreaterEqual, ">="},
      std::pair{Comparison::Equal, "=="},        std::pair{Comparison::NotEqual, "!="},
      std::pair{Comparison::Between, "between"}, std::pair{Comparison::Contains, "contains"}};
};

/// What a number counts. Values are held in the base unit: seconds, shares of one, bytes, per
/// second.
enum class Unit { None, Seconds, Share, PerSecond, Bytes };

struct Quantity {
  double value = 0;
  Unit unit = Unit::None;
  std::string text;  ///< as written
};

struct Condition {
  std::string metric;  ///< "p95", "error_rate", "ready", "value", "status", "body", …
  Comparison comparison = Comparison::Less;
  Quantity limit;            ///< for Between: the lower end
  Quantity upper;            ///< only for Between
  bool of_baseline = false;  ///< `limit` is a share of the baseline of the same value
  std::string
      other_metric;    ///< right side is another metric of the same source (`ready == desired`)
  std::string needle;  ///< only for Contains, and for == / != with a text
  std::string text;    ///< as written
  Mark mark;

  /// Compares numbers. `right` is the value of `other_metric` or the baseline when one is needed.
  bool holds(double left, double right = 0) const;
  bool holds(const std::string& left) const;
};

/// Parses one condition. Units are recognised from the limit; whether the metric fits its source is
/// for the caller to say. Errors carry a fix after "; ".
Result<Condition> parse_condition(const std::string& text, const Mark& mark);

/// A condition's value printed with the limit's unit: (0.412, p95 < 400ms) -> "412ms".
std::string print_like(double value, const Condition& condition);

template <>
struct Codec<Condition> {
  static bool read(const Value&, Condition& out, Reader&);
  static Value write(const Condition& c) { return Value(c.text); }
  static Shape shape();
};

}  // namespace gunflint
