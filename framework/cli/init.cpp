// gunflint init [FILE]: a first experiment, with comments, that runs as it is. Never overwrites.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/complain.hpp"
#include "cli/starter.hpp"
#include "first_experiment.hpp"
#include "host/fd.hpp"
#include "report/words.hpp"

namespace gunflint {
namespace {

int refuse(const std::string& why) { return complain("init", why, Outcome::Invalid); }

}  // namespace

std::string_view starter_experiment() { return first_experiment().at("first.yaml"); }

int init_command(const InitOptions& options) {
  const std::string text(starter_experiment());
  if (options.file == "-") {
    std::fputs(text.c_str(), stdout);
    return exit_code(Outcome::Held);
  }
  const Fd file(::open(options.file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!file && errno == EEXIST)
    return refuse(
        fmt::format("{} is there already, and stays as it is; name another file", options.file));
  if (!file) {
    const auto failed = fail_errno(errno, "write " + options.file);
    return refuse(failed.value().message + "; name another file");
  }
  if (auto written = write_all(file.get(), text, 10s); !written)
    return refuse(written.error().message);
  const std::string name = shell_word(options.file);
  std::puts(fmt::format("Wrote {0}. It needs a server on port 8080; in another terminal:\n"
                        "  python3 -m http.server 8080\n"
                        "Then:\n"
                        "  gunflint plan {0}    what would be done, and how it is undone\n"
                        "  gunflint run {0}",
                        name)
                .c_str());
  return exit_code(Outcome::Held);
}

}  // namespace gunflint
