#pragma once
/// Files that the command line of `gunflint load` names: looked at before anything is sent.

#include <string>

#include "gunflint/model/load_spec.hpp"

namespace gunflint {

/// The text itself, or what `@file` holds (at most 16 MiB). `option` is for the sentence.
Result<std::string> text_or_file(const std::string& option, const std::string& text);

/// That `path` can be read and holds something in PEM. An empty path is fine.
Result<void> can_read_pem(const std::string& option, const std::string& path);

/// "users=users.csv:random" with the columns that its file has: the head line of CSV, the keys of
/// the first line of JSON lines.
Result<DataSpec> parse_data_file(const std::string& text);

/// Looks at the access log that `load.replay` names, and gives the load what follows from it: the
/// journeys, and where it has no stages one of the log's own length.
Result<void> replay_log(LoadSpec& load);

}  // namespace gunflint
