#pragma once
/// `use`: sections from other local files.

#include "gunflint/model/reader.hpp"

namespace gunflint {

/// Merges the files that `use` names into `document` and removes the key. A name that stands in
/// both is an error, except in `vars`, where the experiment wins.
void merge_used_files(Value& document, const std::string& main_file, Reader& reader);

}  // namespace gunflint
