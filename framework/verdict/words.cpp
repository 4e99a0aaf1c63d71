#include "verdict/words.hpp"

#include <fmt/format.h>

#include <cmath>

namespace gunflint {

std::string spell_seconds(double s) {
  if (s < 0.05) return "0 s";
  if (s < 9.95 && std::abs(s - std::round(s)) > 0.05) return fmt::format("{:.1f} s", s);
  const long whole = std::lround(s);
  if (whole < 120) return fmt::format("{} s", whole);
  return fmt::format("{}m{:02}s", whole / 60, whole % 60);
}

std::string spell_share(double share) {
  const double value = 100 * share;
  const double distance = std::min(std::abs(value), std::abs(100 - value));
  if (distance > 0 && distance < 0.0005) return value < 50 ? "<0.001 %" : ">99.999 %";
  const int digits = distance == 0    ? 0
                     : distance < 0.1 ? 3
                     : distance < 1   ? 2
                     : distance < 10  ? 1
                                      : 0;
  return fmt::format("{:.{}f} %", value, digits);
}

void place(Finding& finding, const Mark& mark) {
  if (!mark) return;
  finding.file = mark.source->name;
  finding.line = mark.line;
}

bool worse(double a, double b, const Condition& condition) {
  if (std::isnan(a)) return !std::isnan(b);
  if (std::isnan(b)) return false;
  const double limit = condition.limit.value;
  switch (condition.comparison) {
    case Comparison::Less:
    case Comparison::LessEqual:
      return a > b;
    case Comparison::Greater:
    case Comparison::GreaterEqual:
      return a < b;
    case Comparison::NotEqual:
      return std::abs(a - limit) < std::abs(b - limit);
    case Comparison::Between: {
      const double middle = (limit + condition.upper.value) / 2;
      return std::abs(a - middle) > std::abs(b - middle);
    }
    default:
      return std::abs(a - limit) > std::abs(b - limit);
  }
}

std::string counted(long count, const std::string& one, const std::string& many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

}  // namespace gunflint
