#include "cli/load_files.hpp"

#include <algorithm>
#include <cstring>
#include <ctime>
#include <fstream>

#include <fmt/format.h>

#include "gunflint/base/value.hpp"
#include "model/use.hpp"

namespace gunflint {
namespace {

constexpr std::size_t most_text = 16 << 20;

/// "--cacert: cannot read x.pem: no such file or directory; …"
Failure not_readable(const std::string& option, const Error& error) {
  return fail(Cause::BadInput, fmt::format("{}: {}; name a file that is there and may be read",
                                           option, error.message));
}

/// The first line, without its line break and a byte order mark.
Result<std::string> first_line(const std::string& option, const std::string& path) {
  std::ifstream in(path);
  std::string line;
  if (!in) return not_readable(option, fail_errno(errno, "read " + path).value());
  if (!std::getline(in, line) || line.empty())
    return fail(Cause::BadInput,
                fmt::format("{} {} is empty; its first line names the columns", option, path));
  if (line.starts_with("\xef\xbb\xbf")) line.erase(0, 3);
  while (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

/// The cells of one line (RFC 4180).
std::vector<std::string> csv_cells(const std::string& line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"')
      cells.back() += line[++i];
    else if (c == '"')
      quoted = !quoted;
    else if (c == ',' && !quoted)
      cells.emplace_back();
    else
      cells.back() += c;
  }
  return cells;
}

Result<std::vector<std::string>> columns_of(const std::string& path) {
  GF_TRY_AS(const std::string line, first_line("--data-file", path));
  if (!path.ends_with(".jsonl") && !path.ends_with(".ndjson")) return csv_cells(line);
  const auto row = parse_json(line);
  if (!row || !row->is_map())
    return fail(Cause::BadInput, fmt::format("--data-file {}: its first line is no JSON object; a "
                                             "line is for example {{\"user\": \"ann\"}}",
                                             path));
  std::vector<std::string> columns;
  for (const auto& entry : row->entries()) columns.push_back(entry.key);
  return columns;
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
  GF_TRY_AS(data.columns, columns_of(data.file));
  return data;
}

namespace {

/// Seconds since the epoch of "[10/Oct/2000:13:55:36 -0700]", which begins at `text`.
std::optional<std::time_t> log_time(const char* text) {
  static constexpr const char* months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  std::tm parts{};
  char month[4] = {}, sign = 0;
  int zone = 0;
  if (std::sscanf(text, "[%2d/%3s/%4d:%2d:%2d:%2d %c%4d", &parts.tm_mday, month, &parts.tm_year,
                  &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &sign, &zone) != 8)
    return std::nullopt;
  const char* found = std::strstr(months, month);
  if (std::strlen(month) != 3 || !found || (found - months) % 3 != 0) return std::nullopt;
  parts.tm_mon = static_cast<int>(found - months) / 3;
  parts.tm_year -= 1900;
  const int ahead = (zone / 100 * 60 + zone % 100) * 60;
  return timegm(&parts) - (sign == '-' ? -ahead : ahead);
}

}  // namespace

Result<LogContent> look_at_log(const std::string& path) {
  std::ifstream in(path);
  if (!in) return not_readable("--replay", fail_errno(errno, "read " + path).value());
  LogContent content;
  std::time_t first = 0, last = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.empty()) continue;
    ++content.lines;
    const auto bracket = line.find('['), quote = line.find('"');
    if (bracket == line.npos || quote == line.npos || bracket > quote) continue;
    const bool sent =
        line.compare(quote + 1, 4, "GET ") == 0 || line.compare(quote + 1, 5, "HEAD ") == 0;
    const auto at = log_time(line.c_str() + bracket);
    if (!sent || !at) continue;
    first = content.requests == 0 ? *at : std::min(first, *at);
    last = content.requests == 0 ? *at : std::max(last, *at);
    ++content.requests;
  }
  if (content.requests == 0)
    return fail(Cause::BadInput,
                fmt::format("--replay {} holds no request that can be sent again ({} line{}); it "
                            "wants GET or HEAD lines of an access log in common or combined format",
                            path, content.lines, content.lines == 1 ? "" : "s"));
  content.span = std::chrono::seconds(last - first);
  return content;
}

}  // namespace gunflint
