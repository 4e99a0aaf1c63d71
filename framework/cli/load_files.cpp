#include "cli/load_files.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>

#include <fmt/format.h>

#include "model/access_log.hpp"
#include "model/local_file.hpp"
#include "model/rows.hpp"

namespace gunflint {
namespace {

constexpr std::size_t most_text = 16 << 20;

/// "--data-file: users.csv:3: …"
Failure of_option(const std::string& option, const Error& error) {
  return fail(error.cause, option + ": " + error.message);
}

/// "--cacert: cannot read x.pem: no such file or directory; …"
Failure not_readable(const std::string& option, const Error& error) {
  return fail(Cause::BadInput, fmt::format("{}: {}; name a file that is there and may be read",
                                           option, error.message));
}

}  // namespace

Result<std::string> text_or_file(const std::string& option, const std::string& text) {
  if (!text.starts_with('@')) return text;
  const std::string path = text.substr(1);
  auto read = read_local_file(path, most_text);
  if (!read) return not_readable(option, read.error());
  return *read;
}

Result<void> can_read_pem(const std::string& option, const std::string& path) {
  if (path.empty()) return {};
  const auto text = read_local_file(path, most_text);
  if (!text) return not_readable(option, text.error());
  if (text->find("-----BEGIN ") == text->npos)
    return fail(Cause::BadInput,
                fmt::format("{} {} is no PEM file: it holds no `-----BEGIN …` line; convert it "
                            "with `openssl x509 -inform der -in {} -out {}.pem`",
                            option, path, path, path));
  return {};
}

Result<DataSpec> parse_data_file(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == text.npos || equals == 0 || equals + 1 == text.size())
    return fail(Cause::BadInput, fmt::format("--data-file {}: write NAME=FILE, such as "
                                             "users=users.csv, or users=users.csv:random",
                                             text));
  DataSpec data;
  data.name = text.substr(0, equals);
  data.file = text.substr(equals + 1);
  if (const auto colon = data.file.rfind(':'); colon != data.file.npos) {
    const std::string order = data.file.substr(colon + 1);
    for (const auto& [value, name] : Names<RowOrder>::table)
      if (name == order) {
        data.order = value;
        data.file.resize(colon);
      }
    // A file's name may hold a colon; what looks like a word after it is a misspelled order.
    if (data.file.size() > colon && !std::ifstream(data.file))
      return fail(Cause::BadInput,
                  fmt::format("--data-file {}: rows are taken `sequential`, `random` or `unique`, "
                              "not `{}`",
                              text, order));
  }
  auto columns = Rows::head(data.file);
  if (!columns) return of_option("--data-file", columns.error());
  data.columns = std::move(*columns);
  return data;
}

namespace {

Journey one_request(const char* method, std::size_t weight) {
  Request request;
  request.name = request.method = method;
  request.url = "/";
  Journey journey;
  journey.name = method;
  journey.weight = static_cast<double>(weight);
  journey.steps = {std::move(request)};
  return journey;
}

}  // namespace

Result<void> replay_log(LoadSpec& load) {
  ReplaySpec& replay = *load.replay;
  auto log = AccessLog::load(replay.file);
  if (!log) return of_option("--replay", log.error());
  replay.requests = log->size();
  replay.length = log->length();
  replay.left_out = log->left_out();
  if (log->size() > log->heads())
    load.journeys.push_back(one_request("GET", log->size() - log->heads()));
  if (log->heads() > 0) load.journeys.push_back(one_request("HEAD", log->heads()));
  if (!load.stages.empty()) return {};
  replay.timed = true;
  const double length = std::max(0.001, seconds(replay.length) / replay.speed);
  Stage stage;
  stage.name = "replay";
  stage.rate = Rate{static_cast<double>(log->size()) / length};
  stage.length = from_seconds(length);
  load.stages = {stage};
  return {};
}

}  // namespace gunflint
