#pragma once
/// What a hypothesis, reaction or guard looks at.

#include <string>
#include <variant>
#include <vector>

#include "gunflint/base/fields.hpp"

namespace gunflint {

enum class Across { Mean, Max, Min, Sum };
template <>
struct Names<Across> {
  static constexpr std::array table{std::pair{Across::Mean, "mean"}, std::pair{Across::Max, "max"},
                                    std::pair{Across::Min, "min"}, std::pair{Across::Sum, "sum"}};
};

/// The traffic's own measurements, read from slices. Empty `load` is the only load there is;
/// at most one of `journey` and `step` is set.
struct OfLoad {
  static constexpr std::string_view kind = "load";
  std::string load, journey, step;
  static Fields<OfLoad> fields();
};
/// A target's members: ready, desired, restarts, changes, reversals, cpu, memory, queue.
struct OfTarget {
  static constexpr std::string_view kind = "target";
  std::string target;
  Across across = Across::Mean;
  static Fields<OfTarget> fields();
};
/// A PromQL query to the source `prometheus`.
struct OfPrometheus {
  static constexpr std::string_view kind = "prometheus";
  std::string query;
  static Fields<OfPrometheus> fields();
};
/// A query in the small subset over a /metrics page of `sources.scrape`.
struct OfScrape {
  static constexpr std::string_view kind = "scrape";
  std::string source, query;
  static Fields<OfScrape> fields();
};
/// One HTTP request: metrics status, body, latency.
struct OfHttp {
  static constexpr std::string_view kind = "http";
  std::string url;
  static Fields<OfHttp> fields();
};
/// One TCP connect to host:port: metric `value` is 1 when it was accepted, `latency`.
struct OfTcp {
  static constexpr std::string_view kind = "tcp";
  std::string address;
  static Fields<OfTcp> fields();
};
/// One command: metrics `status` (exit code), `value` (stdout as a number), `body` (stdout).
struct OfExec {
  static constexpr std::string_view kind = "exec";
  std::vector<std::string> argv;
  static Fields<OfExec> fields();
};
/// Lines of a log file that match a pattern: metric `value` is matches per second.
struct OfLogs {
  static constexpr std::string_view kind = "logs";
  std::string file, pattern;
  static Fields<OfLogs> fields();
};

using ProbeSpec =
    std::variant<OfLoad, OfTarget, OfPrometheus, OfScrape, OfHttp, OfTcp, OfExec, OfLogs>;

/// "load shoppers, step checkout", "prometheus sum(up)": for messages and reports.
std::string describe(const ProbeSpec& spec);

}  // namespace gunflint
