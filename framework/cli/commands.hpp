#pragma once
/// Every command of `gunflint`: what the command line asks for (XOptions, filled by options.cpp and
/// options_load.cpp, the only users of CLI11) and the function that does it (x_command, in its own
/// file). A command writes results to stdout, messages to stderr, and returns its exit code.
///
/// A new command is three things: a struct and a function here, its options in options.cpp, its
/// file.

#include <cstdint>
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

struct SchemaOptions {
  bool json = false;  ///< accepted like everywhere; a schema is JSON in any case
};
int schema_command(const SchemaOptions&);

/// Writes a first experiment to begin with.
struct InitOptions {
  std::string file = "first.yaml";  ///< `-`: standard output
};
int init_command(const InitOptions&);

struct ExplainOptions {
  std::vector<std::string> words;  ///< one word, or a few: `red from`
  bool json = false;
};
int explain_command(const ExplainOptions&);

/// Hidden: writes docs/reference.
struct ReferenceOptions {
  std::string folder = "docs/reference";
};
int reference_command(const ReferenceOptions&);

struct ListOptions {
  std::string what = "faults";  ///< faults, targets, probes, metrics, runs
  std::string out = "gunflint-runs";
  bool json = false;
};
int list_command(const ListOptions&);

// ---- runs ----
struct PlanOptions {
  std::vector<std::string> files;
  FileOptions file;
  std::uint64_t seed = 0;  ///< 0: the file's, else 1
  bool json = false;
};
int plan_command(const PlanOptions&);
struct RunOptions {
  std::vector<std::string> files;
  FileOptions file;
  std::string out = "gunflint-runs";
  std::uint64_t seed = 0;
  std::string junit, html, metrics, metrics_linger, lease = "3s";
  std::vector<std::string> soft;
  bool fail_fast = false, json = false, dry_run = false;
};
int run_command(const RunOptions&);
/// One fault, once, without a file.
struct InjectOptions {
  std::string type;
  std::string target;               ///< --target name=value of a local selector: process=nginx
  std::vector<std::string> fields;  ///< --field share=90%
  std::string length;               ///< --for
  std::string pick = "1";           ///< a count, a share, or all
  std::string out = "gunflint-runs";
  bool dry_run = false, json = false;
};
int inject_command(const InjectOptions&);
// ---- the record ----
struct JudgeOptions {
  std::string run = "last", with, out = "gunflint-runs";
  FileOptions file;
  bool json = false;
};
int judge_command(const JudgeOptions&);

struct HistoryOptions {
  std::string out = "gunflint-runs";
  int most = 20;
  bool json = false;
};
int history_command(const HistoryOptions&);

struct ReportOptions {
  std::string run = "last";           ///< an id, its end, a folder, or a journal file
  std::string format = "html";        ///< html, markdown, junit, json, or text (the verdict block)
  std::string to;                     ///< -o: a file, or "-" for stdout
  std::vector<std::string> soft;      ///< outcomes that count as skipped in JUnit
  std::string out = "gunflint-runs";  ///< where runs lie
  bool json = false;                  ///< the same as `--format json -o -`
};
int report_command(const ReportOptions&);
// ---- undo ----
struct RecoverOptions {
  bool all = false;                   ///< of every user; needs root
  std::string out = "gunflint-runs";  ///< dead runs in there are visited
  bool json = false;
};
int recover_command(const RecoverOptions&);
struct StatusOptions {
  bool json = false;
};
int status_command(const StatusOptions&);
struct StopOptions {
  std::string run;
  bool all = false, json = false;
};
int stop_command(const StopOptions&);
/// Hidden: the agent beside the coordinator, and its holders ("holder", kind).
struct ApiAgentOptions {
  std::vector<std::string> words;
};
int api_agent_command(const ApiAgentOptions&);

// ---- everything else ----
struct DoctorOptions {
  bool json = false;
};
int doctor_command(const DoctorOptions&);

struct DemoOptions {
  std::string out = "gunflint-runs/demo";  ///< reports and the experiments that were run
};
int demo_command(const DemoOptions&);

/// Empty, nothing and false mean "not given": what contradicts what is asked in load_order.cpp.
struct LoadOptions {
  std::string target;  ///< a URL, or an experiment file
  std::string only;    ///< one load of the file
  FileOptions file;
  // when
  std::string rate, length, warm_up, arrivals, think;
  std::optional<int> users, burst, requests;
  std::vector<std::string> stages;
  // what
  std::string method, data, json_body, auth, bearer, timeout;
  std::vector<std::string> headers;  ///< "Name: value"
  std::vector<std::string> data_files;
  std::string replay;
  std::optional<double> speed;
  bool trace = false;
  // what is right
  std::vector<std::string> check_status, check_body, expect;
  std::optional<int> retries;
  std::string backoff, retry_budget;
  // over what
  std::string http, tls_min, tls_max, cacert, cert, key, server_name;
  std::optional<int> connections, streams, requests_per_connection, redirects;
  bool no_keep_alive = false, compression = false, insecure = false, no_session_resumption = false;
  std::string connect_timeout, source_address, unix_socket, lookup_every, proxy, transport;
  std::vector<std::string> resolve;  ///< "host=address"
  // the generator
  std::string pacing, on_overload;
  std::optional<int> max_in_flight;
  int loops = 0;           ///< 0: one per two cores
  std::uint64_t seed = 0;  ///< 0: the file's, else 1
  // where to
  std::string csv, hdr, metrics;
  bool json = false, quiet = false;
};
int load_command(const LoadOptions&);

struct WorkerOptions {
  int loops = 0;
};
int worker_command(const WorkerOptions&);

struct VersionOptions {
  bool json = false;
};
int version_command(const VersionOptions&);

}  // namespace gunflint
