#pragma once
/// The JSON Schema (draft-07) of an experiment, from the shapes of the code's own declarations.
/// What the reader accepts, it accepts.

#include "gunflint/model/reader.hpp"

namespace gunflint {

Value json_schema(const std::vector<KnownFault>& faults);
/// The schema of one value.
Value json_schema(const Shape& shape);
/// The same schema with what it repeats written once, under `definitions`.
Value with_definitions(const Value& schema);

/// A shape in one line for people: "a duration", "one of `a` or `b`".
std::string prose(const Shape& shape);

/// The shape of the keys under `word` anywhere in the language (`steady_state`, `pick`), and where.
struct Found {
  std::string path;
  Shape::Member member;
};
std::vector<Found> find_keys(const std::string& word, const std::vector<KnownFault>& faults);

}  // namespace gunflint
