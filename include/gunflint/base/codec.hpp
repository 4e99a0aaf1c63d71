#pragma once
/// How C++ types are read from documents, written to them and described.

#include <array>
#include <cmath>
#include <concepts>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "gunflint/base/problem.hpp"
#include "gunflint/base/shape.hpp"
#include "gunflint/base/units.hpp"
#include "gunflint/base/value.hpp"

namespace gunflint {

/// How a C++ type is read, written and described. Specialise `Codec<T>` for types with a syntax of
/// their own; structs with `fields()` and enums with `Names<E>` have theirs already.
template <class T>
struct Codec;

/// Enum spelling: `template <> struct Names<Across> { static constexpr std::array
/// table{std::pair{Across::Mean, "mean"}, …}; };`
template <class E>
struct Names;
template <class E>
concept HasNames = std::is_enum_v<E> && requires {
  Names<E>::table;
};

template <HasNames E>
std::string_view name_of(E value) {
  for (const auto& [e, name] : Names<E>::table)
    if (e == value) return name;
  return "?";
}

/// Reads `value` into `out`; false (with at least one problem in `reader`) if it does not fit.
template <class T>
bool decode(const Value& value, T& out, Reader& reader) {
  return Codec<T>::read(value, out, reader);
}
/// Decodes a machine-made document (journal, protocol, ledger): the first problem as an Error.
template <class T>
Result<T> decode(const Value& value);
template <class T>
Value encode(const T& value) {
  return Codec<T>::write(value);
}
template <class T>
Shape shape_of() {
  return Codec<T>::shape();
}
namespace detail {
/// Shared, not templated: reports unknown keys. Returns true if there was none.
bool check_keys(const Value& map, const std::vector<std::string>& known, Reader& reader);
bool expect_map(const Value& value, Reader& reader);
bool report(Reader& reader, const Mark& where, const Error& error);
bool wrong_kind(Reader& reader, const Value& value, std::string_view wanted,
                std::string suggestion = {});
bool missing(Reader& reader, const Value& map, const std::string& name);
std::string spelled_default(const Value& value);
bool out_of_range(Reader& reader, const Value& value, const std::string& name,
                  const std::optional<std::string>& least, const std::optional<std::string>& most);
bool broken_rule(Reader& reader, const Value& value, std::string sentence);
bool read_integer(const Value&, std::int64_t& out, std::int64_t least, std::int64_t most, Reader&);
bool read_unsigned(const Value&, std::uint64_t& out, std::uint64_t most, Reader&);
bool read_number(const Value&, double& out, Reader&);
bool read_bool(const Value&, bool& out, Reader&);
bool read_text(const Value&, std::string& out, Reader&);
bool unknown_name(Reader&, const Value&, const std::vector<std::string>& names);
}  // namespace detail

// ---- codecs of the basic types ---------------------------------------------------------------

template <std::signed_integral I>
requires(!std::same_as<I, char>) struct Codec<I> {
  static bool read(const Value& v, I& out, Reader& r) {
    std::int64_t wide = 0;
    if (!detail::read_integer(v, wide, std::numeric_limits<I>::min(), std::numeric_limits<I>::max(),
                              r))
      return false;
    out = static_cast<I>(wide);
    return true;
  }
  static Value write(I v) { return Value(static_cast<std::int64_t>(v)); }
  static Shape shape() { return {.kind = Shape::Kind::Integer}; }
};
template <std::unsigned_integral U>
requires(!std::same_as<U, bool>) struct Codec<U> {
  static bool read(const Value& v, U& out, Reader& r) {
    std::uint64_t wide = 0;
    if (!detail::read_unsigned(v, wide, std::numeric_limits<U>::max(), r)) return false;
    out = static_cast<U>(wide);
    return true;
  }
  /// Above 2^63 the stored integer wraps and unwraps exactly.
  static Value write(U v) { return Value(static_cast<std::int64_t>(v)); }
  static Shape shape() { return {.kind = Shape::Kind::Integer, .least = 0.0}; }
};
template <>
struct Codec<double> {
  static bool read(const Value& v, double& out, Reader& r) {
    return detail::read_number(v, out, r);
  }
  static Value write(double v) { return Value(v); }
  static Shape shape() { return {.kind = Shape::Kind::Number}; }
};
template <>
struct Codec<bool> {
  static bool read(const Value& v, bool& out, Reader& r) { return detail::read_bool(v, out, r); }
  static Value write(bool v) { return Value(v); }
  static Shape shape() { return {.kind = Shape::Kind::Boolean}; }
};
template <>
struct Codec<std::string> {
  static bool read(const Value& v, std::string& out, Reader& r) {
    return detail::read_text(v, out, r);
  }
  static Value write(const std::string& v) { return Value(v); }
  static Shape shape() { return {.kind = Shape::Kind::Text}; }
};
/// Any document, taken as it stands.
template <>
struct Codec<Value> {
  static bool read(const Value& v, Value& out, Reader&) {
    out = v;
    return true;
  }
  static Value write(const Value& v) { return v; }
  static Shape shape() { return {.kind = Shape::Kind::Any}; }
};
/// Durations are written as text ("1m30s"); the journal's own times use integers of nanoseconds.
template <>
struct Codec<Duration> {
  static bool read(const Value&, Duration& out, Reader&);
  static Value write(Duration v) { return Value(print(v)); }
  static Shape shape() { return {.kind = Shape::Kind::Duration}; }
};
template <>
struct Codec<Rate> {
  static bool read(const Value&, Rate& out, Reader&);
  static Value write(Rate v) { return Value(print(v)); }
  static Shape shape() { return {.kind = Shape::Kind::Rate}; }
};
template <>
struct Codec<Share> {
  static bool read(const Value&, Share& out, Reader&);
  static Value write(Share v) { return Value(print(v)); }
  static Shape shape() { return {.kind = Shape::Kind::Share}; }
};
template <>
struct Codec<Bytes> {
  static bool read(const Value&, Bytes& out, Reader&);
  static Value write(Bytes v) { return Value(print(v)); }
  static Shape shape() { return {.kind = Shape::Kind::Bytes}; }
};

template <HasNames E>
struct Codec<E> {
  static std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const auto& [e, name] : Names<E>::table) all.emplace_back(name);
    return all;
  }
  static bool read(const Value& v, E& out, Reader& r) {
    if (v.is_text())
      for (const auto& [e, name] : Names<E>::table)
        if (v.text() == name) {
          out = e;
          return true;
        }
    return detail::unknown_name(r, v, names());
  }
  static Value write(E v) { return Value(std::string(name_of(v))); }
  static Shape shape() { return {.kind = Shape::Kind::Enum, .names = names()}; }
};

template <class T>
struct Codec<std::optional<T>> {
  static bool read(const Value& v, std::optional<T>& out, Reader& r) {
    T inner{};
    if (!Codec<T>::read(v, inner, r)) return false;
    out = std::move(inner);
    return true;
  }
  static Value write(const std::optional<T>& v) { return v ? Codec<T>::write(*v) : Value(); }
  static Shape shape() { return Codec<T>::shape(); }
};
/// A list; a single value is accepted where a list of one is meant only if the type says so itself.
template <class T>
struct Codec<std::vector<T>> {
  static bool read(const Value& v, std::vector<T>& out, Reader& r) {
    if (!v.is_list()) return detail::wrong_kind(r, v, "a list");
    bool ok = true;
    out.clear();
    out.reserve(v.items().size());
    for (std::size_t i = 0; i < v.items().size(); ++i) {
      auto scope = r.in(i);
      T item{};
      ok &= Codec<T>::read(v.items()[i], item, r);
      out.push_back(std::move(item));
    }
    return ok;
  }
  static Value write(const std::vector<T>& v) {
    Value list = Value::list();
    for (const auto& item : v) list.push(Codec<T>::write(item));
    return list;
  }
  static Shape shape() { return {.kind = Shape::Kind::List, .of = {Codec<T>::shape()}}; }
};
template <class T>
struct Codec<std::map<std::string, T>> {
  static bool read(const Value& v, std::map<std::string, T>& out, Reader& r) {
    if (!detail::expect_map(v, r)) return false;
    bool ok = true;
    out.clear();
    for (const auto& entry : v.entries()) {
      auto scope = r.in(entry.key);
      ok &= Codec<T>::read(entry.value, out[entry.key], r);
    }
    return ok;
  }
  static Value write(const std::map<std::string, T>& v) {
    Value map = Value::map();
    for (const auto& [key, item] : v) map.set(key, Codec<T>::write(item));
    return map;
  }
  static Shape shape() { return {.kind = Shape::Kind::Map, .of = {Codec<T>::shape()}}; }
};
template <class T>
Result<T> decode(const Value& value) {
  Reader reader;
  T out{};
  if (Codec<T>::read(value, out, reader)) return out;
  const Problem& first = reader.problems().front();
  return fail(Error{Cause::BadInput,
                    first.path.empty() ? first.sentence : first.path + ": " + first.sentence,
                    first.where ? std::optional(first.where) : std::nullopt});
}

constexpr Share operator""_pct(unsigned long long percent) {
  return Share{static_cast<double>(percent) / 100.0};
}

}  // namespace gunflint
