#pragma once
/// Small syntaxes that several parts of the language share. Structs whose keys are not their
/// members one by one are read through a "wire" struct, declared with Fields in their .cpp, and
/// converted.

#include <algorithm>
#include <string>
#include <vector>

#include "gunflint/base/fields.hpp"

namespace gunflint::wire {

/// One value, or a list of them. Written as one when there is one.
template <class T>
struct OneOrMany {
  std::vector<T> all;
  bool operator==(const OneOrMany&) const = default;
};

template <class T>
struct Named {
  std::vector<T> all;
};

}  // namespace gunflint::wire

namespace gunflint {

template <class T>
struct Codec<wire::OneOrMany<T>> {
  static bool read(const Value& v, wire::OneOrMany<T>& out, Reader& r) {
    if (v.is_list()) return Codec<std::vector<T>>::read(v, out.all, r);
    out.all.clear();
    return Codec<T>::read(v, out.all.emplace_back(), r);
  }
  static Value write(const wire::OneOrMany<T>& v) {
    return v.all.size() == 1 ? Codec<T>::write(v.all[0]) : Codec<std::vector<T>>::write(v.all);
  }
  static Shape shape() {
    return {.kind = Shape::Kind::OneOf, .of = {Codec<T>::shape(), Codec<std::vector<T>>::shape()}};
  }
};

/// `file:line:column` of the original file, carried through journals for reports.
template <>
struct Codec<Mark> {
  static bool read(const Value&, Mark& out, Reader&);
  static Value write(const Mark&);
  static Shape shape() { return {.kind = Shape::Kind::Text}; }
};

/// Things listed under their names, in the order of the file: `targets: { web: … }`. T has `name`
/// and `mark`.
template <class T>
struct Codec<wire::Named<T>> {
  static bool read(const Value& v, wire::Named<T>& out, Reader& r) {
    if (!detail::expect_map(v, r) || is_unnamed(v, r)) return false;
    bool ok = true;
    for (const auto& entry : v.entries()) {
      auto scope = r.in(entry.key);
      T item{};
      if (const auto* named = entry.value.find_entry("name"))
        r.problem(named->mark, "E102", "unknown key `name`", "the key above is the name"),
            ok = false;
      ok &= Codec<T>::read(entry.value, item, r);
      item.name = entry.key;
      if (entry.mark) item.mark = entry.mark;
      out.all.push_back(std::move(item));
    }
    return ok;
  }
  /// One thing written where things by their names are expected: told once, not for each of its
  /// keys.
  static bool is_unnamed(const Value& v, Reader& r) {
    const Shape shape = Codec<T>::shape();
    for (const auto& entry : v.entries()) {
      const bool of_a_thing =
          entry.key == "name" || std::any_of(shape.members.begin(), shape.members.end(),
                                             [&](const auto& m) { return m.name == entry.key; });
      if (!of_a_thing || entry.value.is_map()) continue;
      const std::string section = r.path().substr(r.path().rfind('.') + 1);
      r.problem(entry.mark, "E101", "`" + entry.key + "` stands where a name is expected",
                "name it: `" + section + ": { NAME: { " + entry.key + ": … } }`");
      return true;
    }
    return false;
  }
  static Value write(const wire::Named<T>& v) {
    Value map = Value::map();
    for (const T& item : v.all) {
      Value written = Codec<T>::write(item);
      std::erase_if(written.entries(), [](const auto& e) { return e.key == "name"; });
      map.set(item.name, std::move(written));
    }
    return map;
  }
  static Shape shape() { return {.kind = Shape::Kind::Map, .of = {Codec<T>::shape()}}; }
};

}  // namespace gunflint

namespace gunflint::wire {
/// Where a thing stands in this file, or where its journal says it stood.
Mark mark_of(const Value& value, const Mark& journal);

/// Splits a map by its keys: entries named in `names` and the others.
struct Parts {
  Value named = Value::map(), others = Value::map();
};
Parts split(const Value& map, const std::vector<std::string>& names);
/// Appends the entries of `from` to `to`.
void append(Value& to, const Value& from);
/// Appends the members of `from` to `to`.
void append(Shape& to, const Shape& from);

/// Adds problem E120 unless exactly one (`least` 1) or at most one (`least` 0) of `keys` is present
/// in `map`.
bool exactly_one(const Value& map, std::initializer_list<const char*> keys, int least, Reader& r);
}  // namespace gunflint::wire
