#pragma once
/// How every command reads an experiment: the catalogue, the environment, --set.

#include <string>

#include "cli/commands.hpp"
#include "gunflint/model/reader.hpp"

namespace gunflint {

/// The catalogue of faults as the reader wants it.
std::vector<KnownFault> known_faults();

/// Environment, secrets (GUNFLINT_SECRET_<NAME>, or a file of $CREDENTIALS_DIRECTORY) and --set.
/// BadInput when a --set has no `=`.
Result<ReadOptions> read_options(const FileOptions& file, bool need_secrets);

/// Reads one file for plan and run: prints all problems to stderr; the experiment if it is right
/// and this version can run it. None: exit with Outcome::Invalid; `refusal` is what --json says
/// then. `but`: the code of a warning that does not concern this command.
std::optional<ReadExperiment> read_for_run(std::string_view command, const std::string& path,
                                           const FileOptions& file, Value& refusal,
                                           std::string_view but = {});
/// What --json says of a file: {file, valid, problems}.
Value file_document(const std::string& path, bool valid, const std::vector<Problem>& problems);

/// Whether stderr is a terminal that wants colour (NO_COLOR, TERM=dumb).
bool colour_on_stderr();
/// Prints to stderr in the form of print_problems.
void show_problems(const std::vector<Problem>& problems);

}  // namespace gunflint
