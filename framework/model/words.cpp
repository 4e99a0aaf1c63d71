#include "model/words.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "gunflint/model/load_spec.hpp"
#include "model/yaml_traps.hpp"

namespace gunflint {
namespace {

constexpr std::array keys{
    // k6
    OtherWord{"k6", "vus", "users", "`users` in a stage of a load"},
    OtherWord{"k6", "duration", "for|trial|time_limit", ""},
    OtherWord{"k6", "thresholds", "steady_state", "`steady_state` at the top of the file"},
    OtherWord{"k6", "abort_on_fail", "abort", "`abort` at the top of the file"},
    OtherWord{"k6", "target", "ramp_to", ""},
    OtherWord{"k6", "scenarios", "load|journeys", ""},
    OtherWord{"k6", "executor", "stages|arrivals", ""},
    OtherWord{"k6", "start_time", "at", ""},
    OtherWord{"k6", "sleep", "think", ""},
    OtherWord{"k6", "checks", "check", ""},
    OtherWord{"k6", "max_vus", "max_in_flight", ""},
    OtherWord{"k6", "pre_allocated_vus", "max_in_flight", ""},
    OtherWord{"k6", "rps", "rate", "`rate` in a stage of the load"},
    OtherWord{"k6", "group", "journeys|name", ""},
    OtherWord{"k6", "params", "headers", ""},
    // Artillery, Locust, JMeter, Gatling
    OtherWord{"Artillery", "phases", "stages", ""},
    OtherWord{"Artillery", "arrival_rate", "rate", ""},
    OtherWord{"Artillery", "flow", "steps", ""},
    OtherWord{"Artillery", "capture", "extract", ""},
    OtherWord{"Artillery", "ensure", "steady_state", ""},
    OtherWord{"Locust", "spawn_rate", "ramp_to", ""},
    OtherWord{"Locust", "wait_time", "think", ""},
    OtherWord{"JMeter", "ramp_up", "ramp_to", ""},
    OtherWord{"JMeter", "threads", "users", ""},
    // k6, vegeta, wrk, oha, curl, Gatling, Locust, JMeter: how requests are sent
    OtherWord{"k6", "insecure_skip_tlsverify", "verify", "`tls: { verify: false }` in a load"},
    OtherWord{"k6", "tls_auth", "cert", "`tls: { cert: …, key: … }` in a load"},
    OtherWord{"k6", "tls_version", "min_version", "`tls: { min_version: 1.3 }` in a load"},
    OtherWord{"k6", "shared_array", "data", "`data` in a load"},
    OtherWord{"k6", "discard_response_bodies", "",
              "nothing: a body is kept only where a check or an extract reads it"},
    OtherWord{"k6", "no_connection_reuse", "keep_alive", "`http: { keep_alive: false }` in a load"},
    OtherWord{"k6", "no_vuconnection_reuse", "keep_alive",
              "`http: { keep_alive: false }` in a load"},
    OtherWord{"k6", "max_redirects", "redirects", "`http: { redirects: 5 }` in a load"},
    OtherWord{"k6", "local_ips", "source_address", "`connect: { source_address: … }` in a load"},
    OtherWord{"k6", "hosts", "resolve|hosts",
              "`connect: { resolve: { HOST: ADDRESS } }` in a load"},
    OtherWord{"k6", "user_agent", "", "`headers: { User-Agent: … }` in a load"},
    OtherWord{"k6", "iterations", "",
              "nothing: a file's stages last for a time; `gunflint load -n 1000` ends by count"},
    OtherWord{"vegeta", "http2", "version", "`http: { version: 2 }` in a load"},
    OtherWord{"vegeta", "h2c", "version", "`http: { version: 2 }` in a load"},
    OtherWord{"vegeta", "root_certs", "ca", "`tls: { ca: … }` in a load"},
    OtherWord{"vegeta", "laddr", "source_address", "`connect: { source_address: … }` in a load"},
    OtherWord{"vegeta", "max_body", "", "nothing: a body is kept only where it is read"},
    OtherWord{"wrk", "concurrency", "users|connections", "`users` in a stage of a load"},
    OtherWord{"oha", "disable_keepalive", "keep_alive", "`http: { keep_alive: false }` in a load"},
    OtherWord{"oha", "disable_compression", "compression",
              "`http: { compression: false }` in a load, which is the default"},
    OtherWord{"oha", "http_version", "version", "`http: { version: 2 }` in a load"},
    OtherWord{"oha", "connect_to", "resolve",
              "`connect: { resolve: { HOST: ADDRESS } }` in a load"},
    OtherWord{"oha", "burst_rate", "burst", ""},
    OtherWord{"curl", "insecure", "verify", "`tls: { verify: false }` in a load"},
    OtherWord{"curl", "cacert", "ca", "`tls: { ca: … }` in a load"},
    OtherWord{"curl", "compressed", "compression", "`http: { compression: true }` in a load"},
    OtherWord{"curl", "retry", "retries", ""},
    OtherWord{"curl", "connect_timeout", "", "`connect: { timeout: … }` in a load"},
    OtherWord{"curl", "max_time", "timeout", ""},
    OtherWord{"Gatling", "feeder", "data", "`data` in a load"},
    OtherWord{"Gatling", "feed", "data", "`data` in a load"},
    OtherWord{"Gatling", "ramp_users_per_sec", "ramp_to", "`ramp_to` in a stage of a load"},
    OtherWord{"Gatling", "constant_users_per_sec", "rate", "`rate` in a stage of a load"},
    OtherWord{"Gatling", "constant_concurrent_users", "users", "`users` in a stage of a load"},
    OtherWord{"Gatling", "ramp_users", "users|ramp_to", "`users` in a stage of a load"},
    OtherWord{"Gatling", "at_once_users", "users", "`users` in a stage of a load"},
    OtherWord{"Gatling", "pause", "think", ""},
    OtherWord{"Locust", "spawn_rate", "", "several stages of a load, each with more `users`"},
    OtherWord{"Locust", "run_time", "for", ""},
    OtherWord{"Locust", "host", "base_url", ""},
    OtherWord{"JMeter", "csv_data_set", "data", "`data` in a load"},
    OtherWord{"JMeter", "num_threads", "users", "`users` in a stage of a load"},
    OtherWord{"JMeter", "ramp_time", "ramp_to", ""},
    OtherWord{"Artillery", "payload", "data", ""},
    OtherWord{"GoReplay", "input_file", "replay|file", ""},
    OtherWord{"", "follow_redirects", "redirects", "`http: { redirects: 5 }` in a load"},
    OtherWord{"", "keepalive", "keep_alive", "`http: { keep_alive: … }` in a load"},
    OtherWord{"", "verify_ssl", "verify", "`tls: { verify: … }` in a load"},
    OtherWord{"", "sni", "server_name", "`tls: { server_name: … }` in a load"},
    OtherWord{"", "ssl", "tls", ""},
    OtherWord{"", "ca_cert", "ca", ""},
    OtherWord{"", "ca_file", "ca", ""},
    OtherWord{"", "client_cert", "cert", ""},
    OtherWord{"", "client_key", "key", ""},
    OtherWord{"", "gzip", "compression", ""},
    OtherWord{"", "max_connections", "connections", ""},
    OtherWord{"", "virtual_users", "users", "`users` in a stage of a load"},
    OtherWord{"", "csv", "data|file", ""},
    OtherWord{"", "access_log", "replay", ""},
    OtherWord{"", "tracing", "trace", ""},
    OtherWord{"", "traceparent", "trace", ""},
    OtherWord{"", "backoff", "retries", ""},
    // Chaos Toolkit
    OtherWord{"Chaos Toolkit", "title", "name", ""},
    OtherWord{"Chaos Toolkit", "steady_state_hypothesis", "steady_state", ""},
    OtherWord{"Chaos Toolkit", "method", "faults", ""},
    OtherWord{"Chaos Toolkit", "probes", "steady_state", ""},
    OtherWord{"Chaos Toolkit", "tolerance", "expect|tolerate", ""},
    OtherWord{"Chaos Toolkit", "rollbacks", "", "nothing: every fault is undone automatically"},
    OtherWord{"Chaos Toolkit", "configuration", "vars", "`vars` at the top of the file"},
    OtherWord{"Chaos Toolkit", "secrets", "", "`${secret:name}` where the secret is used"},
    OtherWord{"Chaos Toolkit", "pauses", "plus", "`plus` in a fault"},
    OtherWord{"Chaos Toolkit", "provider", "type", ""},
    OtherWord{"Chaos Toolkit", "contributions", "tags", ""},
    OtherWord{"Chaos Toolkit", "controls", "", "`abort` to stop a run, `reactions` to judge it"},
    // GitHub and other CI
    OtherWord{"GitHub", "if", "only_if", "`only_if` in a fault"},
    OtherWord{"GitHub", "needs", "after", "`after` in a fault"},
    OtherWord{"GitHub", "timeout_minutes", "time_limit|timeout",
              "`time_limit` at the top of the file"},
    OtherWord{"GitHub", "strategy", "matrix", "`matrix` at the top of the file"},
    OtherWord{"GitHub", "env", "vars", "`vars` at the top of the file"},
    OtherWord{"GitHub", "jobs", "faults", ""},
    OtherWord{"GitHub", "run", "exec", ""},
    OtherWord{"GitHub", "uses", "use|type", ""},
    OtherWord{"GitHub", "continue_on_error", "optional|on_failure", ""},
    OtherWord{"GitHub", "runs_on", "target|targets", ""},
    OtherWord{"GitHub", "on", "", "the schedule in the daemon's file, not in the experiment"},
    OtherWord{"GitHub", "schedule", "", "the schedule in the daemon's file, not in the experiment"},
    OtherWord{"GitHub", "notify", "", "`notify` in the daemon's file, not in the experiment"},
    // Chaos Mesh, Litmus, Gremlin, Pumba, Toxiproxy, tc, stress-ng
    OtherWord{"Chaos Mesh", "mode", "pick", ""},
    OtherWord{"Chaos Mesh", "selector", "target|targets", ""},
    OtherWord{"Chaos Mesh", "action", "type", ""},
    OtherWord{"Chaos Mesh", "scheduler", "repeat", ""},
    OtherWord{"Chaos Mesh", "grace_period", "grace", ""},
    OtherWord{"Chaos Mesh", "stressors", "type", ""},
    OtherWord{"Litmus", "chaos_duration", "for", ""},
    OtherWord{"Litmus", "experiments", "faults", ""},
    OtherWord{"Gremlin", "length", "for", ""},
    OtherWord{"Gremlin", "percent", "share", ""},
    OtherWord{"Gremlin", "attack", "faults|type", ""},
    OtherWord{"Gremlin", "halt_conditions", "abort", ""},
    OtherWord{"Pumba", "interval", "every|repeat", ""},
    OtherWord{"Pumba", "time", "delay", ""},
    OtherWord{"tc", "latency", "delay", ""},
    OtherWord{"stress-ng", "cpu_load", "share", ""},
    OtherWord{"stress-ng", "cpu", "cores", ""},
    OtherWord{"stress-ng", "workers", "cores", ""},
    OtherWord{"Toxiproxy", "toxicity", "percent|share", ""},
    OtherWord{"Toxiproxy", "toxics", "faults", ""},
    // What people expect to find
    OtherWord{"autoscaling", "scaling", "reactions", "`reactions` at the top of the file"},
    OtherWord{"autoscaling", "autoscaling", "reactions", "`reactions` at the top of the file"},
    OtherWord{"", "hypotheses", "steady_state", ""},
    OtherWord{"", "slos", "steady_state", ""},
    OtherWord{"", "guards", "abort", ""},
    OtherWord{"", "stop_conditions", "abort", ""},
    OtherWord{"", "variables", "vars", ""},
    OtherWord{"", "include", "use", ""},
    OtherWord{"", "rollback", "", "nothing: every fault is undone automatically"},
    OtherWord{"", "condition", "expect|when", ""},
    OtherWord{"", "when", "expect", ""},
    OtherWord{"", "expect", "when", ""},
    OtherWord{"", "start", "at", ""},
    OtherWord{"", "delay", "plus", ""},
    OtherWord{"", "metric", "expect", ""},
    OtherWord{"", "query", "prometheus", ""},
};

constexpr std::array types{
    OtherWord{"stress-ng", "stress", "cpu|memory|io", ""},
    OtherWord{"stress-ng", "cpu_stress", "cpu", ""},
    OtherWord{"Litmus", "cpu_hog", "cpu", ""},
    OtherWord{"Litmus", "memory_hog", "memory", ""},
    OtherWord{"Chaos Mesh", "pod_kill", "kill", ""},
    OtherWord{"Litmus", "pod_delete", "kill", ""},
    OtherWord{"Gremlin", "process_killer", "kill", ""},
    OtherWord{"AWS", "terminate", "kill", ""},
    OtherWord{"Gremlin", "shutdown", "kill|stop", ""},
    OtherWord{"Pumba", "freeze", "pause", ""},
    OtherWord{"tc", "delay", "network", ""},
    OtherWord{"tc", "latency", "network", ""},
    OtherWord{"tc", "netem", "network", ""},
    OtherWord{"tc", "loss", "network", ""},
    OtherWord{"Gremlin", "packet_loss", "network", ""},
    OtherWord{"Gremlin", "blackhole", "partition", ""},
    OtherWord{"Gremlin", "time_travel", "clock", ""},
    OtherWord{"Litmus", "disk_fill", "disk", ""},
    OtherWord{"Chaos Mesh", "time_chaos", "clock", ""},
    OtherWord{"", "oom", "memory", ""},
    OtherWord{"", "command", "exec", ""},
    OtherWord{"", "script", "exec", ""},
    OtherWord{"", "config", "setting", ""},
    OtherWord{"", "ulimit", "limit", ""},
};

constexpr std::array metrics{
    OtherWord{"k6", "http_req_failed", "error_rate", ""},
    OtherWord{"k6", "http_req_duration", "p95", ""},
    OtherWord{"k6", "http_reqs", "sent_rate", ""},
    OtherWord{"k6", "iterations", "throughput", ""},
    OtherWord{"k6", "dropped_iterations", "dropped", ""},
    OtherWord{"k6", "checks", "success_rate", ""},
    OtherWord{"k6", "vus", "users", ""},
    OtherWord{"", "concurrency", "in_flight", ""},
    OtherWord{"", "retries", "amplification", ""},
    OtherWord{"k6", "rate", "error_rate", ""},
    OtherWord{"k6", "med", "p50", ""},
    OtherWord{"k6", "avg", "mean", ""},
    OtherWord{"", "median", "p50", ""},
    OtherWord{"", "latency", "p95", ""},
    OtherWord{"", "errors", "error_rate", ""},
    OtherWord{"", "availability", "success_rate", ""},
    OtherWord{"", "rps", "sent_rate", ""},
    OtherWord{"", "replicas", "ready", ""},
    OtherWord{"", "instances", "ready", ""},
    OtherWord{"", "status_code", "status", ""},
};

bool has(std::span<const std::string> all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

/// The first of `a|b|c` that is known here.
std::string first_known(std::string_view candidates, std::span<const std::string> known) {
  while (!candidates.empty()) {
    const auto bar = candidates.find('|');
    const auto one = candidates.substr(0, bar);
    if (has(known, one)) return std::string(one);
    candidates = bar == candidates.npos ? std::string_view() : candidates.substr(bar + 1);
  }
  return {};
}

/// `load.shoppers.rate`, `load.shoppers.get`: a stage or a request without its list.
bool report_key_of_a_list(Reader& reader, const std::string& key, const std::string& plain,
                          const Mark& mark, std::span<const std::string> known) {
  if (!has(known, "stages") || !has(known, "requests")) return false;
  constexpr std::array<std::string_view, 5> of_a_stage{"rate", "for", "from", "to", "users"};
  constexpr std::array<std::string_view, 7> methods{"get",    "post", "put",    "patch",
                                                    "delete", "head", "options"};
  if (std::find(of_a_stage.begin(), of_a_stage.end(), plain) != of_a_stage.end())
    reader.problem(mark, "E102", fmt::format("`{}` belongs to a stage", key),
                   "write `stages: [ { rate: 100/s, for: 30s } ]`");
  else if (std::find(methods.begin(), methods.end(), plain) != methods.end())
    reader.problem(mark, "E102", fmt::format("`{}` belongs to a request", key),
                   fmt::format("write `requests: [ {{ {}: … }} ]`", plain));
  else
    return false;
  return true;
}

/// `load.shoppers.unix_socket`: a key of `http`, `tls` or `connect` without it.
bool report_key_of_a_part(Reader& reader, const std::string& key, const std::string& plain,
                          const Mark& mark, std::span<const std::string> known) {
  if (!has(known, "stages") || !has(known, "requests")) return false;
  const std::array parts{std::pair{"http", Codec<HttpOptions>::declared().names()},
                         std::pair{"tls", Codec<TlsOptions>::declared().names()},
                         std::pair{"connect", Codec<ConnectOptions>::declared().names()}};
  for (const auto& [part, names] : parts) {
    if (!has(names, plain)) continue;
    reader.problem(mark, "E102", fmt::format("`{}` belongs to `{}`", key, part),
                   fmt::format("write `{}: {{ {}: … }}`", part, plain));
    return true;
  }
  return false;
}

}  // namespace

std::span<const OtherWord> other_words() { return keys; }
std::span<const OtherWord> other_fault_types() { return types; }
std::span<const OtherWord> other_metrics() { return metrics; }

std::string folded(std::string_view word) {
  std::string out;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const auto c = static_cast<unsigned char>(word[i]);
    if (c == '-' || c == ' ') {
      out += '_';
    } else if (std::isupper(c)) {
      // The first capital of a run begins a word: maxVUs -> max_vus.
      if (i > 0 && !std::isupper(static_cast<unsigned char>(word[i - 1])) && word[i - 1] != '-' &&
          word[i - 1] != '_')
        out += '_';
      out += static_cast<char>(std::tolower(c));
    } else {
      out += static_cast<char>(c);
    }
  }
  return out;
}

const OtherWord* find_word(std::span<const OtherWord> rows, std::string_view word) {
  const std::string plain = folded(word);
  for (const OtherWord& row : rows)
    if (row.word == plain) return &row;
  return nullptr;
}

bool report_unknown_key(Reader& reader, const std::string& key, const Mark& mark,
                        std::span<const std::string> known) {
  // A file of nothing but mistakes gets its first hundred explained.
  constexpr std::size_t enough = 100;
  if (reader.problems().size() > enough) {
    reader.problem(mark, "E102", fmt::format("unknown key `{}`", key.substr(0, 60)));
    return true;
  }
  if (report_torn_key(reader, key, mark)) return true;
  const std::string plain = folded(key);
  if (plain != key && has(known, plain)) {
    reader.problem(mark, "E102", fmt::format("unknown key `{}`", key),
                   fmt::format("keys are snake_case: `{}`", plain));
    return true;
  }
  // `targets.web.process`: a selector without its kind.
  if (const std::string& path = reader.path(); path.starts_with("targets.") && has(known, "local"))
    for (const char* selector : {"process", "cmdline", "pid_file", "port", "unit", "cgroup"})
      if (plain == selector) {
        reader.problem(mark, "E102", fmt::format("`{}` says whom, but not where", key),
                       fmt::format("write `local: {{ {}: … }}`", plain));
        return true;
      }
  if (report_key_of_a_list(reader, key, plain, mark, known)) return true;
  if (report_key_of_a_part(reader, key, plain, mark, known)) return true;
  for (const OtherWord& row : keys) {
    if (row.word != plain) continue;
    const std::string here = first_known(row.instead, known);
    if (here.empty() && row.elsewhere.empty()) continue;
    const std::string whose = row.tool.empty() || row.tool == "autoscaling"
                                  ? fmt::format("there is no `{}`", key)
                                  : fmt::format("`{}` is a word of {}", key, row.tool);
    reader.problem(mark, "E107", whose,
                   here.empty() ? fmt::format("here it is {}", row.elsewhere)
                                : fmt::format("here it is `{}`", here));
    return true;
  }
  return false;
}

bool report_far_key(Reader& reader, const std::string& key, const Mark& mark,
                    std::span<const std::string> known) {
  // A long list of what is known helps nobody who is far from all of it.
  if (known.size() > 16 && nearest(key, known).empty()) {
    reader.problem(
        mark, "E102", fmt::format("unknown key `{}`", key),
        reader.path().find('.') == std::string::npos && reader.path().find('[') == std::string::npos
            ? "`gunflint explain experiment` lists the keys"
            : "`gunflint explain` with the name of the section lists the keys");
    return true;
  }
  return false;
}

}  // namespace gunflint
