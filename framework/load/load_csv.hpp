#pragma once
/// A load as a table, for spreadsheets and notebooks (RFC 4180; docs/reference/load-output.md).

#include <string>

#include "gunflint/model/slice.hpp"

namespace gunflint {

/// The head line, with its line break.
std::string load_csv_head();
/// The rows of one second of one load: first the load itself (journey and step are empty), then one
/// per step. Cells that do not apply to a row are empty, never 0.
std::string load_csv_rows(const Slice& slice);

}  // namespace gunflint
