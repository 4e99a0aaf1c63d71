// `gunflint run FILE…`: carries out experiments, one after the other.
#include <unistd.h>

#include <cstdio>
#include <set>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/crew_parts.hpp"
#include "cli/one_run.hpp"
#include "cli/reading.hpp"
#include "report/words.hpp"

namespace gunflint {
namespace {

/// Semantics 42 over several runs; an outcome named by --soft counts as held, loudly.
int soften(int exit, const std::vector<std::string>& soft) {
  for (std::string name : soft) {
    for (char& c : name)
      if (c == '_') c = ' ';
    for (const Outcome o : {Outcome::Inconclusive, Outcome::NotStarted})
      if (name == name_of(o) && exit == exit_code(o)) {
        std::fprintf(stderr, "gunflint: %s, which --soft turns into exit 0\n", name.c_str());
        return 0;
      }
  }
  return exit;
}

}  // namespace

int run_command(const RunOptions& options) {
  if (options.dry_run) {
    PlanOptions plan;
    plan.files = options.files;
    plan.file = options.file;
    plan.json = options.json;
    return plan_command(plan);
  }
  const auto lease = parse_duration(options.lease);
  if (!lease || *lease < 500ms) {
    std::fprintf(stderr, "gunflint run: --lease %s is refused; write a time of 500ms or more\n",
                 options.lease.c_str());
    return exit_code(Outcome::Invalid);
  }
  std::vector<ReadExperiment> experiments;
  for (const auto& file : options.files) {
    auto read = read_for_run(file, options.file);
    if (!read) return exit_code(Outcome::Invalid);
    experiments.push_back(std::move(*read));
  }
  std::optional<Outcome> all;
  for (std::size_t i = 0; i < experiments.size(); ++i) {
    OneRun one;
    one.read = std::move(experiments[i]);
    one.file = options.files[i];
    one.out = options.out;
    one.seed = options.seed;
    one.fail_fast = options.fail_fast;
    one.lease = *lease;
    one.junit = options.junit;
    one.html = options.html;
    one.metrics = options.metrics;
    one.soft = options.soft;
    one.json = options.json;
    one.trial = static_cast<int>(i);
    const RunEnd end = run_one(std::move(one));
    all = all ? worst(*all, end.outcome) : end.outcome;
    if (end.signalled) break;
  }
  return soften(exit_code(all.value_or(Outcome::Invalid)), options.soft);
}

}  // namespace gunflint
