#include "gunflint/model/condition.hpp"

#include <cctype>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "model/metrics.hpp"

namespace gunflint {
namespace {

bool is_name_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

std::string_view trim(std::string_view t) {
  while (!t.empty() && (t.front() == ' ' || t.front() == '\t')) t.remove_prefix(1);
  while (!t.empty() && (t.back() == ' ' || t.back() == '\t')) t.remove_suffix(1);
  return t;
}
bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}
Failure bad(std::string message) { return fail(Cause::BadInput, std::move(message)); }

/// Spellings, longest first; the accepted alternatives `=`, `≤`, `≥`, `≠` among them.
std::optional<Comparison> take_comparison(std::string_view& text) {
  struct Spelling {
    std::string_view text;
    Comparison comparison;
  };
  static constexpr std::array spellings{
      Spelling{"<=", Comparison::LessEqual},     Spelling{"≤", Comparison::LessEqual},
      Spelling{">=", Comparison::GreaterEqual},  Spelling{"≥", Comparison::GreaterEqual},
      Spelling{"==", Comparison::Equal},         Spelling{"!=", Comparison::NotEqual},
      Spelling{"≠", Comparison::NotEqual},       Spelling{"<", Comparison::Less},
      Spelling{">", Comparison::Greater},        Spelling{"=", Comparison::Equal},
      Spelling{"between ", Comparison::Between}, Spelling{"contains ", Comparison::Contains}};
  for (const auto& s : spellings)
    if (take(text, s.text)) return s.comparison;
  return std::nullopt;
}

/// Comparisons in English, longest first.
struct Phrase {
  std::string_view words, sign;
};
constexpr std::array phrases{
    Phrase{"is less than ", "<"}, Phrase{"is greater than ", ">"}, Phrase{"is more than ", ">"},
    Phrase{"is below ", "<"},     Phrase{"is above ", ">"},        Phrase{"is at most ", "<="},
    Phrase{"is at least ", ">="}, Phrase{"less than ", "<"},       Phrase{"lower than ", "<"},
    Phrase{"below ", "<"},        Phrase{"under ", "<"},           Phrase{"at most ", "<="},
    Phrase{"up to ", "<="},       Phrase{"greater than ", ">"},    Phrase{"more than ", ">"},
    Phrase{"higher than ", ">"},  Phrase{"above ", ">"},           Phrase{"over ", ">"},
    Phrase{"at least ", ">="},    Phrase{"is not ", "!="},         Phrase{"equals ", "=="},
    Phrase{"is ", "=="},
};

/// "less than 200ms" -> "< 200ms"; empty when it is no comparison in words.
std::string in_signs(std::string_view text) {
  for (const Phrase& phrase : phrases)
    if (std::string_view rest = text; take(rest, phrase.words))
      return fmt::format("{} {}", phrase.sign, trim(rest));
  return {};
}

/// k6's ` < 1500` counts milliseconds.
std::string after_k6_metric(std::string_view text) {
  text = trim(text);
  const std::string_view before = text;
  if (!take_comparison(text)) return "< 400ms";
  const std::string_view sign = before.substr(0, before.size() - text.size());
  std::string limit(trim(text));
  if (limit.empty()) return "< 400ms";
  if (limit.find_first_not_of("0123456789.") == limit.npos) limit += "ms";
  return fmt::format("{} {}", sign, limit);
}

/// The name of the metric at the front; `p(95)` is k6's spelling and gets its fix.
Result<std::string> take_metric(std::string_view& text, std::string_view whole) {
  if (text.starts_with("p(")) {
    const auto close = text.find(')');
    std::string digits(text.substr(2, close == text.npos ? text.npos : close - 2));
    if (const auto dot = digits.find('.'); dot != digits.npos) digits.erase(dot, 1);
    return bad(fmt::format("`p({})` is how k6 writes it; write `p{} {}`",
                           text.substr(2, close == text.npos ? text.npos : close - 2), digits,
                           after_k6_metric(close == text.npos ? "" : text.substr(close + 1))));
  }
  if (const std::string signs = in_signs(text); !signs.empty())
    return bad(
        fmt::format("`{}` does not start with a metric; write for example `p95 {}`", whole, signs));
  std::size_t n = 0;
  while (n < text.size() && is_name_char(text[n])) ++n;
  if (n == 0 || std::isdigit(static_cast<unsigned char>(text[0]))) {
    std::string_view rest = text;
    if (take_comparison(rest))
      return bad(fmt::format("`{}` compares nothing; start with the name of a metric: `value {}`",
                             whole, text));
    return bad(
        fmt::format("`{}` does not start with a metric; write for example `p95 < 400ms`", whole));
  }
  std::string name(text.substr(0, n));
  text.remove_prefix(n);
  return name;
}

Result<Quantity> parse_quantity(std::string_view text, std::string_view whole) {
  Quantity q;
  q.text = std::string(text);
  const bool negative = text.starts_with("-");
  const std::string_view size = negative ? text.substr(1) : text;
  std::size_t n = 0;
  while (n < size.size() && (std::isdigit(static_cast<unsigned char>(size[n])) || size[n] == '.'))
    ++n;
  const std::string_view unit = trim(size.substr(n));
  if (n == 0)
    return bad(
        fmt::format("`{}` is no number in `{}`; write for example `p95 < 400ms`", text, whole));
  if (unit.empty()) {
    const auto [end, error] = std::from_chars(size.data(), size.data() + n, q.value);
    if (error != std::errc() || end != size.data() + n)
      return bad(fmt::format("`{}` is no number", text));
    if (negative) q.value = -q.value;
    return q;
  }
  if (negative) return bad(fmt::format("`{}` is negative; only plain numbers may be", text));
  if (unit == "%") {
    GF_TRY_AS(const Share share, parse_share(size));
    q.value = share.of_one;
    q.unit = Unit::Share;
  } else if (unit.front() == '/' || unit == "rps") {
    GF_TRY_AS(const Rate rate, parse_rate(size));
    q.value = rate.per_second;
    q.unit = Unit::PerSecond;
  } else if (std::string_view("kKMGTB").find(unit.front()) != std::string_view::npos ||
             unit == "mb" || unit == "gb") {
    GF_TRY_AS(const Bytes bytes, parse_bytes(size));
    q.value = static_cast<double>(bytes.count);
    q.unit = Unit::Bytes;
  } else {
    GF_TRY_AS(const Duration duration, parse_duration(size));
    q.value = seconds(duration);
    q.unit = Unit::Seconds;
  }
  return q;
}

Result<void> parse_between(Condition& c, std::string_view right) {
  const auto and_at = right.find(" and ");
  if (and_at == right.npos)
    return bad(fmt::format("`{}` names one end; write `{} between 2 and 4`", c.text, c.metric));
  GF_TRY_AS(c.limit, parse_quantity(trim(right.substr(0, and_at)), c.text));
  GF_TRY_AS(c.upper, parse_quantity(trim(right.substr(and_at + 5)), c.text));
  if (c.limit.unit != c.upper.unit)
    return bad(fmt::format("`{}` and `{}` have different units; give both the same", c.limit.text,
                           c.upper.text));
  if (c.limit.value > c.upper.value)
    return bad(
        fmt::format("`{}` is above `{}`; write the smaller end first", c.limit.text, c.upper.text));
  return {};
}

std::string_view unquoted(std::string_view text) {
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
      text.back() == text.front())
    return text.substr(1, text.size() - 2);
  return text;
}

Result<void> parse_right_side(Condition& c, std::string_view right) {
  const bool equality = c.comparison == Comparison::Equal || c.comparison == Comparison::NotEqual;
  if (c.comparison == Comparison::Contains || (equality && c.metric == "body") ||
      (equality && unquoted(right) != right)) {
    c.needle = std::string(unquoted(right));
    return {};
  }
  if (c.comparison == Comparison::Between) return parse_between(c, right);
  if (equality && right.size() == 3 && std::isdigit(static_cast<unsigned char>(right[0])) &&
      right.substr(1) == "xx") {  // status == 2xx
    if (c.comparison == Comparison::NotEqual)
      return bad(fmt::format("`{}` is not accepted with `!=`; write `{} < 500`", right, c.metric));
    c.comparison = Comparison::Between;
    c.limit.value = 100 * (right[0] - '0');
    c.upper.value = c.limit.value + 99;
    c.limit.text = print_number(c.limit.value);
    c.upper.text = print_number(c.upper.value);
    return {};
  }
  if (right.find(" and ") != right.npos || right.find("&&") != right.npos)
    return bad(fmt::format("`{}` holds two comparisons; make one entry of each", c.text));
  if (const auto at = right.find("baseline"); at != right.npos) {
    std::string_view share = trim(right.substr(0, at));
    if (share.ends_with(" of")) share = trim(share.substr(0, share.size() - 3));
    auto limit = parse_share(share);
    if (!limit || trim(right.substr(at)) != "baseline" || share == trim(right.substr(0, at)))
      return bad(fmt::format("`{}` is no share of the baseline; write `{} < 120% of baseline`",
                             right, c.metric));
    c.of_baseline = true;
    c.limit = Quantity{limit->of_one, Unit::Share, std::string(share)};
    return {};
  }
  if (!right.empty() && !std::isdigit(static_cast<unsigned char>(right[0])) && is_metric(right)) {
    c.other_metric = std::string(right);
    return {};
  }
  GF_TRY_AS(c.limit, parse_quantity(right, c.text));
  return {};
}

bool close(double a, double b) {
  return a == b || std::abs(a - b) <= 1e-9 * std::max(std::abs(a), std::abs(b));
}

}  // namespace

Result<Condition> parse_condition(const std::string& text, const Mark& mark) {
  Condition c;
  c.mark = mark;
  c.text = std::string(trim(text));
  std::string_view left = c.text;
  if (left.empty()) return bad("an empty condition; write for example `p95 < 400ms`");
  GF_TRY_AS(c.metric, take_metric(left, c.text));
  left = trim(left);
  const auto comparison = take_comparison(left);
  if (!comparison) {
    const std::string signs = in_signs(left);
    if (!signs.empty())
      return bad(fmt::format("`{}` compares in words; write `{} {}`", c.text, c.metric, signs));
    return bad(fmt::format("`{}` has no comparison; write for example `{} < 400ms`", c.text,
                           is_metric(c.metric) ? c.metric : "p95"));
  }
  c.comparison = *comparison;
  const std::string_view right = trim(left);
  if (right.empty())
    return bad(fmt::format("`{}` compares with nothing; write for example `{} < 400ms`", c.text,
                           c.metric));
  GF_TRY(parse_right_side(c, right));
  return c;
}

bool Condition::holds(double left, double right) const {
  const double wanted = of_baseline            ? limit.value * right
                        : other_metric.empty() ? limit.value
                                               : right;
  switch (comparison) {
    case Comparison::Less:
      return left < wanted;
    case Comparison::LessEqual:
      return left <= wanted;
    case Comparison::Greater:
      return left > wanted;
    case Comparison::GreaterEqual:
      return left >= wanted;
    case Comparison::Equal:
      return close(left, wanted);
    case Comparison::NotEqual:
      return !close(left, wanted);
    case Comparison::Between:
      return left >= limit.value && left <= upper.value;
    case Comparison::Contains:
      return false;  // a number contains nothing
  }
  return false;
}

bool Condition::holds(const std::string& left) const {
  switch (comparison) {
    case Comparison::Contains:
      return left.find(needle) != left.npos;
    case Comparison::Equal:
      return trim(left) == needle;
    case Comparison::NotEqual:
      return trim(left) != needle;
    default:
      return false;  // texts have no order
  }
}

std::string print_like(double value, const Condition& condition) {
  if (std::isnan(value)) return "unknown";
  Unit unit = condition.of_baseline ? Unit::None : condition.limit.unit;
  if (unit == Unit::None) unit = unit_of_metric(condition.metric);
  // A count of users or drops is a count when the limit is one.
  if (!condition.of_baseline && condition.limit.unit == Unit::None && unit == Unit::Share)
    unit = Unit::None;
  auto short_number = [](double v) {
    if (v == std::round(v) && std::abs(v) < 1e9) return fmt::format("{:.0f}", v);
    return std::abs(v) >= 100 ? fmt::format("{:.0f}", v) : fmt::format("{:.3g}", v);
  };
  switch (unit) {
    case Unit::Seconds:
      return human(from_seconds(value));
    case Unit::Share:
      return short_number(value * 100) + "%";
    case Unit::PerSecond:
      return short_number(value) + "/s";
    case Unit::Bytes: {
      static constexpr std::array names{"B", "KiB", "MiB", "GiB", "TiB"};
      std::size_t i = 0;
      while (std::abs(value) >= 1024 && i + 1 < names.size()) value /= 1024, ++i;
      return short_number(value) + names[i];
    }
    case Unit::None:
      return short_number(value);
  }
  return {};
}

bool Codec<Condition>::read(const Value& v, Condition& out, Reader& r) {
  if (!v.is_text()) return detail::wrong_kind(r, v, "a condition such as `p95 < 400ms`");
  auto parsed = parse_condition(v.text(), v.mark);
  if (!parsed) {
    const std::string& message = parsed.error().message;
    const auto at = message.find("; ");
    r.problem(v.mark, "E121", message.substr(0, at),
              at == message.npos ? std::string() : message.substr(at + 2));
    return false;
  }
  out = std::move(*parsed);
  return true;
}

Shape Codec<Condition>::shape() {
  return {.kind = Shape::Kind::Text,
          .title = "a condition",
          .pattern = "^\\s*[A-Za-z_][A-Za-z0-9_]*\\s*(<=|>=|==|!=|<|>|=|≤|≥|≠|between |contains )"};
}

}  // namespace gunflint
