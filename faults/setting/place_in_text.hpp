#pragma once
/// Finds a setting's value in the text of a configuration file. It knows the spellings
/// `key value;`, `key = value`, `key: value` and `"key": value`, and skips comments.

#include <string>

#include "gunflint/base/result.hpp"

namespace gunflint {

/// What to look for: `key`, or a whole line such as "maxconn {value}"; in the part of the file
/// under the head `[section]` when one is given.
struct Wanted {
  std::string key, line, section;
};

struct PlaceInText {
  std::size_t begin = 0, size = 0;  ///< of the value alone, without quotes or spaces
};

/// The one place. BadInput when there is none, or more than one.
Result<PlaceInText> find_place(const std::string& text, const Wanted& wanted);

}  // namespace gunflint
