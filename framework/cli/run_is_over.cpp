#include "cli/run_is_over.hpp"

#include "engine/journal.hpp"

namespace gunflint {

Result<void> must_be_over(const RunFolder& run) {
  if (!run_is_alive(run.journal())) return {};
  return fail(Cause::BadInput, "run " + run.id + " is still at work; wait for its end, or end it " +
                                   "with `gunflint stop " + run.id.substr(run.id.rfind('-') + 1) +
                                   "`");
}

}  // namespace gunflint
