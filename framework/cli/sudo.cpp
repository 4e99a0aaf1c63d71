#include "cli/sudo.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>

#include "host/launch.hpp"

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
  return fail(Cause::NotPermitted,
              fmt::format("a fault of this run needs root, and this user (uid {0}) may not start "
                          "the agent through sudo without a password ({1}); run `sudo -v` at this "
                          "terminal first, or let an administrator add the line `#{0} ALL=(root) "
                          "NOPASSWD: {2}` with `visudo`, or run gunflint as root",
                          ::getuid(), first_line(answer->err), agent));
}

}  // namespace gunflint
