#pragma once
/// Conflicts that a person has heard of and whose records are closed: kept beside the ledgers until
/// the journal of their run knows of them, too. Without it a later visit to that run would find
/// nothing in force, and take for undone what nobody has put back.

#include <string>
#include <vector>

#include "gunflint/base/result.hpp"
#include "gunflint/model/message.hpp"

namespace gunflint {

/// Appends to `<folder>/<run>.settled`, one JSON document a line, mode 0600. A run without a name,
/// or with a name that is no file's, has no journal: nothing is kept.
Result<void> keep_settled(const std::string& folder, const std::string& run,
                          const Settled& settled);
/// In the order they were kept; lines that cannot be read are left out.
std::vector<Settled> settled_of(const std::string& folder, const std::string& run);
/// Its journal knows them.
void forget_settled(const std::string& folder, const std::string& run);

}  // namespace gunflint
