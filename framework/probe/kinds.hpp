#pragma once
/// One maker per kind of probe; each is one file.

#include "gunflint/concepts/probe.hpp"

namespace gunflint {

using MadeProbe = Result<std::unique_ptr<Probe>>;

MadeProbe make_http_probe(const OfHttp& of, const std::string& metric, const ProbeHost& host);
MadeProbe make_tcp_probe(const OfTcp& of, const std::string& metric, const ProbeHost& host);
MadeProbe make_exec_probe(const OfExec& of, const std::string& metric, const ProbeHost& host);
MadeProbe make_prometheus_probe(const OfPrometheus& of, const ProbeHost& host);
MadeProbe make_scrape_probe(const OfScrape& of, const ProbeHost& host);
MadeProbe make_logs_probe(const OfLogs& of, const ProbeHost& host);

}  // namespace gunflint
