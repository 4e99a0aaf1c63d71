#include "cli/load_contradictions.hpp"

#include <fmt/format.h>

namespace gunflint {
namespace {

struct Given {
  const char* option;
  bool given;
};
/// The first option of a group that was given, or an empty text.
std::string first_given(std::initializer_list<Given> group) {
  for (const auto& one : group)
    if (one.given) return one.option;
  return {};
}

/// One rule: what must not be, and why.
struct Rule {
  bool broken;
  std::string sentence;
};
Result<void> first_broken(const std::vector<Rule>& rules) {
  for (const auto& rule : rules)
    if (rule.broken) return fail(Cause::BadInput, rule.sentence);
  return {};
}

Result<void> about_schedule(const LoadOptions& o) {
  const std::string beside_stages = first_given({{"--rate", !o.rate.empty()},
                                                 {"--users", o.users.has_value()},
                                                 {"--for", !o.length.empty()}});
  const bool by_users = o.users.has_value();
  return first_broken({
      {!o.stages.empty() && !beside_stages.empty(),
       fmt::format("{} and --stages both say when; leave out {}", beside_stages, beside_stages)},
      {by_users && !o.rate.empty(),
       "--rate asks for arrivals that wait for nobody, --users for users who wait for their "
       "answers; give one of them"},
      {by_users && !o.arrivals.empty(),
       "--arrivals says how arrivals are spaced, and --users send when they are answered; give "
       "--rate instead of --users"},
      {o.requests && !o.warm_up.empty(),
       "--requests says how many are sent, and those of --warm-up would not count; give --for "
       "instead of --requests"},
      {!o.think.empty() && !o.replay.empty(),
       "--replay sends the log's requests one by one; leave out --think"},
      {o.burst && o.arrivals != "bursty", "--burst is of bursty arrivals; add --arrivals bursty"},
      {!o.on_overload.empty() && !o.max_in_flight,
       "--on-overload says what happens beyond --max-in-flight; give that too"},
      {o.speed && o.replay.empty(), "--speed is of --replay; give the log to replay"},
      {o.speed && !(*o.speed > 0), "--speed is above 0; write --speed 2 for twice as fast"},
      {o.speed && (!o.rate.empty() || by_users || !o.stages.empty()),
       "--speed is how fast the log's own times pass, and another option says when; leave out "
       "--speed"},
      {!o.replay.empty() && o.rate.empty() && !by_users && o.stages.empty() && !o.length.empty(),
       "--replay sends the log at its own times; give --rate and --for to send its requests at a "
       "rate"},
      {!o.only.empty(),
       "--only names a load of an experiment file, and a URL has none; leave it "
       "out"},
      {!o.file.set.empty(),
       "--set gives a variable of an experiment file a value, and a URL has "
       "none; leave it out"},
  });
}

bool looks_like_a_time(const std::string& text) {
  return !text.empty() && text.size() <= 8 && parse_duration(text).has_value();
}

Result<void> about_request(const LoadOptions& o) {
  bool own_authorization = false;
  for (const auto& header : o.headers)
    own_authorization |=
        header.starts_with("Authorization:") || header.starts_with("authorization:");
  const std::string of_request = first_given({{"--method", !o.method.empty()},
                                              {"--data", !o.data.empty()},
                                              {"--json-body", !o.json_body.empty()},
                                              {"--data-file", !o.data_files.empty()},
                                              {"--check-status", !o.check_status.empty()},
                                              {"--check-body", !o.check_body.empty()},
                                              {"--retries", o.retries.has_value()}});
  const bool credentials = !o.auth.empty() || !o.bearer.empty();
  return first_broken({
      {looks_like_a_time(o.data) && o.length.empty() && o.method.empty(),
       fmt::format("--data {} (-d) would be sent as the body; for the length of the load write "
                   "--for {} (-z), or give both",
                   o.data, o.data)},
      {!o.data.empty() && !o.json_body.empty(),
       "--data and --json-body are both the body; give one of them"},
      {!o.auth.empty() && !o.bearer.empty(),
       "--auth and --bearer both say who asks; give one of them"},
      {credentials && own_authorization,
       "--header 'Authorization: …' and --auth or --bearer both say who asks; give one of them"},
      {!o.replay.empty() && !of_request.empty(),
       fmt::format("--replay sends the requests of the log as they are; leave out {}", of_request)},
      {!o.backoff.empty() && !o.retries, "--backoff is the pause before --retries; give that too"},
      {!o.retry_budget.empty() && !o.retries, "--retry-budget limits --retries; give that too"},
  });
}

Result<void> about_connections(const LoadOptions& o) {
  const bool socket = !o.unix_socket.empty(), proxy = !o.proxy.empty();
  return first_broken({
      {proxy && o.transport != "libcurl",
       "--proxy needs the slower transport; add --transport libcurl"},
      {proxy && socket,
       "--proxy and --unix-socket both say where connections go; give one of them"},
      {socket && !o.source_address.empty(),
       "--unix-socket has no --source-address; leave one of them out"},
      {socket && (!o.resolve.empty() || !o.lookup_every.empty()),
       "--unix-socket needs no name looked up; leave out --resolve and --lookup-every"},
      {o.streams && o.http == "1.1", "--streams is of HTTP/2; leave out --http 1.1, or --streams"},
      {o.no_keep_alive && o.requests_per_connection,
       "--no-keep-alive is one request per connection; leave out --requests-per-connection"},
  });
}

Result<void> about_tls(const LoadOptions& o, bool https) {
  const std::string of_tls = first_given({{"--cacert", !o.cacert.empty()},
                                          {"--cert", !o.cert.empty()},
                                          {"--key", !o.key.empty()},
                                          {"--server-name", !o.server_name.empty()},
                                          {"--tls-min", !o.tls_min.empty()},
                                          {"--tls-max", !o.tls_max.empty()},
                                          {"--no-session-resumption", o.no_session_resumption}});
  return first_broken({
      {!https && !of_tls.empty(),
       fmt::format("{} is about TLS, and {} has none; write https://…", of_tls, o.target)},
      {!o.cert.empty() && o.key.empty(), "--cert is of no use without its key; add --key FILE"},
      {!o.key.empty() && o.cert.empty(),
       "--key is of no use without its certificate; add --cert FILE"},
      {o.insecure && !o.cacert.empty(),
       "--insecure believes any certificate, and --cacert only some; give one of them"},
      {o.tls_min == "1.3" && o.tls_max == "1.2",
       "--tls-min 1.3 and --tls-max 1.2 leave no version; turn them round"},
  });
}

}  // namespace

Result<void> contradictions(const LoadOptions& o, bool https) {
  GF_TRY(about_schedule(o));
  GF_TRY(about_request(o));
  GF_TRY(about_connections(o));
  return about_tls(o, https);
}

Result<void> contradicts_file(const LoadOptions& o) {
  // No key of a file says the same.
  if (o.requests)
    return fail(
        Cause::BadInput,
        fmt::format("--requests is for a URL: the stages of {} say when its load ends", o.target));
  const std::string said = first_given({
      {"--rate", !o.rate.empty()},
      {"--for", !o.length.empty()},
      {"--users", o.users.has_value()},
      {"--think", !o.think.empty()},
      {"--stages", !o.stages.empty()},
      {"--warm-up", !o.warm_up.empty()},
      {"--arrivals", !o.arrivals.empty()},
      {"--burst", o.burst.has_value()},
      {"--replay", !o.replay.empty()},
      {"--speed", o.speed.has_value()},
      {"--method", !o.method.empty()},
      {"--header", !o.headers.empty()},
      {"--data", !o.data.empty()},
      {"--json-body", !o.json_body.empty()},
      {"--auth", !o.auth.empty()},
      {"--bearer", !o.bearer.empty()},
      {"--data-file", !o.data_files.empty()},
      {"--timeout", !o.timeout.empty()},
      {"--trace", o.trace},
      {"--check-status", !o.check_status.empty()},
      {"--check-body", !o.check_body.empty()},
      {"--retries", o.retries.has_value()},
      {"--backoff", !o.backoff.empty()},
      {"--retry-budget", !o.retry_budget.empty()},
      {"--connections", o.connections.has_value()},
      {"--http", !o.http.empty()},
      {"--streams", o.streams.has_value()},
      {"--no-keep-alive", o.no_keep_alive},
      {"--requests-per-connection", o.requests_per_connection.has_value()},
      {"--redirects", o.redirects.has_value()},
      {"--compression", o.compression},
      {"--connect-timeout", !o.connect_timeout.empty()},
      {"--source-address", !o.source_address.empty()},
      {"--unix-socket", !o.unix_socket.empty()},
      {"--resolve", !o.resolve.empty()},
      {"--lookup-every", !o.lookup_every.empty()},
      {"--transport", !o.transport.empty()},
      {"--proxy", !o.proxy.empty()},
      {"--insecure", o.insecure},
      {"--cacert", !o.cacert.empty()},
      {"--cert", !o.cert.empty()},
      {"--key", !o.key.empty()},
      {"--server-name", !o.server_name.empty()},
      {"--tls-min", !o.tls_min.empty()},
      {"--tls-max", !o.tls_max.empty()},
      {"--no-session-resumption", o.no_session_resumption},
      {"--max-in-flight", o.max_in_flight.has_value()},
      {"--on-overload", !o.on_overload.empty()},
      {"--pacing", !o.pacing.empty()},
  });
  if (said.empty()) return {};
  return fail(
      Cause::BadInput,
      fmt::format("{} is for a URL: {} says what is sent, and how; change it there, or make "
                  "it a variable and give that with --set",
                  said, o.target));
}

}  // namespace gunflint
