#pragma once
/// A YAML or JSON document as plain data. Every node that came from a file remembers where.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gunflint/base/result.hpp"

namespace gunflint {

/// YAML scalars are kept as text exactly as written (`plain` tells an unquoted one); what they mean
/// is decided by the field that reads them. JSON scalars have their own kinds.
class Value {
 public:
  struct Entry;
  using List = std::vector<Value>;
  using Map = std::vector<Entry>;  ///< in document order; keys are unique

  Value() = default;
  // Defined below Entry: a list of entries must be complete where a Value is made or compared.
  Value(bool b);
  Value(int n);
  Value(unsigned n);
  Value(std::int64_t n);
  Value(std::uint64_t n);
  Value(double n);
  Value(std::string text);
  Value(std::string_view text);
  Value(const char* text);
  Value(List list);
  Value(Map map);
  static Value list();
  static Value map();

  bool is_null() const { return std::holds_alternative<std::monostate>(data_); }
  bool is_bool() const { return std::holds_alternative<bool>(data_); }
  bool is_integer() const { return std::holds_alternative<std::int64_t>(data_); }
  bool is_number() const { return is_integer() || std::holds_alternative<double>(data_); }
  bool is_text() const { return std::holds_alternative<std::string>(data_); }
  bool is_list() const { return std::holds_alternative<List>(data_); }
  bool is_map() const { return std::holds_alternative<Map>(data_); }
  /// "a list", "a text", … for messages.
  std::string_view kind_name() const;

  /// Precondition of each: the kind is right.
  bool boolean() const { return std::get<bool>(data_); }
  std::int64_t integer() const { return std::get<std::int64_t>(data_); }
  double number() const {
    return is_integer() ? static_cast<double>(integer()) : std::get<double>(data_);
  }
  const std::string& text() const { return std::get<std::string>(data_); }
  const List& items() const { return std::get<List>(data_); }
  List& items() { return std::get<List>(data_); }
  const Map& entries() const { return std::get<Map>(data_); }
  Map& entries() { return std::get<Map>(data_); }

  /// The entry's value, or nullptr (also when this is no map).
  const Value* find(std::string_view key) const;
  Value* find(std::string_view key);
  const Entry* find_entry(std::string_view key) const;
  /// Sets or replaces; turns Null into a map.
  Value& set(std::string key, Value value);
  void push(Value value);

  /// Reading machine-made documents: the value if present and of the kind, else the fallback.
  std::string text_or(std::string_view key, std::string fallback = {}) const;
  std::int64_t integer_or(std::string_view key, std::int64_t fallback = 0) const;
  double number_or(std::string_view key, double fallback = 0) const;
  bool bool_or(std::string_view key, bool fallback = false) const;

  Mark mark;           ///< of the value itself (for a map: of its first key)
  bool plain = false;  ///< an unquoted YAML scalar

  /// Same data; marks and plainness do not count.
  friend bool operator==(const Value& a, const Value& b);

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, List, Map> data_;
};

struct Value::Entry {
  std::string key;
  Value value;
  Mark mark{};  ///< of the key
  friend bool operator==(const Entry& a, const Entry& b) {
    return a.key == b.key && a.value == b.value;
  }
};

inline Value::Value(bool b) : data_(b) {}
inline Value::Value(int n) : data_(static_cast<std::int64_t>(n)) {}
inline Value::Value(unsigned n) : data_(static_cast<std::int64_t>(n)) {}
inline Value::Value(std::int64_t n) : data_(n) {}
inline Value::Value(std::uint64_t n) : data_(static_cast<std::int64_t>(n)) {}
inline Value::Value(double n) : data_(n) {}
inline Value::Value(std::string text) : data_(std::move(text)) {}
inline Value::Value(std::string_view text) : data_(std::string(text)) {}
inline Value::Value(const char* text) : data_(std::string(text)) {}
inline Value::Value(List list) : data_(std::move(list)) {}
inline Value::Value(Map map) : data_(std::move(map)) {}
inline Value Value::list() { return Value(List{}); }
inline Value Value::map() { return Value(Map{}); }
inline bool operator==(const Value& a, const Value& b) { return a.data_ == b.data_; }

/// A YAML document as JSON data: plain scalars become null, booleans (true/false only), integers
/// and numbers as in the YAML 1.2 core schema; quoted ones stay text.
Value resolve_plain(const Value& value);

/// JSON text. Depth at most 64. Duplicate keys: the last one wins (machine-made documents).
Result<Value> parse_json(std::string_view text);
/// One line, no spaces after `:` or `,`. NaN and infinities are written as null.
std::string to_json(const Value& value);
std::string to_json_pretty(const Value& value);

}  // namespace gunflint
