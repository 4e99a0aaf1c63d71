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

#include <cstddef>
#include <functional>
#include <memory>
#include <variant>

#include "gunflint/base/codec.hpp"

namespace gunflint {

template <class T>
class Fields;

template <class T>
concept HasFields = requires {
  { T::fields() } -> std::same_as<Fields<T>>;
};

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

}  // namespace gunflint
