#include "model/schema.hpp"

#include <cstdio>

#include "cli/reading.hpp"

namespace gunflint {

int schema_command(const SchemaOptions&) {
  std::puts(to_json_pretty(json_schema(known_faults())).c_str());
  return exit_code(Outcome::Held);
}

}  // namespace gunflint
