#pragma once
/// `vars` and `${…}`: resolved in the document, before anything is decoded.

#include <map>
#include <string>
#include <vector>

#include "gunflint/model/reader.hpp"

namespace gunflint {

/// Resolves the document's `vars` (environment, --set, secrets) and writes them back as texts.
std::map<std::string, std::string> resolve_vars(Value& document, const ReadOptions& options,
                                                std::vector<Secret>& secrets, Reader& reader);

/// Replaces `${name}`, `${env:X}` and `${secret:x}` in every text. Kept as they are: `${member.…}`
/// in `targets` and `faults`, names extracted by earlier steps of the same journey, and columns of
/// the load's `data`, whose files are looked at for that (load_files).
void substitute(Value& document, const std::map<std::string, std::string>& vars,
                const ReadOptions& options, std::vector<Secret>& secrets, Reader& reader);

}  // namespace gunflint
