#include "gunflint/base/fields.hpp"

#include <charconv>

#include <fmt/format.h>

namespace gunflint {
namespace {

/// Numbers of JSON, or plain scalars of YAML that are one.
template <class N>
std::optional<N> plain_number(const std::string& text) {
  N number{};
  const char* begin = text.data() + (!text.empty() && text[0] == '+' ? 1 : 0);
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string described(const Value& v) {
  if (v.is_text()) return fmt::format("`{}`", v.text().substr(0, 60));
  if (v.is_bool()) return v.boolean() ? "`true`" : "`false`";
  if (v.is_number()) return fmt::format("`{}`", print_number(v.number()));
  return std::string(v.kind_name());
}

/// What a person could write for something that is missing; empty when its kind says too little.
std::string written_example(const Shape& shape) {
  switch (shape.kind) {
    case Shape::Kind::Integer:
      return print_number(shape.least.value_or(1));
    case Shape::Kind::Text:
      return shape.title == "a condition" ? "p95 < 400ms" : "";
    case Shape::Kind::List:
      return "[ … ]";
    default:
      return usual_value(shape);
  }
}

/// A key that only machines write is accepted, and suggested to nobody.
bool check_known(const Value& map, const std::vector<std::string>& accepted,
                 const std::vector<std::string>& shown, Reader& reader) {
  bool ok = true;
  for (const auto& entry : map.entries()) {
    if (std::find(accepted.begin(), accepted.end(), entry.key) != accepted.end()) continue;
    ok = false;
    auto scope = reader.in(entry.key);
    if (reader.on_unknown_key && reader.on_unknown_key(reader, entry.key, entry.mark, shown))
      continue;
    const std::string near = nearest(entry.key, shown);
    reader.problem(entry.mark, "E102", fmt::format("unknown key `{}`", entry.key),
                   near.empty() ? fmt::format("known here: {}", listed(shown, "and"))
                                : fmt::format("did you mean `{}`?", near));
  }
  return ok;
}

template <class Q, class Parse>
bool read_quantity(const Value& v, Q& out, Reader& r, std::string_view wanted, Parse parse) {
  std::string text;
  if (v.is_text())
    text = v.text();
  else if (v.is_number())
    text = print_number(v.number());
  else
    return detail::wrong_kind(r, v, wanted);
  auto parsed = parse(text);
  if (!parsed) return detail::report(r, v.mark, parsed.error());
  out = *parsed;
  return true;
}

}  // namespace

namespace detail {

std::string spelled_default(const Value& value) {
  if (value.is_null()) return {};
  if (value.is_text()) return value.text();
  if ((value.is_list() && value.items().empty()) || (value.is_map() && value.entries().empty()))
    return {};
  if (value.is_number()) return print_number(value.number());
  return to_json(value);
}

std::vector<std::string> FieldSet::names() const {
  std::vector<std::string> names;
  for (const auto& f : fields_)
    if (!f->is_extra) names.push_back(f->name);
  return names;
}

Shape FieldSet::shape() const {
  Shape shape{.kind = Shape::Kind::Struct};
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const AnyField& f = *fields_[i];
    if (!f.is_extra)
      shape.members.push_back({f.name, f.help, f.shape(), f.is_required,
                               f.is_required ? std::string() : spelled_default(defaults_[i])});
  }
  return shape;
}

void FieldSet::finish(const void* defaults) {
  for (const auto& f : fields_)
    defaults_.push_back(f->write(static_cast<const char*>(defaults) + f->offset));
}

bool FieldSet::read(const Value& value, void* out, Reader& reader,
                    const std::vector<std::string>& also_known) const {
  if (!expect_map(value, reader)) return false;
  std::vector<std::string> accepted = also_known, shown = also_known;
  for (const auto& f : fields_) {
    accepted.push_back(f->name);
    if (!f->is_extra) shown.push_back(f->name);
  }
  bool ok = check_known(value, accepted, shown, reader);
  for (const auto& f : fields_) {
    const Value* present = value.find(f->name);
    if (!present) {
      if (!f->is_required) continue;
      ok = false;
      const std::string example = written_example(f->shape());
      reader.problem(value.mark, "E103", fmt::format("`{}` is missing", f->name),
                     fmt::format("add `{}: {}`", f->name, example.empty() ? "…" : example));
      continue;
    }
    auto scope = reader.in(f->name);
    ok &= f->read(*present, static_cast<char*>(out) + f->offset, reader);
  }
  return ok;
}

Value FieldSet::write(const void* value) const {
  Value map = Value::map();
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const AnyField& f = *fields_[i];
    Value written = f.write(static_cast<const char*>(value) + f.offset);
    if (f.is_required || !(written == defaults_[i])) map.set(f.name, std::move(written));
  }
  return map;
}

bool check_keys(const Value& map, const std::vector<std::string>& known, Reader& reader) {
  return check_known(map, known, known, reader);
}

bool expect_map(const Value& value, Reader& reader) {
  return value.is_map() || wrong_kind(reader, value, "a map");
}

bool report(Reader& reader, const Mark& where, const Error& error) {
  // "sentence; fix" is split so that the fix stands under the caret.
  const auto at = error.message.find("; ");
  if (at == std::string::npos)
    reader.problem(where, "E105", error.message);
  else
    reader.problem(where, "E105", error.message.substr(0, at), error.message.substr(at + 2));
  return false;
}

bool wrong_kind(Reader& reader, const Value& value, std::string_view wanted,
                std::string suggestion) {
  if (suggestion.empty() && wanted == "a list" && value.is_text())
    suggestion = fmt::format("write `[ {} ]`", value.text().substr(0, 60));
  reader.problem(value.mark, "E101", fmt::format("expected {}, found {}", wanted, described(value)),
                 std::move(suggestion));
  return false;
}

bool missing(Reader& reader, const Value& map, const std::string& name) {
  reader.problem(map.mark, "E103", fmt::format("`{}` is missing", name));
  return false;
}

bool out_of_range(Reader& reader, const Value& value, const std::string& name,
                  const std::optional<std::string>& least, const std::optional<std::string>& most) {
  const std::string range = least && most ? fmt::format("from {} to {}", *least, *most)
                            : least       ? fmt::format("at least {}", *least)
                                          : fmt::format("at most {}", most.value_or("?"));
  reader.problem(value.mark, "E104",
                 fmt::format("`{}` is {}, outside its range", name, described(value)),
                 fmt::format("write a value {}", range));
  return false;
}

bool broken_rule(Reader& reader, const Value& value, std::string sentence) {
  return report(reader, value.mark, Error{Cause::BadInput, std::move(sentence)});
}

bool read_integer(const Value& v, std::int64_t& out, std::int64_t least, std::int64_t most,
                  Reader& r) {
  std::optional<std::int64_t> number;
  if (v.is_integer())
    number = v.integer();
  else if (v.is_text() && v.plain)
    number = plain_number<std::int64_t>(v.text());
  else if (v.is_number() && v.number() == std::floor(v.number()) && std::abs(v.number()) < 9e15)
    number = static_cast<std::int64_t>(v.number());
  if (!number) return wrong_kind(r, v, "a whole number");
  if (*number < least || *number > most)
    return out_of_range(r, v, "number", std::to_string(least), std::to_string(most));
  out = *number;
  return true;
}

bool read_unsigned(const Value& v, std::uint64_t& out, std::uint64_t most, Reader& r) {
  std::optional<std::uint64_t> number;
  if (v.is_integer()) {
    // The full unsigned range travels through machine-made documents as a wrapped integer.
    if (v.integer() >= 0 || most == UINT64_MAX) number = static_cast<std::uint64_t>(v.integer());
  } else if (v.is_text() && v.plain) {
    number = plain_number<std::uint64_t>(v.text());
  }
  if (!number) return wrong_kind(r, v, "a whole number, zero or more");
  if (*number > most) return out_of_range(r, v, "number", "0", std::to_string(most));
  out = *number;
  return true;
}

bool read_number(const Value& v, double& out, Reader& r) {
  std::optional<double> number;
  if (v.is_number())
    number = v.number();
  else if (v.is_null())
    number = std::nan("");  // NaN of a machine-made document
  else if (v.is_text() && v.plain)
    number = plain_number<double>(v.text());
  if (!number) return wrong_kind(r, v, "a number");
  out = *number;
  return true;
}

bool read_bool(const Value& v, bool& out, Reader& r) {
  if (v.is_bool()) {
    out = v.boolean();
    return true;
  }
  if (v.is_text() && v.plain && (v.text() == "true" || v.text() == "false")) {
    out = v.text() == "true";
    return true;
  }
  std::string suggestion;
  if (v.is_text()) {
    const auto& t = v.text();
    if (t == "yes" || t == "on" || t == "True" || t == "TRUE") suggestion = "write `true`";
    if (t == "no" || t == "off" || t == "False" || t == "FALSE") suggestion = "write `false`";
  }
  return wrong_kind(r, v, "`true` or `false`", suggestion);
}

bool read_text(const Value& v, std::string& out, Reader& r) {
  if (!v.is_text()) return wrong_kind(r, v, "a text");
  out = v.text();
  return true;
}

bool unknown_name(Reader& r, const Value& v, const std::vector<std::string>& names) {
  if (!v.is_text()) return wrong_kind(r, v, listed(names));
  const std::string near = nearest(v.text(), names);
  r.problem(v.mark, "E106", fmt::format("`{}` is not one of {}", v.text(), listed(names)),
            near.empty() ? std::string() : fmt::format("did you mean `{}`?", near));
  return false;
}

}  // namespace detail

bool Codec<Duration>::read(const Value& v, Duration& out, Reader& r) {
  return read_quantity(v, out, r, "a duration such as `30s`", parse_duration);
}
bool Codec<Rate>::read(const Value& v, Rate& out, Reader& r) {
  return read_quantity(v, out, r, "a rate such as `50/s`", parse_rate);
}
bool Codec<Share>::read(const Value& v, Share& out, Reader& r) {
  return read_quantity(v, out, r, "a share such as `50%`", parse_share);
}
bool Codec<Bytes>::read(const Value& v, Bytes& out, Reader& r) {
  return read_quantity(v, out, r, "a size such as `512MiB`", parse_bytes);
}

}  // namespace gunflint
