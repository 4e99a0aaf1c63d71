#include <fmt/format.h>
#include <fmt/ranges.h>

#include "gunflint/model/probe_spec.hpp"

namespace gunflint {

Fields<OfLoad> OfLoad::fields() {
  using T = OfLoad;
  return {field("load", &T::load, "The load."), field("journey", &T::journey, "One journey of it."),
          field("step", &T::step, "One step of it.")};
}
Fields<OfTarget> OfTarget::fields() {
  using T = OfTarget;
  return {field("target", &T::target, "The target.").required(),
          field("across", &T::across, "How the values of several members become one.")};
}
Fields<OfPrometheus> OfPrometheus::fields() {
  return {field("query", &OfPrometheus::query, "PromQL.").required()};
}
Fields<OfScrape> OfScrape::fields() {
  return {field("source", &OfScrape::source, "A name of `sources.scrape`.").required(),
          field("query", &OfScrape::query, "What to read from the page.").required()};
}
Fields<OfHttp> OfHttp::fields() { return {field("url", &OfHttp::url, "The URL.").required()}; }
Fields<OfTcp> OfTcp::fields() {
  return {field("address", &OfTcp::address, "host:port").required()};
}
Fields<OfExec> OfExec::fields() { return {field("argv", &OfExec::argv, "Words.").required()}; }
Fields<OfLogs> OfLogs::fields() {
  return {field("file", &OfLogs::file, "The file.").required(),
          field("pattern", &OfLogs::pattern, "A regular expression.").required()};
}

namespace {
struct Describe {
  std::string operator()(const OfLoad& o) const {
    std::string text = o.load.empty() ? "the load" : fmt::format("load {}", o.load);
    if (!o.journey.empty()) text += fmt::format(", journey {}", o.journey);
    if (!o.step.empty()) text += fmt::format(", step {}", o.step);
    return text;
  }
  std::string operator()(const OfTarget& o) const { return fmt::format("target {}", o.target); }
  std::string operator()(const OfPrometheus& o) const {
    return fmt::format("prometheus {}", o.query);
  }
  std::string operator()(const OfScrape& o) const {
    return fmt::format("scrape {}: {}", o.source, o.query);
  }
  std::string operator()(const OfHttp& o) const { return fmt::format("http {}", o.url); }
  std::string operator()(const OfTcp& o) const { return fmt::format("tcp {}", o.address); }
  std::string operator()(const OfExec& o) const {
    return fmt::format("exec {}", fmt::join(o.argv, " "));
  }
  std::string operator()(const OfLogs& o) const {
    return fmt::format("logs {} matching {}", o.file, o.pattern);
  }
};
}  // namespace

std::string describe(const ProbeSpec& spec) { return std::visit(Describe{}, spec); }

}  // namespace gunflint
