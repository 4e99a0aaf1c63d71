#pragma once
/// The options of `gunflint load`, in groups.

#include "cli/commands.hpp"

namespace CLI {
class App;
}

namespace gunflint {

/// Binds the options to `o`, which must outlive the parse.
void declare_load(CLI::App& c, LoadOptions& o);

}  // namespace gunflint
