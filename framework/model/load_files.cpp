#include "model/load_files.hpp"

#include <array>
#include <chrono>
#include <cmath>
#include <filesystem>

#include <fmt/format.h>

#include "model/access_log.hpp"
#include "model/local_file.hpp"
#include "model/rows.hpp"

namespace gunflint {
namespace {

constexpr std::size_t most_body = 16 << 20;
constexpr std::size_t most_pem = 16 << 20;
/// Rows up to here are all read when the experiment is, so that `validate` finds a wrong one; of a
/// larger file only the head is.
constexpr std::uintmax_t small_file = 64 << 20;
constexpr Duration longest_replay = std::chrono::hours(24 * 31);

/// The path as the user may write it on the command line: beside the file that names it.
std::string named_path(const Value& name) {
  return beside(name.mark.source ? name.mark.source->name : std::string(), name.text());
}

void replace_text(Value& value, std::string text) {
  const Mark mark = value.mark;
  value = Value(std::move(text));
  value.mark = mark;
}

/// "cannot read a.csv: …", "a.csv:3: 2 cells, …; a cell with a comma …"
void report_file(const Value& name, const Error& error, std::string_view otherwise,
                 Reader& reader) {
  const auto at = error.message.find("; ");
  if (at == error.message.npos)
    reader.problem(name.mark, "E134", error.message, std::string(otherwise));
  else
    reader.problem(name.mark, "E134", error.message.substr(0, at), error.message.substr(at + 2));
}

/// A text that is there and not empty; what else is wrong with it is said when it is decoded.
Value* text_in(Value& map, std::string_view key) {
  Value* text = map.find(key);
  return text && text->is_text() && !text->text().empty() ? text : nullptr;
}

Value marked(Value value, const Mark& mark) {
  value.mark = mark;
  if (value.is_list())
    for (auto& item : value.items()) item = marked(std::move(item), mark);
  if (value.is_map())
    for (auto& entry : value.entries()) {
      entry.mark = mark;
      entry.value = marked(std::move(entry.value), mark);
    }
  return value;
}

std::optional<std::vector<std::string>> columns_of(Value& set, Reader& reader) {
  const Value* named = text_in(set, "file");
  if (!named) return std::nullopt;
  const Value file = *named;  // `set` is about to move its entries
  auto scope = reader.in("file");
  const std::string path = named_path(file);
  std::error_code unknown;
  const auto size = std::filesystem::file_size(path, unknown);
  const bool all = set.text_or("order") == "unique" || (!unknown && size <= small_file);
  Result<std::vector<std::string>> columns = std::vector<std::string>{};
  if (!all) {
    columns = Rows::head(path);
  } else if (const auto rows = Rows::load(path)) {
    columns = rows->columns();
    set.set("rows", marked(Value(static_cast<std::uint64_t>(rows->size())), file.mark));
  } else {
    columns = fail(rows.error());
  }
  if (!columns) {
    report_file(file, columns.error(), "`file` names a CSV or JSON lines file beside this one",
                reader);
    return std::nullopt;
  }
  Value list = Value::list();
  for (const auto& column : *columns) list.push(Value(column));
  set.set("columns", marked(std::move(list), file.mark));
  replace_text(*set.find("file"), absolute_path(path));
  return std::move(*columns);
}

void read_body_of(Value& step, Reader& reader) {
  if (!step.is_map()) return;
  for (auto& entry : step.entries()) {
    if (entry.key != "body_file" || !entry.value.is_text()) continue;
    if (step.find("body")) return;  // reported as excluding each other
    auto text = read_local_file(named_path(entry.value), most_body);
    if (!text) {
      reader.problem(entry.value.mark, "E134", text.error().message,
                     "`body_file` names a file beside this one");
      return;
    }
    entry.key = "body";
    replace_text(entry.value, std::move(*text));
  }
}

void read_body_files(Value& load, Reader& reader) {
  if (Value* requests = load.find("requests"); requests && requests->is_list())
    for (auto& request : requests->items()) read_body_of(request, reader);
  Value* journeys = load.find("journeys");
  if (!journeys || !journeys->is_list()) return;
  for (auto& journey : journeys->items())
    if (Value* steps = journey.find("steps"); steps && steps->is_list())
      for (auto& step : steps->items()) read_body_of(step, reader);
}

struct PemFile {
  std::string_view key, holds, what;
};
constexpr std::array pem_files{
    PemFile{"ca", "CERTIFICATE-----", "a certificate"},
    PemFile{"cert", "CERTIFICATE-----", "a certificate"},
    PemFile{"key", "PRIVATE KEY-----", "a private key"},
};

void look_at_tls(Value& tls, Reader& reader) {
  auto scope = reader.in("tls");
  for (const PemFile& pem : pem_files) {
    Value* name = text_in(tls, pem.key);
    if (!name) continue;
    auto inner = reader.in(pem.key);
    const std::string path = named_path(*name);
    const auto text = read_local_file(path, most_pem);
    if (!text)
      reader.problem(name->mark, "E134", text.error().message,
                     fmt::format("`{}` names a PEM file beside this one", pem.key));
    else if (text->find(pem.holds) == text->npos)
      reader.problem(name->mark, "E134", fmt::format("{} holds no {}", path, pem.what.substr(2)),
                     fmt::format("`{}` is {} as PEM: `-----BEGIN …-----`", pem.key, pem.what));
    else
      replace_text(*name, absolute_path(path));
  }
}

Value journey_of(const char* name, const char* key, std::size_t weight) {
  Value step = Value::map();
  step.set(key, "/");
  step.set("name", name);
  Value steps = Value::list();
  steps.push(std::move(step));
  Value journey = Value::map();
  journey.set("name", name);
  journey.set("weight", static_cast<double>(weight));
  journey.set("steps", std::move(steps));
  return journey;
}

void set_stage(Value& load, double rate, Duration length, const Mark& mark) {
  Value stage = Value::map();
  stage.set("name", "replay");
  stage.set("rate", print(Rate{rate}));
  stage.set("for", print(length));
  Value stages = Value::list();
  stages.push(std::move(stage));
  load.set("stages", marked(std::move(stages), mark));
}

/// The log's length at this speed; none: far too long.
std::optional<Duration> stage_length(Duration recorded, double speed) {
  const double long_is = std::max(0.001, seconds(recorded) / speed);
  if (long_is > seconds(longest_replay)) return std::nullopt;
  return from_seconds(long_is);
}

void read_replay(Value& load, Reader& reader) {
  Value* replay = load.find("replay");
  if (!replay || !replay->is_map() || load.find("journeys") || load.find("requests")) return;
  auto scope = reader.in("replay");
  const Mark mark = replay->mark;
  const bool timed = !load.find("stages");
  Value* file = text_in(*replay, "file");
  double speed = 1;
  Reader quiet;
  if (const Value* written = replay->find("speed")) decode(*written, speed, quiet);
  const auto log = file ? AccessLog::load(named_path(*file)) : Result<AccessLog>(AccessLog());
  std::optional<Duration> length;
  if (file && !log) {
    auto inner = reader.in("file");
    report_file(*file, log.error(), "`file` names an access log beside this one", reader);
  } else if (file && log && speed > 0) {
    length = stage_length(log->length(), speed);
    if (timed && !length)
      reader.problem(file->mark, "E104",
                     fmt::format("the log spans {}, which would last longer than 31 days",
                                 human(log->length())),
                     "cut it, raise `speed`, or give the load `stages`");
  }
  // So that its name is known although nothing else is.
  if (timed && !length) return set_stage(load, 1, 1s, mark);
  if (!file || !log || speed <= 0) return;
  Value left_out = Value::map();
  for (const auto& [why, lines] : log->left_out()) left_out.set(why, Value(lines));
  const double n = static_cast<double>(log->size());
  const std::string path = absolute_path(named_path(*file));
  replace_text(*file, path);
  replay->set("requests", Value(static_cast<std::uint64_t>(log->size())));
  replay->set("length", print(log->length()));
  if (!log->left_out().empty()) replay->set("left_out", std::move(left_out));
  if (timed) replay->set("timed", true);
  Value journeys = Value::list();
  if (log->size() > log->heads())
    journeys.push(journey_of("GET", "get", log->size() - log->heads()));
  if (log->heads() > 0) journeys.push(journey_of("HEAD", "head", log->heads()));
  load.set("journeys", marked(std::move(journeys), mark));
  if (timed) set_stage(load, n / seconds(*length), *length, mark);
}

}  // namespace

ColumnsOfData read_columns(Value& data, Reader& reader) {
  ColumnsOfData out;
  if (!data.is_map()) return out;
  for (auto& set : data.entries()) {
    auto scope = reader.in(set.key);
    out[set.key] = set.value.is_map() ? columns_of(set.value, reader) : std::nullopt;
  }
  return out;
}

void read_load_files(Value& document, Reader& reader) {
  Value* loads = document.find("load");
  if (!loads || !loads->is_map()) return;
  auto scope = reader.in("load");
  for (auto& entry : loads->entries()) {
    Value& load = entry.value;
    if (!load.is_map()) continue;
    auto inner = reader.in(entry.key);
    read_body_files(load, reader);
    if (Value* tls = load.find("tls"); tls && tls->is_map()) look_at_tls(*tls, reader);
    if (Value* connect = load.find("connect"); connect && connect->is_map())
      if (Value* path = text_in(*connect, "unix_socket"))
        replace_text(*path, absolute_path(named_path(*path)));
    read_replay(load, reader);
  }
}

}  // namespace gunflint
