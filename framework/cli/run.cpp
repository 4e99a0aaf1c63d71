// `gunflint run FILE…`: carries out experiments, one after the other.
#include <cstdio>
#include <set>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/complain.hpp"
#include "cli/crew_parts.hpp"
#include "cli/one_run.hpp"
#include "cli/reading.hpp"
#include "cli/soft.hpp"
#include "cli/writable.hpp"
#include "report/metrics.hpp"

namespace gunflint {
namespace {

/// An outcome named by --soft counts as held, loudly.
Outcome soften(Outcome outcome, const std::set<Outcome>& soft) {
  if (!soft.contains(outcome)) return outcome;
  std::fprintf(stderr, "gunflint: %s, which --soft turns into exit 0\n",
               std::string(name_of(outcome)).c_str());
  return Outcome::Held;
}

struct Times {
  Duration lease{}, linger{};
};
Result<Times> read_times(const RunOptions& options) {
  Times times;
  const auto lease = parse_duration(options.lease);
  if (!lease || *lease < 500ms)
    return fail(Cause::BadInput,
                "--lease " + options.lease + " is refused; write a time of 500ms or more");
  times.lease = *lease;
  if (options.metrics_linger.empty()) return times;
  const auto linger = parse_duration(options.metrics_linger);
  if (!linger || *linger > 1h)
    return fail(Cause::BadInput, "--metrics-linger " + options.metrics_linger +
                                     " is refused; write a time such as 30s, an hour at most");
  if (options.metrics.empty())
    return fail(Cause::BadInput,
                "--metrics-linger serves nothing without --metrics; add --metrics 9464");
  times.linger = *linger;
  return times;
}

int plan_only(const RunOptions& options) {
  PlanOptions plan;
  plan.files = options.files;
  plan.file = options.file;
  plan.json = options.json;
  return plan_command(plan);
}

/// A report that cannot be written, or a page that cannot be served, is told before the run.
Result<void> can_write_all(const RunOptions& options) {
  GF_TRY(can_write_file("--junit", options.junit));
  GF_TRY(can_write_file("--html", options.html));
  GF_TRY(can_write_into("--out", options.out));
  if (!options.metrics.empty()) GF_TRY(MetricsServer::start(options.metrics));
  return {};
}

/// Semantics 42: the worst of all runs decides, each softened by itself.
int run_all(std::vector<ReadExperiment> experiments, const RunOptions& options, const Times& times,
            const std::set<Outcome>& soft) {
  const bool several = experiments.size() > 1;
  JunitDocument junit(soft);
  std::vector<Value> documents;
  std::optional<Outcome> all;
  for (std::size_t i = 0; i < experiments.size(); ++i) {
    OneRun one;
    one.read = std::move(experiments[i]);
    one.file = options.files[i];
    one.out = options.out;
    one.seed = options.seed;
    one.fail_fast = options.fail_fast;
    one.lease = times.lease;
    one.linger = times.linger;
    one.junit = options.junit.empty() ? nullptr : &junit;
    one.junit_file = options.junit;
    one.html = options.html;
    one.metrics = options.metrics;
    one.json = options.json;
    one.documents = options.json && several ? &documents : nullptr;
    one.trial = static_cast<int>(i);
    const RunEnd end = run_one(std::move(one));
    const Outcome outcome = soften(end.outcome, soft);
    all = all ? worst(*all, outcome) : outcome;
    if (end.signalled) break;
  }
  if (options.json && several) {
    Value list = Value::list();
    for (auto& document : documents) list.push(std::move(document));
    std::puts(to_json_pretty(list).c_str());
  }
  return exit_code(all.value_or(Outcome::Invalid));
}

}  // namespace

int run_command(const RunOptions& options) {
  const auto refuse = [&](const std::string& why) {
    return complain("run", why, Outcome::Invalid, options.json);
  };
  const auto times = read_times(options);
  if (!times) return refuse(times.error().message);
  const auto soft = soft_outcomes(options.soft);
  if (!soft) return refuse(soft.error().message);
  if (!options.html.empty() && options.files.size() > 1)
    return refuse(fmt::format(
        "--html names one page, and there are {} experiments; leave it out, and each page lies "
        "beside its journal",
        options.files.size()));
  if (auto possible = can_write_all(options); !possible) return refuse(possible.error().message);
  if (options.dry_run) return plan_only(options);
  std::vector<ReadExperiment> experiments;
  for (const auto& file : options.files) {
    Value refusal;
    auto read = read_for_run("run", file, options.file, refusal);
    if (!read) {
      if (options.json) std::puts(to_json_pretty(refusal).c_str());
      return exit_code(Outcome::Invalid);
    }
    experiments.push_back(std::move(*read));
  }
  return run_all(std::move(experiments), options, *times, *soft);
}

}  // namespace gunflint
