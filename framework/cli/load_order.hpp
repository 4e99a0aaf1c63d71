#pragma once
/// What `gunflint load` is asked to do: the command line, or an experiment file, as loads.

#include <optional>

#include "cli/commands.hpp"
#include "cli/load_files.hpp"
#include "gunflint/model/load_spec.hpp"
#include "gunflint/model/reader.hpp"

namespace gunflint {

struct LoadOrder {
  std::vector<LoadSpec> loads;  ///< as asked; see sent()
  std::string title;            ///< "http://shop/ (GET /)", "checkout.yaml"
  std::uint64_t seed = 1;
  std::vector<Secret> secrets;  ///< of the file: never printed
  bool until_done = false;      ///< it ends with `max_journeys`, however long that takes
  std::string note;             ///< what a person should know before it begins
};

/// Options that contradict each other, and files that cannot be used, are BadInput with one
/// sentence and its fix.
Result<LoadOrder> order_of_url(const LoadOptions& options);
/// The loads of an experiment. `read` is what the file says; BadInput when it has none, or none
/// named `--only`, or when options say what the file says already.
Result<LoadOrder> order_of_file(const LoadOptions& options, const ReadExperiment& read);
/// The target is an experiment file: it ends in .yaml or .yml. An error when there is no such file.
Result<bool> names_a_file(const LoadOptions& options);

/// When the traffic of one load ends.
Duration traffic_length(const LoadSpec& load);
Duration traffic_length(const LoadOrder& order);  ///< of the longest
/// The loads as the workers get them: after its last stage each is silent, where a run of an
/// experiment would go on until all is decided.
std::vector<LoadSpec> sent(const LoadOrder& order);
/// The stage of a load at `at`, or nullptr when there is none (any more).
const Stage* stage_at(const LoadSpec& load, Duration at);

}  // namespace gunflint
