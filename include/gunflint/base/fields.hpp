#pragma once
/// Declare once. A struct says what its fields are called, mean and allow:
///
///     struct Params { Share share{0.9}; std::optional<int> cores;
///       static Fields<Params> fields() {
///         return {field("share", &Params::share, "Share of each core to keep
///         busy.").between(1_pct, 100_pct),
///                 field("cores", &Params::cores, "How many cores; all when absent.").at_least(1)};
///       } };
///
/// From this come: reading with marked problems (decode), writing (encode: journal, protocol,
/// ledger), the JSON Schema, `gunflint explain` and the reference pages (Shape). A field's default
/// is the member's value in a default-constructed struct; it is never restated.

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "gunflint/base/problem.hpp"
#include "gunflint/base/units.hpp"
#include "gunflint/base/value.hpp"

namespace gunflint {

/// What a value looks like to a reader of the documentation and to a JSON Schema.
struct Shape {
  enum class Kind {
    Any,
    Text,
    Integer,
    Number,
    Boolean,
    Duration,
    Rate,
    Share,
    Bytes,
    Enum,
    List,
    Map,
    Struct,
    OneOf
  };
  Kind kind = Kind::Any;
  std::string title;               ///< a name for prose: "a condition", "a pick"
  std::string pattern;             ///< regular expression for Text, may be empty
  std::vector<std::string> names;  ///< Enum
  std::vector<Shape> of;           ///< List, Map: the element; OneOf: the alternatives
  struct Member;
  std::vector<Member> members;        ///< Struct
  std::optional<double> least, most;  ///< Integer, Number (others: in their natural unit)
  bool open = false;                  ///< Struct: further keys are allowed
};
struct Shape::Member {
  std::string name;
  std::string help;
  Shape shape;
  bool required = false;
  std::string fallback;  ///< default as written in YAML, empty when none
};

/// How a C++ type is read, written and described. Specialise `Codec<T>` for types with a syntax of
/// their own; structs with `fields()` and enums with `Names<E>` have theirs already.
template <class T>
struct Codec;

template <class T>
class Fields;

template <class T>
concept HasFields = requires {
  { T::fields() } -> std::same_as<Fields<T>>;
};

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
template <class M>
struct Plain {
  using type = M;
};
template <class M>
struct Plain<std::optional<M>> {
  using type = M;
};

inline double magnitude(double v) { return v; }
inline double magnitude(Duration v) { return seconds(v); }
inline double magnitude(Rate v) { return v.per_second; }
inline double magnitude(Share v) { return v.of_one; }
inline double magnitude(Bytes v) { return static_cast<double>(v.count); }
template <std::integral I>
double magnitude(I v) {
  return static_cast<double>(v);
}

/// How a member of one type is read, written and described. Nothing here depends on the struct, so
/// that a type costs its code once and a field costs only a name and an offset.
class AnyField {
 public:
  virtual ~AnyField() = default;
  virtual bool read(const Value&, void* member, Reader&) const = 0;
  virtual Value write(const void* member) const = 0;
  virtual Shape shape() const = 0;

  std::string name, help;
  bool is_required = false;
  bool is_extra = false;  ///< read and written, but not shown in docs or schema
  std::ptrdiff_t offset = 0;
};

template <class M>
class FieldOfType final : public AnyField {
 public:
  using Bare = typename Plain<M>::type;
  std::optional<Bare> least{}, most{};
  std::function<std::string(const Bare&)> rule{};
  std::string pattern{};

  bool read(const Value& v, void* member, Reader& r) const override;
  Value write(const void* member) const override {
    return Codec<M>::write(*static_cast<const M*>(member));
  }
  Shape shape() const override;
};

/// The part of Fields<T> that does not depend on T.
class FieldSet {
 public:
  std::vector<std::string> names() const;
  Shape shape() const;

 protected:
  bool read(const Value& value, void* out, Reader& reader,
            const std::vector<std::string>& also_known) const;
  Value write(const void* value) const;
  void finish(const void* defaults);

  std::vector<std::shared_ptr<AnyField>> fields_;
  std::vector<Value> defaults_;  ///< what each field of a default-constructed struct is written as
};
}  // namespace detail

/// One declared field of T.
template <class T>
struct FieldOf {
  std::shared_ptr<detail::AnyField> field;
};

/// Returned by `field(...)`; converts to FieldOf<T>.
template <class T, class M>
class FieldBuilder {
  using Bare = typename detail::Plain<M>::type;

 public:
  explicit FieldBuilder(std::shared_ptr<detail::FieldOfType<M>> field) : field_(std::move(field)) {}

  FieldBuilder&& between(Bare least, Bare most) && {
    field_->least = least;
    field_->most = most;
    return std::move(*this);
  }
  FieldBuilder&& at_least(Bare least) && {
    field_->least = least;
    return std::move(*this);
  }
  FieldBuilder&& at_most(Bare most) && {
    field_->most = most;
    return std::move(*this);
  }
  FieldBuilder&& required() && {
    field_->is_required = true;
    return std::move(*this);
  }
  /// Read and written, but not part of the language (journal and protocol detail).
  FieldBuilder&& internal() && {
    field_->is_extra = true;
    return std::move(*this);
  }
  /// Any further rule: returns an empty text, or the sentence that says what is wrong ("why; fix").
  FieldBuilder&& check(std::function<std::string(const Bare&)> rule) && {
    field_->rule = std::move(rule);
    return std::move(*this);
  }
  /// Text: a regular expression for the schema (the reader uses `check`).
  FieldBuilder&& pattern(std::string regex) && {
    field_->pattern = std::move(regex);
    return std::move(*this);
  }

  operator FieldOf<T>() && { return {std::move(field_)}; }

 private:
  std::shared_ptr<detail::FieldOfType<M>> field_;
};

template <class T, class M>
FieldBuilder<T, M> field(std::string name, M T::*member, std::string help) {
  static const T probe{};
  auto made = std::make_shared<detail::FieldOfType<M>>();
  made->name = std::move(name);
  made->help = std::move(help);
  made->offset =
      reinterpret_cast<const char*>(&(probe.*member)) - reinterpret_cast<const char*>(&probe);
  return FieldBuilder<T, M>(std::move(made));
}

/// All fields of T, in the order in which they are shown.
template <class T>
class Fields : public detail::FieldSet {
 public:
  Fields() = default;
  Fields(std::initializer_list<FieldOf<T>> fields) {
    for (const auto& f : fields) fields_.push_back(f.field);
    const T defaults{};
    finish(&defaults);
  }

  /// Reads a map strictly: unknown keys, missing required fields and wrong values are problems, all
  /// reported. `also_known` are keys read by somebody else.
  bool read(const Value& value, T& out, Reader& reader,
            const std::vector<std::string>& also_known = {}) const {
    return FieldSet::read(value, &out, reader, also_known);
  }
  /// Leaves out fields that have their default and are not required.
  Value write(const T& value) const { return FieldSet::write(&value); }
};

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
template <HasFields T>
struct Codec<T> {
  static bool read(const Value& v, T& out, Reader& r) { return declared().read(v, out, r); }
  static Value write(const T& v) { return declared().write(v); }
  static Shape shape() { return declared().shape(); }
  static const Fields<T>& declared() {
    static const Fields<T> fields = T::fields();
    return fields;
  }
};
/// A closed set of structs, each with `static constexpr std::string_view kind`. On paper: a map
/// with the entry `kind` and the struct's own fields.
template <class... Ts>
requires(requires { Ts::kind; } && ...) struct Codec<std::variant<Ts...>> {
  static bool read(const Value& v, std::variant<Ts...>& out, Reader& r) {
    if (!detail::expect_map(v, r)) return false;
    const std::string kind = v.text_or("kind");
    bool found = false, ok = false;
    auto attempt = [&]<class T>(std::type_identity<T>) {
      if (found || kind != T::kind) return;
      found = true;
      T item{};
      ok = Codec<T>::declared().read(v, item, r, {"kind"});
      out = std::move(item);
    };
    (attempt(std::type_identity<Ts>{}), ...);
    if (!found) return detail::wrong_kind(r, v, "a known kind");
    return ok;
  }
  static Value write(const std::variant<Ts...>& v) {
    return std::visit(
        []<class T>(const T& item) {
          Value map = Value::map();
          map.set("kind", Value(T::kind));
          Value fields = Codec<T>::write(item);
          for (auto& entry : fields.entries())
            map.set(std::move(entry.key), std::move(entry.value));
          return map;
        },
        v);
  }
  static Shape shape() { return {.kind = Shape::Kind::OneOf, .of = {Codec<Ts>::shape()...}}; }
};

// ---- implementation --------------------------------------------------------------------------

template <class M>
bool detail::FieldOfType<M>::read(const Value& v, void* member, Reader& r) const {
  M& out = *static_cast<M*>(member);
  if (!Codec<M>::read(v, out, r)) return false;
  const Bare* bare = nullptr;
  if constexpr (std::same_as<M, Bare>)
    bare = &out;
  else
    bare = &*out;
  if constexpr (requires(Bare b) { magnitude(b); }) {
    const auto value = magnitude(*bare);
    if ((least && value < magnitude(*least)) || (most && value > magnitude(*most))) {
      auto text = [](const std::optional<Bare>& b) {
        return b ? std::optional(spelled_default(Codec<Bare>::write(*b))) : std::nullopt;
      };
      return out_of_range(r, v, name, text(least), text(most));
    }
  }
  if (rule)
    if (auto sentence = rule(*bare); !sentence.empty())
      return broken_rule(r, v, std::move(sentence));
  return true;
}

template <class M>
Shape detail::FieldOfType<M>::shape() const {
  Shape shape = Codec<M>::shape();
  if constexpr (requires(Bare b) { magnitude(b); }) {
    if (least) shape.least = magnitude(*least);
    if (most) shape.most = magnitude(*most);
  }
  if (!pattern.empty()) shape.pattern = pattern;
  return shape;
}

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
