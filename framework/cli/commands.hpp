#pragma once
/// Every command of `gunflint`: what the command line asks for (XOptions, filled by options.cpp,
/// the only user of CLI11) and the function that does it (x_command, in its own file). A command
/// writes results to stdout, messages to stderr, and returns its exit code.
///
/// A new command is three things: a struct and a function here, its options in options.cpp, its
/// file.

#include <optional>
#include <string>
#include <vector>

#include "gunflint/base/units.hpp"
#include "gunflint/model/verdict.hpp"

namespace gunflint {

/// Parses the command line and does what it says.
int run_command_line(int argc, const char* const* argv);

/// What every command that reads an experiment accepts.
struct FileOptions {
  std::vector<std::string> set;  ///< --set name=value
};

// ---- the file ----
struct ValidateOptions {
  std::vector<std::string> files;
  FileOptions file;
  bool strict = false;  ///< warnings count
  bool json = false;
};
int validate_command(const ValidateOptions&);

struct ListOptions {
  std::string what = "faults";  ///< faults, targets, metrics
  bool json = false;
};
int list_command(const ListOptions&);

// ---- everything else ----
struct DemoOptions {
  std::string out = "gunflint-runs/demo";  ///< reports and the experiments that were run
};
int demo_command(const DemoOptions&);

struct VersionOptions {
  bool json = false;
};
int version_command(const VersionOptions&);

}  // namespace gunflint
