// How a hypothesis, reaction, guard or condition names what it looks at.
#include "model/codecs.hpp"

namespace gunflint::wire {
namespace {

struct Logs {
  std::string file, pattern;
  static Fields<Logs> fields() {
    return {
        field("file", &Logs::file, "The log file.").required(),
        field("pattern", &Logs::pattern, "Regular expression of the lines that count.").required()};
  }
};

struct WrittenSource {
  std::optional<std::string> load, journey, step, target, prometheus, scrape, query, http, tcp;
  std::optional<Across> across;
  std::optional<OneOrMany<std::string>> exec;
  std::optional<Logs> logs;
  static Fields<WrittenSource> fields() {
    using T = WrittenSource;
    return {
        field("load", &T::load, "Traffic: the name of a load."),
        field("journey", &T::journey, "Only this journey of the load."),
        field("step", &T::step, "Only this step of the load."),
        field("target", &T::target, "Members of a target: ready, cpu, restarts, …"),
        field("across", &T::across, "How the values of several members become one; default mean."),
        field("prometheus", &T::prometheus, "PromQL, asked of `sources.prometheus`."),
        field("scrape", &T::scrape, "A page of `sources.scrape`, read with `query`."),
        field("query", &T::query,
              "What to read from the scraped page: `name{label=\"x\"}`, rate, …"),
        field("http", &T::http, "A URL to get: metrics status, body, latency."),
        field("tcp", &T::tcp, "`host:port` to connect to: metrics value, latency."),
        field("exec", &T::exec, "A command as a list of words: metrics status, value, body."),
        field("logs", &T::logs, "Matching lines of a file per second.")};
  }
};

}  // namespace

const std::vector<std::string>& source_keys() {
  static const std::vector<std::string> keys = Codec<WrittenSource>::declared().names();
  return keys;
}

bool read_source(const Value& v, ProbeSpec& out, Reader& r) {
  WrittenSource w;
  if (!decode(v, w, r)) return false;
  if (!exactly_one(v, {"load", "target", "prometheus", "scrape", "http", "tcp", "exec", "logs"},
                   w.journey || w.step ? 0 : 1, r))
    return false;
  if (!exactly_one(v, {"journey", "step"}, 0, r)) return false;
  auto only_with = [&](bool here, const char* key, const char* with) {
    if (here) return true;
    r.problem(v.find_entry(key)->mark, "E120", std::string("`") + key + "` needs `" + with + "`");
    return false;
  };
  const bool load = w.load || (!w.target && !w.prometheus && !w.scrape && !w.http && !w.tcp &&
                               !w.exec && !w.logs);
  if (w.journey && !only_with(load, "journey", "load")) return false;
  if (w.step && !only_with(load, "step", "load")) return false;
  if (w.across && !only_with(w.target.has_value(), "across", "target")) return false;
  if (w.query && !only_with(w.scrape.has_value(), "query", "scrape")) return false;
  if (w.scrape && !w.query) return detail::missing(r, v, "query");
  if (load)
    out = OfLoad{w.load.value_or(""), w.journey.value_or(""), w.step.value_or("")};
  else if (w.target)
    out = OfTarget{*w.target, w.across.value_or(Across::Mean)};
  else if (w.prometheus)
    out = OfPrometheus{*w.prometheus};
  else if (w.scrape)
    out = OfScrape{*w.scrape, *w.query};
  else if (w.http)
    out = OfHttp{*w.http};
  else if (w.tcp)
    out = OfTcp{*w.tcp};
  else if (w.exec)
    out = OfExec{w.exec->all};
  else
    out = OfLogs{w.logs->file, w.logs->pattern};
  return true;
}

namespace {
struct ToKeys {
  WrittenSource operator()(const OfLoad& o) const {
    WrittenSource w;
    if (!o.load.empty() || (o.journey.empty() && o.step.empty())) w.load = o.load;
    if (!o.journey.empty()) w.journey = o.journey;
    if (!o.step.empty()) w.step = o.step;
    return w;
  }
  WrittenSource operator()(const OfTarget& o) const {
    WrittenSource w;
    w.target = o.target;
    if (o.across != Across::Mean) w.across = o.across;
    return w;
  }
  WrittenSource operator()(const OfPrometheus& o) const { return {.prometheus = o.query}; }
  WrittenSource operator()(const OfScrape& o) const {
    return {.scrape = o.source, .query = o.query};
  }
  WrittenSource operator()(const OfHttp& o) const { return {.http = o.url}; }
  WrittenSource operator()(const OfTcp& o) const { return {.tcp = o.address}; }
  WrittenSource operator()(const OfExec& o) const {
    return {.exec = OneOrMany<std::string>{o.argv}};
  }
  WrittenSource operator()(const OfLogs& o) const { return {.logs = Logs{o.file, o.pattern}}; }
};
}  // namespace

Value write_source(const ProbeSpec& spec) { return encode(std::visit(ToKeys{}, spec)); }
Shape source_shape() { return shape_of<WrittenSource>(); }

}  // namespace gunflint::wire
