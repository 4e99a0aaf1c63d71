// `gunflint plan FILE…`: what a run would do. Asks targets, touches nothing.
#include <unistd.h>

#include <cstdio>

#include "cli/commands.hpp"
#include "cli/crew_parts.hpp"
#include "cli/plan_text.hpp"
#include "cli/reading.hpp"
#include "engine/coordinator.hpp"
#include "report/words.hpp"

namespace gunflint {

namespace {

/// Standard input can be read once.
std::string next_of(const std::string& file) {
  return file == "-" ? "save it as a file, then gunflint run FILE"
                     : "gunflint run " + shell_word(file);
}

}  // namespace

int plan_command(const PlanOptions& options) {
  Value all = Value::list();
  int exit = 0;
  for (const auto& file : options.files) {
    Value refusal;
    auto read = read_for_run("plan", file, options.file, refusal);
    if (!read) {
      all.push(std::move(refusal));
      exit = exit_code(Outcome::Invalid);
      continue;
    }
    const Experiment& experiment = *read->experiment;
    const std::uint64_t seed = options.seed ? options.seed : experiment.seed ? experiment.seed : 1;
    const Plan plan = ask_and_plan(experiment, catalogue(), crew_parts(experiment.sources), seed);
    if (options.json)
      all.push(redact(encode(plan), read->secrets));
    else
      std::fputs(
          redact(plan_text(plan, next_of(file), Style::of(STDOUT_FILENO)), read->secrets).c_str(),
          stdout);
    if (exit == 0 || plan.exit() == 2) exit = plan.exit();
  }
  if (options.json) std::puts(to_json_pretty(all).c_str());
  return exit;
}

}  // namespace gunflint
