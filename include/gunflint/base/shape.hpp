#pragma once
/// What a document looks like, for people (explain, reference pages) and for a JSON Schema.

#include <optional>
#include <string>
#include <vector>

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

/// A value that a person could write where only its kind is known ("30s", "50/s"); empty when the
/// kind says too little, as for a text.
std::string usual_value(const Shape& shape);

}  // namespace gunflint
