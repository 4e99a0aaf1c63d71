#include "cli/reading.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>

#include "cli/complain.hpp"
#include "gunflint/concepts/fault.hpp"
#include "model/local_file.hpp"

namespace gunflint {
namespace {

std::optional<std::string> environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value ? std::optional<std::string>(value) : std::nullopt;
}

std::optional<std::string> secret(const std::string& name) {
  if (name.find('/') != name.npos || name.empty()) return std::nullopt;
  std::string variable = "GUNFLINT_SECRET_";
  for (const char c : name)
    variable += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (auto value = environment(variable)) return value;
  // systemd's LoadCredential= puts one file per secret here.
  if (const auto folder = environment("CREDENTIALS_DIRECTORY"))
    if (auto text = read_local_file(*folder + "/" + name, 65536)) {
      while (!text->empty() && text->back() == '\n') text->pop_back();
      return *text;
    }
  return std::nullopt;
}

}  // namespace

std::vector<KnownFault> known_faults() {
  std::vector<KnownFault> all;
  for (const FaultKind* kind : fault_catalogue()) {
    KnownFault known;
    known.name = std::string(kind->name);
    known.summary = std::string(kind->summary);
    known.example = std::string(kind->example);
    known.instant = kind->instant;
    known.irreversible = [kind](const Value& params) {
      return kind->healing(params) == Healing::Never;
    };
    known.shape = kind->shape();
    known.check = kind->check;
    known.tidy = kind->tidy;
    all.push_back(std::move(known));
  }
  return all;
}

Result<ReadOptions> read_options(const FileOptions& file, bool need_secrets) {
  ReadOptions options;
  options.environment = environment;
  options.secret = secret;
  options.need_secrets = need_secrets;
  options.faults = known_faults();
  for (const std::string& given : file.set) {
    const auto equals = given.find('=');
    if (equals == given.npos || equals == 0)
      return fail(Cause::BadInput,
                  fmt::format("--set {} has no value; write --set name=value", given));
    options.set[given.substr(0, equals)] = given.substr(equals + 1);
  }
  return options;
}

bool colour_on_stderr() {
  const auto term = environment("TERM");
  const auto no_colour = environment("NO_COLOR");
  return isatty(STDERR_FILENO) && !(no_colour && !no_colour->empty()) && !(term && *term == "dumb");
}

void show_problems(const std::vector<Problem>& problems) {
  std::fputs(print_problems(problems, colour_on_stderr()).c_str(), stderr);
}

Value file_document(const std::string& path, bool valid, const std::vector<Problem>& problems) {
  Value one = Value::map();
  one.set("file", path);
  one.set("valid", Value(valid));
  one.set("problems", encode_problems(problems));
  return one;
}

std::optional<ReadExperiment> read_for_run(std::string_view command, const std::string& path,
                                           const FileOptions& file, Value& refusal,
                                           std::string_view but) {
  auto options = read_options(file, true);
  if (!options) {
    complain(command, options.error().message, Outcome::Invalid);
    refusal = error_document(options.error().message, Outcome::Invalid);
    return std::nullopt;
  }
  ReadExperiment read = read_experiment_file(path, *options);
  bool wrong = !read.experiment;
  if (read.experiment) {
    const auto refused = not_in_this_version(*read.experiment, options->faults);
    wrong = !refused.empty();
    read.problems.insert(read.problems.end(), refused.begin(), refused.end());
  }
  std::erase_if(read.problems, [&](const Problem& problem) {
    return problem.severity == Severity::Warning && problem.code == but;
  });
  show_problems(read.problems);
  if (!wrong) return read;
  refusal = file_document(path, false, read.problems);
  return std::nullopt;
}

}  // namespace gunflint
