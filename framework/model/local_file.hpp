#pragma once
/// Files that an experiment names, on the machine that reads it.

#include <functional>
#include <string>
#include <string_view>

#include "gunflint/base/result.hpp"

namespace gunflint {

/// A whole local file, at most `most` bytes; `-` is standard input.
Result<std::string> read_local_file(const std::string& path, std::size_t most);

/// A regular file piece by piece, without ever holding all of it. `on_piece` returns false when it
/// has seen enough. Errors: not there, not permitted, no regular file (a pipe has no second
/// reading, and a device no end), more than `most` bytes.
Result<void> read_pieces(const std::string& path, std::size_t most,
                         const std::function<bool(std::string_view)>& on_piece);

/// Paths are relative to the file that names them.
std::string beside(const std::string& file, const std::string& path);

/// The same path from wherever it is read later: workers may stand elsewhere.
std::string absolute_path(const std::string& path);

}  // namespace gunflint
