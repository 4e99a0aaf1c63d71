#pragma once
/// One value out of a JSON text, without building the document.

#include <cstdint>
#include <string>
#include <string_view>

#include "load/json_path.hpp"

namespace gunflint {

enum class JsonFound : std::uint8_t {
  Value,
  Null,      ///< the value is `null`
  Absent,    ///< the document has nothing there
  Malformed  ///< it is no JSON (RFC 8259), or nested deeper than 64 levels
};

/// Writes the value at `path` as people spell it: a text without quotes and escapes, true and
/// false, numbers as print_number does, lists and objects as JSON on one line. `out` changes only
/// when a value was found; its memory is used again.
///
/// For every JSON text that parse_json takes, the answer is that of its document: of a name that
/// occurs twice in one object the last one counts. What stands before the value, the value itself
/// and the delimiter behind it are held to the grammar, UTF-8 included. What comes later is looked
/// at only where such a second name may be: a text that is broken there, or cut off, still gives
/// its value.
///
/// Time is linear in the text (at worst once per part of the path); there is no recursion, and no
/// memory is asked for but for `out` (a list or an object is read with parse_json).
JsonFound find_json(std::string_view text, const JsonPath& path, std::string& out);

}  // namespace gunflint
