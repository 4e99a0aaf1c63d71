#include "cli/standard_output.hpp"

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace gunflint {

Result<void> write_result(std::string_view text, std::FILE* to) {
  if (std::fwrite(text.data(), 1, text.size(), to) == text.size() && std::fflush(to) == 0)
    return {};
  return fail(Cause::Io,
              fmt::format("the result could not be written to standard output: {}; it is lost: "
                          "send it to a place that takes it, and load again",
                          std::strerror(errno)));
}

}  // namespace gunflint
