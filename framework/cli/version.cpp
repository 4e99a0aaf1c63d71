#include <cstdio>

#include "cli/commands.hpp"
#include "gunflint/base/value.hpp"

namespace gunflint {

int version_command(const VersionOptions& options) {
  if (options.json) {
    Value v = Value::map();
    v.set("version", GUNFLINT_VERSION);
    std::puts(to_json(v).c_str());
  } else {
    std::puts("gunflint " GUNFLINT_VERSION);
  }
  return exit_code(Outcome::Held);
}

}  // namespace gunflint
