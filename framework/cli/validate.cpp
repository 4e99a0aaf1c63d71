#include <cstdio>

#include <fmt/format.h>

#include "cli/complain.hpp"
#include "cli/reading.hpp"

namespace gunflint {
namespace {

struct Counts {
  int errors = 0, warnings = 0;
};

Counts count(const std::vector<Problem>& problems) {
  Counts counts;
  for (const Problem& p : problems)
    ++(p.severity == Severity::Error ? counts.errors : counts.warnings);
  return counts;
}

std::string plural(int n, const char* word) {
  return fmt::format("{} {}{}", n, word, n == 1 ? "" : "s");
}

/// "right", or what is wrong, in one line.
std::string summary(const std::string& file, const Counts& counts,
                    const std::vector<Problem>& later, bool strict) {
  if (counts.errors > 0)
    return fmt::format("{}: {}{}", file, plural(counts.errors, "error"),
                       counts.warnings ? ", " + plural(counts.warnings, "warning") : "");
  if (strict && counts.warnings > 0)
    return fmt::format("{}: {}, refused by --strict", file, plural(counts.warnings, "warning"));
  std::string text = fmt::format("{}: valid", file);
  if (counts.warnings) text += ", " + plural(counts.warnings, "warning");
  if (later.empty()) return text;
  text += fmt::format("; {} not in this version, which `gunflint plan` will refuse:",
                      plural(static_cast<int>(later.size()), "feature"));
  for (const Problem& p : later)
    text +=
        fmt::format("\n  {}; {}", p.sentence.substr(0, p.sentence.find(": not in")), p.suggestion);
  return text;
}

}  // namespace

int validate_command(const ValidateOptions& options) {
  const auto how = read_options(options.file, false);
  if (!how) return complain("validate", how.error().message, Outcome::Invalid, options.json);
  bool wrong = false;
  Value all = Value::list();
  for (const std::string& file : options.files) {
    const ReadExperiment read = read_experiment_file(file, *how);
    const Counts counts = count(read.problems);
    const bool valid = counts.errors == 0 && !(options.strict && counts.warnings > 0);
    wrong = wrong || !valid;
    const auto later = read.experiment ? not_in_this_version(*read.experiment, how->faults)
                                       : std::vector<Problem>{};
    if (options.json) {
      Value one = file_document(file, valid, read.problems);
      one.set("not_in_this_version", encode_problems(later));
      all.push(std::move(one));
    } else {
      show_problems(read.problems);
      std::puts(summary(file, counts, later, options.strict).c_str());
    }
  }
  if (options.json) std::puts(to_json_pretty(all).c_str());
  return exit_code(wrong ? Outcome::Invalid : Outcome::Held);
}

}  // namespace gunflint
