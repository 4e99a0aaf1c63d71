#include "gunflint/base/value.hpp"

#include <charconv>
#include <cmath>

namespace gunflint {

std::string_view Value::kind_name() const {
  if (is_null()) return "nothing";
  if (is_bool()) return "true or false";
  if (is_number()) return "a number";
  if (is_text()) return "a text";
  if (is_list()) return "a list";
  return "a map";
}

const Value::Entry* Value::find_entry(std::string_view key) const {
  if (!is_map()) return nullptr;
  for (const auto& entry : entries())
    if (entry.key == key) return &entry;
  return nullptr;
}
const Value* Value::find(std::string_view key) const {
  const Entry* entry = find_entry(key);
  return entry ? &entry->value : nullptr;
}
Value* Value::find(std::string_view key) {
  return const_cast<Value*>(static_cast<const Value*>(this)->find(key));
}

Value& Value::set(std::string key, Value value) {
  if (is_null()) data_ = Map{};
  if (Value* present = find(key)) return *present = std::move(value);
  entries().push_back(Entry{std::move(key), std::move(value)});
  return entries().back().value;
}
void Value::push(Value value) {
  if (is_null()) data_ = List{};
  items().push_back(std::move(value));
}

std::string Value::text_or(std::string_view key, std::string fallback) const {
  const Value* v = find(key);
  return v && v->is_text() ? v->text() : std::move(fallback);
}
std::int64_t Value::integer_or(std::string_view key, std::int64_t fallback) const {
  const Value* v = find(key);
  return v && v->is_integer() ? v->integer() : fallback;
}
double Value::number_or(std::string_view key, double fallback) const {
  const Value* v = find(key);
  return v && v->is_number() ? v->number() : fallback;
}
bool Value::bool_or(std::string_view key, bool fallback) const {
  const Value* v = find(key);
  return v && v->is_bool() ? v->boolean() : fallback;
}

namespace {
Value resolved_scalar(const std::string& text) {
  if (text.empty() || text == "null" || text == "~" || text == "Null" || text == "NULL") return {};
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  const char* begin = text.data() + (text[0] == '+' ? 1 : 0);
  const char* end = text.data() + text.size();
  std::int64_t integer = 0;
  if (auto [at, error] = std::from_chars(begin, end, integer); error == std::errc() && at == end)
    return integer;
  double number = 0;
  const bool numeric = (*begin >= '0' && *begin <= '9') || *begin == '-' || *begin == '.';
  if (auto [at, error] = std::from_chars(begin, end, number);
      numeric && error == std::errc() && at == end && std::isfinite(number))
    return number;
  return text;
}
}  // namespace

Value resolve_plain(const Value& value) {
  Value out;
  if (value.is_text() && value.plain) {
    out = resolved_scalar(value.text());
  } else if (value.is_list()) {
    out = Value::list();
    for (const auto& item : value.items()) out.push(resolve_plain(item));
  } else if (value.is_map()) {
    out = Value::map();
    for (const auto& entry : value.entries())
      out.entries().push_back({entry.key, resolve_plain(entry.value), entry.mark});
  } else {
    out = value;
  }
  out.mark = value.mark;
  out.plain = false;
  return out;
}

}  // namespace gunflint
