#include "cli/sudo.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>

#include "host/launch.hpp"
#include "host/roots_path.hpp"

namespace gunflint {
namespace {

/// In the foreground, with the terminal: sudo asks, and remembers for this terminal.
void ask_for_password() {
  Launch order;
  order.argv = {"sudo", "-v", "-p", "[sudo] password of %p, for the faults that need root: "};
  order.stays = true;
  const auto pid = launch(order);
  if (!pid) return;
  while (::waitpid(*pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::string first_line(const std::string& text) {
  std::string line = text.substr(0, text.find('\n'));
  return line.empty() ? "sudo gave no reason" : line;
}

}  // namespace

Result<void> admit_root(const std::string& agent) {
  const Command ask{{"sudo", "-n", "--", agent, "version"}, {}, 15s};
  auto answer = run_to_the_end(ask);
  const bool terminal = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
  if (answer && answer->code != 0 && terminal) {
    ask_for_password();
    answer = run_to_the_end(ask);
  }
  if (!answer && answer.error().cause == Cause::Unsupported)
    return fail(Cause::Unsupported,
                "a fault of this run needs root, and there is no sudo on this host; run gunflint "
                "as root");
  if (!answer) return fail(std::move(answer).error());
  if (answer->code == 0) return {};
  std::string how = "run `sudo -v` at this terminal first, or run gunflint as root";
  if (is_roots_alone(agent))
    how += fmt::format(
        ". An administrator can add the line `#{} ALL=(root) NOPASSWD: {}` with `visudo`: it gives "
        "this user all that root may do, because the agent runs whatever an `exec` asks for",
        ::getuid(), agent);
  return fail(Cause::NotPermitted,
              fmt::format("a fault of this run needs root, and this user (uid {}) may not start "
                          "the agent through sudo without a password ({}); {}",
                          ::getuid(), first_line(answer->err), how));
}

}  // namespace gunflint
