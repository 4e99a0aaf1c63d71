#pragma once
/// What the ledger of a host holds: enough to take an injection back without anybody's memory.

#include <string>
#include <vector>

#include "gunflint/base/fields.hpp"
#include "gunflint/model/target_spec.hpp"

namespace gunflint {

/// Names everything that one injection creates (cgroups, tables, files, holders): "gf-" and ten
/// characters [a-z0-9]. Short enough for an interface name, unique on a host.
struct Tag {
  std::string text;
  bool operator==(const Tag&) const = default;
};

/// Durable before the fault acts.
struct UndoRecord {
  int format = 1;
  std::string run, injection, fault, version;
  std::string tag;
  std::uint32_t uid = 0;
  std::string boot_id;
  Member member;
  std::vector<std::string> keys;  ///< touched resources
  Value params, saved;
  std::int64_t deadline_boottime_ns = 0;  ///< CLOCK_BOOTTIME at which it ends by itself
  static Fields<UndoRecord> fields();
};

}  // namespace gunflint
