#pragma once
/// How every command says that it cannot: a line on stderr, and with --json a document on stdout.

#include <string>
#include <string_view>

#include "gunflint/base/result.hpp"
#include "gunflint/base/value.hpp"
#include "gunflint/model/verdict.hpp"

namespace gunflint {

/// "gunflint run: why" on stderr; as JSON {"error": why, "exit": n} on stdout. Returns the exit
/// code of `outcome`.
int complain(std::string_view command, const std::string& why, Outcome outcome, bool json = false);

/// What complain() prints as JSON.
Value error_document(const std::string& why, Outcome outcome);

/// The user's to mend (exit 2), or ours (exit 6).
Outcome outcome_of(const Error& error);

}  // namespace gunflint
