#include "cli/crew_parts.hpp"

#include "cli/programs.hpp"
#include "cli/sudo.hpp"
#include "host/http_curl.hpp"
#include "host/real_host.hpp"
#include "load/spawned_worker.hpp"
#include "target/nearby.hpp"

namespace gunflint {
namespace {

/// What probes need; lives as long as the last of them.
struct ProbeParts {
  explicit ProbeParts(const Sources& s) : sources(s) {}
  CurlHttp http;
  RealHost host;
  Sources sources;
  ProbeHost ports() { return {http, *host.processes, *host.files, *host.clock, sources}; }
};

}  // namespace

FindKind catalogue() {
  return [](const std::string& type) { return find_fault(type); };
}

CrewParts crew_parts(const Sources& sources) {
  auto probes = std::make_shared<ProbeParts>(sources);
  CrewParts parts;
  parts.agent_argv = [](const std::string& key) -> std::vector<std::string> {
    if (key == "api") return {this_program(), "api-agent"};
    if (key == "root") return {"sudo", "-n", "--", agent_program()};
    return {agent_program()};
  };
  parts.admit = [](const std::string& key) -> Result<void> {
    if (key != "root") return {};
    return admit_root(agent_program());
  };
  parts.make_worker = [](const std::vector<LoadSpec>& loads, OnSlice on_slice,
                         OnWorkerLost on_lost) {
    return spawn_worker(worker_argv(loads), std::move(on_slice), std::move(on_lost));
  };
  parts.make_probe = [probes](const ProbeSpec& of, const std::string& metric) {
    return make_probe(of, metric, probes->ports());
  };
  parts.make_alert_probe = [probes](const AlertExpectation& alert) {
    return make_alert_probe(alert, probes->ports());
  };
  parts.nearby = [](const TargetSpec& target) { return nearby(target.local); };
  return parts;
}

}  // namespace gunflint
