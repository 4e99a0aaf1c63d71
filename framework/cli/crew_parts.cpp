#include "cli/crew_parts.hpp"

#include <limits.h>
#include <unistd.h>

#include <cstdlib>

#include "cli/sudo.hpp"
#include "host/http_curl.hpp"
#include "host/real_host.hpp"
#include "load/spawned_worker.hpp"
#include "target/nearby.hpp"

namespace gunflint {
namespace {

std::string this_program() {
  char path[PATH_MAX];
  const ssize_t n = ::readlink("/proc/self/exe", path, sizeof path);
  return n > 0 ? std::string(path, static_cast<std::size_t>(n)) : "gunflint";
}

std::string agent_program() {
  if (const char* named = std::getenv("GUNFLINT_AGENT"); named && *named) return named;
  const std::string self = this_program();
  const std::string beside = self.substr(0, self.rfind('/') + 1) + "gunflint-agent";
  return ::access(beside.c_str(), X_OK) == 0 ? beside : "gunflint-agent";
}

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
  parts.make_worker = [](OnSlice on_slice, OnWorkerLost on_lost) {
    return spawn_worker({this_program(), "worker"}, std::move(on_slice), std::move(on_lost));
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
