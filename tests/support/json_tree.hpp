#pragma once
/// A value out of JSON by way of the whole document: slow, and plainly right. find_json must agree.

#include <optional>
#include <string>

#include "gunflint/base/units.hpp"
#include "gunflint/base/value.hpp"
#include "load/json_path.hpp"

namespace gunflint {

/// Nullptr when nothing is there.
inline const Value* find_in_tree(const Value& document, const JsonPath& path) {
  const Value* at = &document;
  for (const auto& part : path.parts()) {
    if (const auto* name = std::get_if<JsonPath::Name>(&part)) {
      at = at->find(name->text);
      if (!at) return nullptr;
      continue;
    }
    if (!at->is_list()) return nullptr;
    const auto size = static_cast<long>(at->items().size());
    long index = std::get<long>(part);
    if (index < 0) index += size;
    if (index < 0 || index >= size) return nullptr;
    at = &at->items()[static_cast<std::size_t>(index)];
  }
  return at;
}

/// As people spell it; nothing for null.
inline std::optional<std::string> spelled(const Value& value) {
  if (value.is_text()) return value.text();
  if (value.is_null()) return std::nullopt;
  if (value.is_integer()) return std::to_string(value.integer());
  if (value.is_number()) return print_number(value.number());
  return to_json(value);
}

}  // namespace gunflint
