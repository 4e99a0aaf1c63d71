#pragma once
/// Whether a path may be given away with root's rights.

#include <string>

namespace gunflint {

/// An absolute path to a file that nobody but root can change, in no part of it, and that stands in
/// a sudoers line as it is. The file of somebody's build folder is none.
bool is_roots_alone(const std::string& path);

}  // namespace gunflint
