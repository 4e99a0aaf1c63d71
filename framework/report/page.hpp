#pragma once
/// The HTML page before a run is put into it: style, script, plot library and its licence are
/// inlined at build time (web/inline.cmake). @@title@@, @@body@@ and @@data@@ are left to fill.

#include <string>

namespace gunflint {

std::string page_template();

}  // namespace gunflint
