#pragma once
/// One experiment, run and shown: the live view on stderr, the verdict on stdout, reports beside
/// the journal. Shared by `run` and `inject`.

#include <cstdint>
#include <string>
#include <vector>

#include "gunflint/model/reader.hpp"
#include "gunflint/model/verdict.hpp"
#include "report/report.hpp"

namespace gunflint {

struct OneRun {
  ReadExperiment read;
  std::string file, out = "gunflint-runs";
  std::uint64_t seed = 0;
  bool fail_fast = false, json = false;
  Duration lease = 3s;
  Duration linger{};               ///< how long `metrics` is served after the run
  std::string html, metrics;       ///< file and address; empty: the usual place, or none
  JunitDocument* junit = nullptr;  ///< gets the run, and is written to `junit_file`
  std::string junit_file;
  std::vector<Value>* documents = nullptr;  ///< gets what --json would print
  int trial = 0;
};
struct RunEnd {
  Outcome outcome = Outcome::ToolError;
  bool signalled = false;
};
RunEnd run_one(OneRun one);

}  // namespace gunflint
