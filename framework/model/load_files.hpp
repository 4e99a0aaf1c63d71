#pragma once
/// The files that a load names. They are looked at when the experiment is read, so that a run does
/// not begin with what cannot be sent; their paths, relative to the file that names them, become
/// absolute, because workers may stand elsewhere.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gunflint/model/reader.hpp"

namespace gunflint {

/// Name of a data set -> its columns; none: its file cannot be used, which has been reported.
using ColumnsOfData = std::map<std::string, std::optional<std::vector<std::string>>>;

/// Reads the heads of the files of a load's `data` (after its texts have been substituted), or all
/// of one that is small, and puts what it found into the document: `columns`, and `rows` where they
/// were counted. Whatever is wrong with the file is reported.
ColumnsOfData read_columns(Value& data, Reader& reader);

/// After substitution, in every load: replaces `body_file` by `body`; looks at the files of `tls`;
/// reads the log of `replay` and puts what follows from it into the document: journeys `GET` and
/// `HEAD`, and, without `stages`, one stage `replay`.
void read_load_files(Value& document, Reader& reader);

}  // namespace gunflint
