#include "common/setpoint.hpp"

#include <charconv>
#include <cmath>

namespace gunflint {
namespace {

constexpr std::string_view of_current = " of current";

struct Measure {
  std::int64_t number = 0;
  std::string unit;
};

/// "512M", "8", "40%"; nothing else, and no decimals.
std::optional<Measure> measure_of(const Value& value) {
  const std::string text = spelled(value);
  Measure measure;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), measure.number);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  measure.unit.assign(end, text.data() + text.size());
  for (const char c : measure.unit)
    if (!std::isalpha(static_cast<unsigned char>(c)) && c != '%') return std::nullopt;
  return measure;
}

std::string shown(const Value& v) { return v.is_null() ? "empty" : "`" + spelled(v) + "`"; }

}  // namespace

std::string spelled(const Value& value) { return value.is_text() ? value.text() : to_json(value); }

std::optional<double> number_in(const Value& value) {
  if (value.is_number()) return value.number();
  const auto measure = measure_of(value);
  if (!measure) return std::nullopt;
  return static_cast<double>(measure->number);
}

Result<Value> resolve(const Setpoint& setpoint, const Value& current) {
  if (setpoint.share) {
    const auto measure = measure_of(current);
    if (!measure || measure->number <= 0)
      return fail(Cause::BadInput, "the present value is " + shown(current) +
                                       ", which has no share; write the new value as a number");
    const double part = std::floor(static_cast<double>(measure->number) * setpoint.share->of_one +
                                   1e-9);  // 30% of 10 is 3, whatever binary fractions say
    const auto whole = static_cast<std::int64_t>(std::max(1.0, part));
    if (current.is_number()) return Value(whole);
    return Value(std::to_string(whole) + measure->unit);
  }
  Value written(setpoint.text);
  written.plain = true;
  if (current.is_text()) return Value(setpoint.text);
  const Value typed = resolve_plain(written);
  if (current.is_number() && !typed.is_number())
    return fail(Cause::BadInput, "the present value is the number " + spelled(current) + ", and `" +
                                     setpoint.text + "` is none; write a number");
  return typed;
}

bool Codec<Setpoint>::read(const Value& v, Setpoint& out, Reader& reader) {
  if (v.is_list() || v.is_map() || v.is_null())
    return detail::wrong_kind(reader, v, "a value", "write `8`, `on` or `50% of current`");
  out.text = spelled(v);
  out.share.reset();
  if (!out.text.ends_with(of_current)) return true;
  const auto share =
      parse_share(std::string_view(out.text).substr(0, out.text.size() - of_current.size()));
  if (!share) return detail::report(reader, v.mark, share.error());
  if (share->of_one <= 0 || share->of_one > 100)
    return detail::report(reader, v.mark,
                          Error{Cause::BadInput, "`" + out.text +
                                                     "` is outside its range; write from 1% to "
                                                     "10000% of current"});
  out.share = *share;
  return true;
}

Shape Codec<Setpoint>::shape() {
  Shape text{.kind = Shape::Kind::Text};
  text.title = "a value, or a share of the present one (`50% of current`)";
  Shape any{.kind = Shape::Kind::OneOf};
  any.title = text.title;
  any.of = {text, Shape{.kind = Shape::Kind::Number}, Shape{.kind = Shape::Kind::Boolean}};
  return any;
}

}  // namespace gunflint
