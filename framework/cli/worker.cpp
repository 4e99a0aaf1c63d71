// `gunflint worker`: a load worker, spoken to over its standard input and output. Started by
// gunflint itself where libcurl is asked for, or gunflint-worker is not beside it; see
// load/spawned_worker.hpp.
#include <unistd.h>

#include "cli/commands.hpp"
#include "load/spawned_worker.hpp"

namespace gunflint {

int worker_command(const WorkerOptions& options) {
  return serve_worker(STDIN_FILENO, STDOUT_FILENO, options.loops, curl_wire) == 0
             ? exit_code(Outcome::Held)
             : exit_code(Outcome::ToolError);
}

}  // namespace gunflint
