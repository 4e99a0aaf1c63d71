// `gunflint inject TYPE --target process=nginx --for 30s`: one fault, once. It is an experiment of
// one fault, written for the person, printed, and run like any other.
#include <cstdio>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/complain.hpp"
#include "cli/crew_parts.hpp"
#include "cli/one_run.hpp"
#include "cli/plan_text.hpp"
#include "cli/reading.hpp"
#include "cli/writable.hpp"
#include "engine/coordinator.hpp"
#include "gunflint/concepts/fault.hpp"

namespace gunflint {
namespace {

/// A YAML scalar in double quotes.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

Result<std::pair<std::string, std::string>> split(const std::string& option,
                                                  const std::string& given) {
  const auto equals = given.find('=');
  if (equals == given.npos || equals == 0 || equals + 1 == given.size())
    return fail(Cause::BadInput,
                fmt::format("{0} {1} has no value; write {0} {2}", option, given,
                            option == "--target" ? "process=" + given : given + "=VALUE"));
  return std::pair(given.substr(0, equals), given.substr(equals + 1));
}

Result<std::string> as_yaml(const InjectOptions& o) {
  const FaultKind* kind = find_fault(o.type);
  if (kind && !kind->instant && o.length.empty())
    return fail(Cause::BadInput,
                fmt::format("`{}` lasts; say how long, for example --for 30s", o.type));
  GF_TRY_AS(const auto target, split("--target", o.target));
  const bool number = target.first == "port";
  std::string yaml =
      fmt::format("version: 1\nname: inject-{}\ntargets:\n  it: {{ local: {{ {}: {} }} }}\n",
                  o.type, target.first, number ? target.second : quoted(target.second));
  yaml += fmt::format("faults:\n  - name: {0}\n    type: {0}\n    target: it\n", o.type);
  yaml += o.pick == "all" ? "    pick: all\n"
          : o.pick.find('%') != std::string::npos
              ? fmt::format("    pick: {{ share: {} }}\n", o.pick)
              : fmt::format("    pick: {{ count: {} }}\n", o.pick);
  if (!o.length.empty()) yaml += fmt::format("    for: {}\n", o.length);
  for (const auto& given : o.fields) {
    GF_TRY_AS(const auto field, split("--field", given));
    yaml += fmt::format("    {}: {}\n", field.first, field.second);
  }
  return yaml + "blast_radius: { keep_ready: 0 }\n";
}

}  // namespace

int inject_command(const InjectOptions& options) {
  const auto yaml = as_yaml(options);
  if (!yaml) return complain("inject", yaml.error().message, Outcome::Invalid, options.json);
  if (auto possible = can_write_into("--out", options.out); !possible)
    return complain("inject", possible.error().message, Outcome::Invalid, options.json);
  auto how = read_options({}, true);
  if (!how) return exit_code(Outcome::Invalid);
  auto source = std::make_shared<SourceText>(SourceText{"inject", *yaml});
  ReadExperiment read = read_experiment(source, *how);
  auto problems = read.problems;
  if (read.experiment)
    for (auto& refused : not_in_this_version(*read.experiment, how->faults))
      problems.push_back(std::move(refused));
  // One fault and no hypothesis is what was asked for.
  std::erase_if(problems, [](const Problem& problem) { return problem.code == "W211"; });
  show_problems(problems);
  for (const auto& problem : problems)
    if (problem.severity == Severity::Error) {
      if (options.json) std::puts(to_json_pretty(file_document("inject", false, problems)).c_str());
      return exit_code(Outcome::Invalid);
    }
  std::fprintf(stderr, "# the same as a file:\n%s\n", yaml->c_str());
  if (options.dry_run) {
    const Plan plan =
        ask_and_plan(*read.experiment, catalogue(), crew_parts(read.experiment->sources), 1);
    std::puts(options.json ? to_json_pretty(encode(plan)).c_str()
                           : plan_text(plan, "the same without --dry-run", Style::of(1)).c_str());
    return plan.exit();
  }
  OneRun one;
  one.read = std::move(read);
  one.out = options.out;
  one.json = options.json;
  return exit_code(run_one(std::move(one)).outcome);
}

}  // namespace gunflint
