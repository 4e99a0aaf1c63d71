// The same part of a schema is written once: durations stand in a hundred places, and each fault
// type repeats the fields that all faults have.
#include <map>
#include <set>

#include "model/schema.hpp"

namespace gunflint {
namespace {

/// Shorter ones are not worth a name.
constexpr std::size_t worth_a_name = 100;

class Definitions {
 public:
  explicit Definitions(const Value& schema) { count(schema); }

  Value written(const Value& schema) {
    Value out = inside(schema);
    if (!definitions_.entries().empty()) out.set("definitions", definitions_);
    return out;
  }

 private:
  /// A description belongs to the place, not to what is described.
  static std::string text_of(const Value& schema) {
    Value bare = Value::map();
    for (const auto& entry : schema.entries())
      if (entry.key != "description") bare.set(entry.key, entry.value);
    return to_json(bare);
  }

  /// Calls `each(part, name)` for the schemas directly inside this one; the results replace them.
  template <class Each>
  static Value map_parts(const Value& schema, Each each) {
    Value out = Value::map();
    for (const auto& [key, value, mark] : schema.entries()) {
      Value changed = value;
      if (key == "properties")
        for (auto& property : changed.entries())
          property.value = each(property.value, property.key);
      else if (key == "anyOf" || key == "allOf")
        for (auto& one : changed.items()) one = each(one, "part");
      else if ((key == "items" || key == "additionalProperties" || key == "then") && value.is_map())
        changed = each(value, key == "then" ? "fault" : "entry");
      out.set(key, std::move(changed));
    }
    return out;
  }

  void count(const Value& schema) {
    map_parts(schema, [&](const Value& part, const std::string&) {
      ++times_[text_of(part)];
      count(part);
      return part;
    });
  }

  Value inside(const Value& schema) {
    return map_parts(
        schema, [&](const Value& part, const std::string& name) { return referred(part, name); });
  }

  Value referred(const Value& part, const std::string& name) {
    const std::string text = text_of(part);
    if (text.size() < worth_a_name || times_[text] < 2) return inside(part);
    auto known = names_.find(text);
    if (known == names_.end()) {
      known = names_.emplace(text, fresh(name)).first;
      Value bare = part;
      std::erase_if(bare.entries(), [](const auto& entry) { return entry.key == "description"; });
      // Set after its parts, which may be definitions of their own.
      Value definition = inside(bare);
      definitions_.set(known->second, std::move(definition));
    }
    Value out = Value::map();
    if (const Value* description = part.find("description")) out.set("description", *description);
    out.set("$ref", Value("#/definitions/" + known->second));
    return out;
  }

  std::string fresh(const std::string& name) {
    std::string out = name;
    for (int n = 2; !taken_.insert(out).second; ++n) out = name + "_" + std::to_string(n);
    return out;
  }

  std::map<std::string, int> times_;
  std::map<std::string, std::string> names_;
  std::set<std::string> taken_;
  Value definitions_ = Value::map();
};

}  // namespace

Value with_definitions(const Value& schema) { return Definitions(schema).written(schema); }

}  // namespace gunflint
