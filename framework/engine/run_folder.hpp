#pragma once
/// Where runs lie: `gunflint-runs/<run id>/journal.jsonl` and beside it `experiment.yaml` (as
/// written), `verdict.json` and the reports. A run id is "20261122-190512-7f3a": local order is
/// order of time, and the last four characters are enough to name a run.

#include <string>
#include <vector>

#include "gunflint/base/result.hpp"
#include "gunflint/base/units.hpp"

namespace gunflint {

struct RunFolder {
  std::string id, path;
  std::string journal() const { return path + "/journal.jsonl"; }
  std::string experiment() const { return path + "/experiment.yaml"; }
  std::string verdict() const { return path + "/verdict.json"; }
};

constexpr std::string_view default_runs_folder = "gunflint-runs";

/// Makes `out`/`<id>`; ids of runs started in the same second differ.
Result<RunFolder> create_run_folder(const std::string& out, WallTime now);
/// All runs, oldest first. A missing folder holds no runs.
Result<std::vector<RunFolder>> list_runs(const std::string& out);
/// `name`: a folder, a journal file, a whole id, its end ("7f3a"), or "last". Errors list what
/// there is.
Result<RunFolder> find_run(const std::string& out, const std::string& name);

}  // namespace gunflint
