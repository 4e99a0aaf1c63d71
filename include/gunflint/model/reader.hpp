#pragma once
/// Reading an experiment: text -> Value with marks -> Experiment, and every mistake on the way.
/// Nothing is fetched or run; `use` and `body_file` read local files beside the experiment.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gunflint/base/problem.hpp"
#include "gunflint/model/experiment.hpp"

namespace gunflint {

/// Limits of a file (E002). They stop the parser before a tree exists.
struct ReadLimits {
  std::size_t bytes = 1 << 20;
  int depth = 32;
  int nodes = 10'000;
};

/// A YAML document with marks; problems go to `reader`. None after an error.
/// Anchors, aliases, merge keys, tags and keys used twice are errors.
std::optional<Value> parse_yaml(std::shared_ptr<const SourceText> source, Reader& reader,
                                const ReadLimits& limits = {});

/// What the reader must know about a fault type; the catalogue is on a higher floor.
struct KnownFault {
  std::string name, summary, example;
  bool instant = false;                                     ///< its act has no duration: no `for`
  Shape shape;                                              ///< of its own fields
  std::function<void(const Value& params, Reader&)> check;  ///< reports every mistake
  /// Whether nobody can undo it: needs `irreversible: true`. Asked only when `check` found nothing.
  std::function<bool(const Value& params)> irreversible;
  /// The same params as typed data: what goes to journal and agent.
  std::function<Value(const Value& params)> tidy;
};

struct ReadOptions {
  std::map<std::string, std::string> set;  ///< --set name=value
  /// Environment variables, for `${env:X}` and GUNFLINT_VAR_<NAME>. Absent: none is set.
  std::function<std::optional<std::string>(const std::string&)> environment;
  /// Values of `${secret:x}`. Absent: none is known.
  std::function<std::optional<std::string>(const std::string&)> secret;
  /// A secret that is not known is an error (run, plan), else a warning (validate).
  bool need_secrets = false;
  std::vector<KnownFault> faults;  ///< the catalogue; empty: fault types are not checked
};

struct Secret {
  std::string name, value;
};

struct ReadExperiment {
  std::shared_ptr<const SourceText> source;  ///< the file as written
  std::optional<Experiment> experiment;      ///< none when there is an error
  std::vector<Problem> problems;             ///< in file order; warnings among them
  std::vector<Secret> secrets;               ///< to be redacted wherever something is written
};

ReadExperiment read_experiment(std::shared_ptr<const SourceText> source,
                               const ReadOptions& options);
/// `-` is standard input.
ReadExperiment read_experiment_file(const std::string& path, const ReadOptions& options);

/// Replaces the values of secrets in all texts by `${secret:name}`.
Value redact(Value value, const std::vector<Secret>& secrets);
std::string redact(std::string text, const std::vector<Secret>& secrets);

/// Features of the language that `plan` and `run` refuse for now (code E190). `built` are the fault
/// types of the catalogue.
std::vector<Problem> not_in_this_version(const Experiment& experiment,
                                         const std::vector<KnownFault>& built);

/// Shortest and longest time from load start to verdict, drain included (semantics 6).
struct Length {
  Duration shortest{}, longest{};
};
Length length_of(const Experiment& experiment);

/// For people: code frames with a caret, in file order; at most `most` of them, the rest counted.
std::string print_problems(const std::vector<Problem>& problems, bool colour,
                           std::size_t most = 20);
/// For machines: a list of {severity, code, file, line, column, path, sentence, suggestion, help}.
Value encode_problems(const std::vector<Problem>& problems);

}  // namespace gunflint
