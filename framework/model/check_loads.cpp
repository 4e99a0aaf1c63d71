// Loads: addresses, patterns, stages.
#include <fmt/format.h>

#include "gunflint/model/pattern.hpp"
#include "model/check.hpp"

namespace gunflint {
namespace {

bool is_web_address(const std::string& url) {
  return url.rfind("http://", 0) == 0 || url.rfind("https://", 0) == 0;
}

/// `with_base`: of a request whose load has a `base_url`, so that a path is meant.
void report_address(const std::string& url, const Mark& mark, bool with_base, Reader& reader) {
  std::string fix = "write `http://host:port/path`";
  if (url.find("://") == url.npos && !url.empty() && url[0] != '/')
    fix = with_base && url.find(":") == url.npos
              ? fmt::format("write `/{}`: it is added to `base_url`", url)
              : fmt::format("write `http://{}`", url);
  reader.problem(mark, "E143", fmt::format("`{}` is no web address", url), std::move(fix));
}

/// "sentence; fix"
void report_pattern(const std::string& message, const Mark& mark, Reader& reader) {
  const auto at = message.find("; ");
  reader.problem(mark, "E142", message.substr(0, at),
                 at == message.npos ? std::string() : message.substr(at + 2));
}

void check_pattern(const std::string& pattern, const Mark& mark, Reader& reader) {
  if (auto compiled = Pattern::compile(pattern); !compiled)
    report_pattern(compiled.error().message, mark, reader);
}

void check_request(const LoadSpec& load, const Request& q, Reader& reader) {
  const bool relative = q.url.rfind('/', 0) == 0;
  // ${name} of an earlier step may be the whole address.
  if (!relative && q.url.rfind("${", 0) != 0 && !is_web_address(q.url))
    report_address(q.url, q.mark, !load.base_url.empty(), reader);
  if (relative && load.base_url.empty())
    reader.problem(q.mark, "E143",
                   fmt::format("`{}` is a path, and the load has no `base_url`", q.url),
                   "add `base_url: http://host:port` to the load");
  for (const auto& pattern : q.check.body_matches) check_pattern(pattern, q.mark, reader);
  for (const auto& e : q.extract) {
    if (e.from == Extract::From::Json && e.what.rfind('$', 0) != 0)
      reader.problem(q.mark, "E142", fmt::format("`{}` is no JSON path", e.what),
                     fmt::format("it begins with `$`: `$.{}`", e.what));
    if (e.from != Extract::From::Regex) continue;
    auto compiled = Pattern::compile(e.what);
    if (!compiled)
      report_pattern(compiled.error().message, q.mark, reader);
    else if (compiled->groups() != 1)
      reader.problem(q.mark, "E142", fmt::format("`{}` has {} groups", e.what, compiled->groups()),
                     "what is in its one ( ) group is kept: `id=([0-9]+)`");
  }
}

void check_load(const LoadSpec& load, const Value& entry, Reader& reader) {
  if (!load.base_url.empty() && !is_web_address(load.base_url))
    report_address(load.base_url, mark_at(entry, "base_url"), false, reader);
  if (load.replay && load.base_url.empty())
    reader.problem(mark_at(entry, "replay"), "E143",
                   "a log holds paths, and the load has no `base_url`",
                   "add `base_url: http://host:port` to the load");
  if (load.timeout <= Duration::zero())
    reader.problem(mark_at(entry, "timeout"), "E104", "a timeout is longer than nothing",
                   "write `timeout: 10s`");
  for (const auto& journey : load.replay ? std::vector<Journey>{} : load.journeys) {
    bool sends = false;
    for (const auto& step : journey.steps)
      if (const auto* request = std::get_if<Request>(&step)) {
        sends = true;
        check_request(load, *request, reader);
      }
    if (!sends && !journey.name.empty())
      reader.problem(journey.mark, "E103",
                     fmt::format("the journey `{}` sends nothing", journey.name),
                     "add a step such as `{ get: / }`");
  }
  if (load.journeys.empty() && !entry.find("replay"))
    reader.problem(entry.mark, "E103", "the load has no journey",
                   "add one under `journeys` or `requests`");
  if (load.stages.empty() && !entry.find("replay"))
    reader.problem(mark_at(entry, "stages"), "E103", "the load has no stage",
                   "add `- { name: normal, rate: 50/s, for: 1m }`");
  check_load_traffic(load, entry, reader);
  check_load_connections(load, entry, reader);
}

}  // namespace

void check_loads(const Checked& c, Reader& reader) {
  const Value* section = c.document.find("load");
  if (!section || !section->is_map()) return;
  auto scope = reader.in("load");
  for (const auto& load : c.experiment.loads)
    if (const Value* entry = section->find(load.name); entry && entry->is_map()) {
      auto inner = reader.in(load.name);
      check_load(load, *entry, reader);
    }
}

}  // namespace gunflint
