#pragma once
/// The options of `gunflint load`, in groups.

#include <span>
#include <string>
#include <vector>

#include "cli/commands.hpp"

namespace CLI {
class App;
}

namespace gunflint {

/// Binds the options to `o`, which must outlive the parse.
void declare_load(CLI::App& c, LoadOptions& o);

/// What was meant by an option that there is not, dashes included: the word of another tool, or the
/// nearest of `known` (long names without dashes). A sentence without its end, or nothing.
std::string meant_option(const std::string& word, std::span<const std::string> known);

/// `-rate=50`, as tools in Go write it, would be read as `-r ate=50`: what to write instead, or
/// nothing.
std::string go_flag(const std::string& word, std::span<const std::string> known);

}  // namespace gunflint
