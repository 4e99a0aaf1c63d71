#include "model/schema.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "model/check.hpp"
#include "model/codecs.hpp"

namespace gunflint {
namespace {

Value object(std::initializer_list<std::pair<const char*, Value>> entries) {
  Value map = Value::map();
  for (const auto& [key, value] : entries) map.set(key, value);
  return map;
}
Value texts(const std::vector<std::string>& all) {
  Value list = Value::list();
  for (const auto& one : all) list.push(Value(one));
  return list;
}
/// A text that holds `${…}` may stand wherever a scalar may.
Value variable() { return object({{"type", "string"}, {"pattern", "\\$\\{"}}); }
Value any_of(std::vector<Value> alternatives) {
  return object({{"anyOf", Value(Value::List(std::move(alternatives)))}});
}
/// YAML reads an unquoted `7` as a number; a text may be written so.
Value scalar(std::string pattern) {
  if (pattern.empty()) return object({{"type", texts({"string", "number", "boolean"})}});
  return any_of({object({{"type", "string"}, {"pattern", Value(std::move(pattern))}}), variable()});
}

Value schema_of(const Shape& shape);

Value number_schema(const Shape& shape, const char* type) {
  Value number = object({{"type", type}});
  if (shape.least) number.set("minimum", Value(*shape.least));
  if (shape.most) number.set("maximum", Value(*shape.most));
  return any_of({std::move(number), variable()});
}

Value enum_schema(const Shape& shape) {
  Value names = texts(shape.names);
  // `version: 2` is a number to a YAML reader.
  for (const auto& name : shape.names) {
    double number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc() && end == name.data() + name.size()) names.push(Value(number));
  }
  return any_of({object({{"enum", std::move(names)}}), variable()});
}

Value struct_schema(const Shape& shape) {
  Value properties = Value::map();
  Value required = Value::list();
  for (const auto& member : shape.members) {
    Value one = schema_of(member.shape);
    std::string help = member.help;
    if (!member.fallback.empty()) help += fmt::format(" Default: {}.", member.fallback);
    one.set("description", Value(std::move(help)));
    properties.set(member.name, std::move(one));
    if (member.required) required.push(Value(member.name));
  }
  Value out = object({{"type", "object"}, {"properties", std::move(properties)}});
  if (!required.items().empty()) out.set("required", std::move(required));
  if (!shape.open) out.set("additionalProperties", Value(false));
  return out;
}

Value schema_of(const Shape& shape) {
  switch (shape.kind) {
    case Shape::Kind::Any:
      return Value::map();
    case Shape::Kind::Text:
      if (shape.title == "a status")
        return any_of(
            {object({{"type", "integer"}, {"minimum", Value(100)}, {"maximum", Value(599)}}),
             scalar(shape.pattern)});
      return scalar(shape.pattern);
    case Shape::Kind::Integer:
      return number_schema(shape, "integer");
    case Shape::Kind::Number:
      return number_schema(shape, "number");
    case Shape::Kind::Boolean:
      return any_of({object({{"type", "boolean"}}), variable()});
    case Shape::Kind::Duration:
      return scalar("^\\s*([0-9.]+\\s*(ns|us|µs|ms|s|sec|m|min|h|d)\\s*)+$");
    case Shape::Kind::Rate:
      return scalar("^\\s*[0-9.]+\\s*(/\\s*(s|sec|second|m|min|minute|h|hour)|rps)\\s*$");
    case Shape::Kind::Share:
      return scalar("^\\s*[0-9.]+\\s*%\\s*$");
    case Shape::Kind::Bytes:
      return scalar("^\\s*[0-9.]+\\s*(B|[kK]B|[MGT]B|[KMGT]iB)\\s*$");
    case Shape::Kind::Enum:
      return enum_schema(shape);
    case Shape::Kind::List:
      return object({{"type", "array"}, {"items", schema_of(shape.of.at(0))}});
    case Shape::Kind::Map:
      return object({{"type", "object"}, {"additionalProperties", schema_of(shape.of.at(0))}});
    case Shape::Kind::Struct:
      return struct_schema(shape);
    case Shape::Kind::OneOf: {
      std::vector<Value> all;
      for (const auto& one : shape.of) all.push_back(schema_of(one));
      return any_of(std::move(all));
    }
  }
  return Value::map();
}

/// One fault type with the common keys and its own; types that are not built leave theirs open.
Shape fault_shape(const KnownFault* known) {
  Shape shape = shape_of<FaultSpec>();
  shape.open = known == nullptr;
  if (known) wire::append(shape, known->shape);
  return shape;
}

Value fault_schema(const std::vector<KnownFault>& faults) {
  std::vector<std::string> types;
  for (const auto& word : fault_words()) types.emplace_back(word.name);
  for (const auto& known : faults)
    if (std::find(types.begin(), types.end(), known.name) == types.end())
      types.push_back(known.name);
  Value common = struct_schema(fault_shape(nullptr));
  common.find("properties")->set("type", object({{"enum", texts(types)}}));
  std::vector<Value> all;
  Value needs = Value::list();
  for (const char* key : {"type", "one_of"}) needs.push(object({{"required", texts({key})}}));
  common.set("anyOf", std::move(needs));
  all.push_back(std::move(common));
  for (const auto& known : faults) {
    Value of_type =
        object({{"properties", object({{"type", object({{"const", Value(known.name)}})}})},
                {"required", texts({"type"})}});
    all.push_back(
        object({{"if", std::move(of_type)}, {"then", struct_schema(fault_shape(&known))}}));
  }
  return object({{"allOf", Value(Value::List(std::move(all)))}});
}

}  // namespace

Value json_schema(const Shape& shape) { return schema_of(shape); }

Value json_schema(const std::vector<KnownFault>& faults) {
  const Shape shape = shape_of<Experiment>();
  Value out = object(
      {{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", "A gunflint experiment"}});
  Value body = struct_schema(shape);
  Value list = object({{"type", "array"}, {"items", fault_schema(faults)}});
  list.set("description", *body.find("properties")->find("faults")->find("description"));
  body.find("properties")->set("faults", std::move(list));
  wire::append(out, body);
  return with_definitions(out);
}

std::string prose(const Shape& shape) {
  switch (shape.kind) {
    case Shape::Kind::Any:
      return "anything";
    case Shape::Kind::Text:
      return shape.title.empty() ? "a text" : shape.title;
    case Shape::Kind::Integer:
      return "a whole number";
    case Shape::Kind::Number:
      return "a number";
    case Shape::Kind::Boolean:
      return "true or false";
    case Shape::Kind::Duration:
      return "a duration";
    case Shape::Kind::Rate:
      return "a rate";
    case Shape::Kind::Share:
      return "a share";
    case Shape::Kind::Bytes:
      return "a size";
    case Shape::Kind::Enum:
      return listed(shape.names);
    case Shape::Kind::List:
      return fmt::format("a list: {}", prose(shape.of.at(0)));
    case Shape::Kind::Map:
      return fmt::format("names, each with {}", prose(shape.of.at(0)));
    case Shape::Kind::Struct:
      return "a map";
    case Shape::Kind::OneOf: {
      if (!shape.title.empty()) return shape.title;
      std::string out;
      for (const auto& one : shape.of) out += (out.empty() ? "" : ", or ") + prose(one);
      return out;
    }
  }
  return {};
}

namespace {
void search(const std::string& word, const std::string& path, const Shape& shape,
            std::vector<Found>& found) {
  for (const auto& member : shape.members) {
    const std::string here = path.empty() ? member.name : path + "." + member.name;
    if (member.name == word) found.push_back({here, member});
    search(word, here, member.shape, found);
  }
  for (const auto& inner : shape.of)
    search(word, shape.kind == Shape::Kind::List ? path + "[]" : path, inner, found);
}
}  // namespace

std::vector<Found> find_keys(const std::string& word, const std::vector<KnownFault>& faults) {
  std::vector<Found> found;
  search(word, "", shape_of<Experiment>(), found);
  for (const auto& known : faults)
    search(word, fmt::format("faults[] ({})", known.name), known.shape, found);
  return found;
}

}  // namespace gunflint
