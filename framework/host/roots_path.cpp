#include "host/roots_path.hpp"

#include <sys/stat.h>

namespace gunflint {

bool is_roots_alone(const std::string& path) {
  // sudoers reads these characters its own way.
  if (!path.starts_with('/') || path.find_first_of(" \\,:=*?[]!\"#") != path.npos) return false;
  for (std::string part = path; !part.empty(); part.resize(part.rfind('/'))) {
    struct stat state {};
    if (::lstat(part.c_str(), &state) != 0 || state.st_uid != 0 || (state.st_mode & 022) != 0)
      return false;
    if (part == path ? !S_ISREG(state.st_mode) : !S_ISDIR(state.st_mode)) return false;
  }
  return true;
}

}  // namespace gunflint
