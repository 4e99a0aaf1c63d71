#include "cli/programs.hpp"

#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

namespace gunflint {
namespace {

std::optional<std::string> beside(const std::string& name) {
  const std::string self = this_program();
  std::string path = self.substr(0, self.rfind('/') + 1) + name;
  if (::access(path.c_str(), X_OK) != 0) return std::nullopt;
  return path;
}

}  // namespace

std::string this_program() {
  char path[PATH_MAX];
  const ssize_t n = ::readlink("/proc/self/exe", path, sizeof path);
  return n > 0 ? std::string(path, static_cast<std::size_t>(n)) : "gunflint";
}

std::string agent_program() {
  if (const char* named = std::getenv("GUNFLINT_AGENT"); named && *named) return named;
  return beside("gunflint-agent").value_or("gunflint-agent");
}

std::vector<std::string> worker_argv(const std::vector<LoadSpec>& loads, int loops) {
  const bool needs_curl = std::any_of(loads.begin(), loads.end(), [](const LoadSpec& load) {
    return load.transport == TransportKind::Libcurl;
  });
  const auto slim = beside("gunflint-worker");
  std::vector<std::string> argv = slim && !needs_curl
                                      ? std::vector<std::string>{*slim}
                                      : std::vector<std::string>{"/proc/self/exe", "worker"};
  argv.insert(argv.end(), {"--loops", std::to_string(loops)});
  return argv;
}

}  // namespace gunflint
