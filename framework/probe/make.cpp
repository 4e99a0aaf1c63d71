#include "probe/kinds.hpp"

namespace gunflint {

Result<std::unique_ptr<Probe>> make_probe(const ProbeSpec& spec, const std::string& metric,
                                          ProbeHost host) {
  struct Maker {
    const std::string& metric;
    const ProbeHost& host;
    MadeProbe operator()(const OfLoad&) const { return not_read("traffic"); }
    MadeProbe operator()(const OfTarget&) const { return not_read("members"); }
    MadeProbe operator()(const OfPrometheus& of) const { return make_prometheus_probe(of, host); }
    MadeProbe operator()(const OfScrape& of) const { return make_scrape_probe(of, host); }
    MadeProbe operator()(const OfHttp& of) const { return make_http_probe(of, metric, host); }
    MadeProbe operator()(const OfTcp& of) const { return make_tcp_probe(of, metric, host); }
    MadeProbe operator()(const OfExec& of) const { return make_exec_probe(of, metric, host); }
    MadeProbe operator()(const OfLogs& of) const { return make_logs_probe(of, host); }
    static MadeProbe not_read(const std::string& what) {
      return fail(Cause::BadInput, "values of " + what + " come with events and need no probe");
    }
  };
  return std::visit(Maker{metric, host}, spec);
}

}  // namespace gunflint
