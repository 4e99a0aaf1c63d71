#include "cli/load_order.hpp"

#include <sys/stat.h>

#include <algorithm>

#include <fmt/format.h>

#include "base/base64.hpp"
#include "cli/load_contradictions.hpp"
#include "cli/load_stages.hpp"
#include "load/url.hpp"
#include "model/codecs.hpp"

namespace gunflint {
namespace {

Failure wrong_option(std::string message) { return fail(Cause::BadInput, std::move(message)); }

/// The value of a closed set that CLI11 or this checks; the fallback when none was given.
template <class E>
Result<E> one_of(const std::string& option, const std::string& word, E fallback) {
  if (word.empty()) return fallback;
  std::vector<std::string> known;
  for (const auto& [value, name] : Names<E>::table) {
    if (name == word) return value;
    known.emplace_back(name);
  }
  return wrong_option(fmt::format("{} {}: it must be {}", option, word, listed(known)));
}

Result<Duration> some_time(const std::string& option, const std::string& text) {
  auto length = parse_duration(text);
  if (!length) return wrong_option(option + ": " + length.error().message);
  if (*length <= 0s)
    return wrong_option(fmt::format("{} {}: it must be longer than nothing", option, text));
  return *length;
}

/// No generator sends as much, and the schedule alone would take a core.
constexpr double most_per_second = 1'000'000;

Result<void> rates_can_be_sent(const LoadSpec& load) {
  for (const auto& stage : load.stages)
    for (const auto& rate : {stage.rate, stage.ramp_to})
      if (rate && rate->per_second > most_per_second)
        return wrong_option(fmt::format(
            "{} is more than any generator sends; ask for 1000000/s at most", print(*rate)));
  return {};
}

/// `--requests` ends a load; this only where nobody answers.
constexpr const char* however_long = "24h";

Result<void> set_schedule(const LoadOptions& o, LoadSpec& load) {
  GF_TRY_AS(load.arrivals, one_of("--arrivals", o.arrivals, ArrivalKind::Uniform));
  if (o.burst) load.burst = *o.burst;
  load.max_journeys = o.requests;
  if (!o.warm_up.empty()) {
    GF_TRY_AS(load.warm_up, some_time("--warm-up", o.warm_up));
  }
  if (!o.stages.empty()) {
    GF_TRY_AS(load.stages, parse_stages(o.stages));
    return {};
  }
  if (!o.replay.empty() && o.rate.empty() && !o.users) return {};  // the log says when
  Stage stage;
  const char* length = o.requests ? however_long : "10s";
  GF_TRY_AS(stage.length, parse_duration(o.length.empty() ? length : o.length));
  if (o.users) {
    stage.users = o.users;
  } else {
    // `-q 500`, as vegeta, oha and hey have it.
    const bool bare = o.rate.find_first_not_of("0123456789.") == o.rate.npos;
    GF_TRY_AS(stage.rate, parse_rate(o.rate.empty() ? "100/s" : bare ? o.rate + "/s" : o.rate));
  }
  if (stage.length <= 0s || (stage.rate && stage.rate->per_second <= 0))
    return wrong_option(
        "a load of nothing proves nothing; give --rate and --for values above zero");
  stage.length += load.warm_up;  // --for is what counts
  stage.name = spell_stage(stage);
  load.stages = {stage};
  return {};
}

Result<void> somebody_thinks(const LoadOptions& o, const LoadSpec& load) {
  const bool users = std::any_of(load.stages.begin(), load.stages.end(),
                                 [](const Stage& stage) { return stage.users.has_value(); });
  if (o.think.empty() || users) return {};
  return wrong_option(
      "--think is the pause of users, and arrivals wait for nobody; give --users, or leave it out");
}

Result<void> set_headers(const LoadOptions& o, std::map<std::string, std::string>& headers) {
  for (const auto& header : o.headers) {
    const auto colon = header.find(':');
    if (colon == header.npos || colon == 0)
      return wrong_option(
          fmt::format("`{}` is no header; write `--header 'Accept: text/html'`", header));
    const auto value = header.find_first_not_of(' ', colon + 1);
    headers[header.substr(0, colon)] = value == header.npos ? "" : header.substr(value);
  }
  if (!o.bearer.empty()) {
    GF_TRY_AS(std::string token, text_or_file("--bearer", o.bearer));
    while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
    headers["Authorization"] = "Bearer " + token;
  }
  if (!o.auth.empty()) {
    if (o.auth.find(':') == o.auth.npos)
      return wrong_option("--auth has no password; write --auth USER:PASSWORD");
    headers["Authorization"] = "Basic " + to_base64(o.auth);
  }
  return {};
}

Result<void> set_body(const LoadOptions& o, Request& request) {
  GF_TRY_AS(request.body, text_or_file("--data", o.data));
  if (o.json_body.empty()) return {};
  GF_TRY_AS(request.body, text_or_file("--json-body", o.json_body));
  // `${users.id}` outside of quotes is no JSON before it is filled in.
  if (request.body.find("${") == request.body.npos && !parse_json(request.body))
    return wrong_option(fmt::format("--json-body: `{}` is no JSON; send it as it is with --data",
                                    request.body.substr(0, 60)));
  request.headers.emplace("Content-Type", "application/json");
  return {};
}

Result<Think> pause_of(const char* option, const std::string& text) {
  Think pause;
  Reader reader;
  if (decode(Value(text), pause, reader)) return pause;
  return wrong_option(fmt::format("{} {}: write a time such as 100ms, or 100ms..2s", option, text));
}

Result<void> set_checks(const LoadOptions& o, Request& request) {
  for (const auto& text : o.check_status) {
    Check::Statuses statuses;
    Reader reader;
    if (!decode(Value(text), statuses, reader))
      return wrong_option(fmt::format(
          "--check-status {}: a right answer is for example 200, 2xx or 200..204", text));
    request.check.status.push_back(statuses);
  }
  request.check.body_contains = o.check_body;
  request.retries.times = o.retries.value_or(0);
  if (!o.backoff.empty()) {
    GF_TRY_AS(const Think pause, pause_of("--backoff", o.backoff));
    request.retries.least = pause.least;
    // `100ms` alone has no end of its own: the request's timeout is one.
    request.retries.most = pause.most == pause.least ? pause.least * 1024 : pause.most;
  }
  if (!o.retry_budget.empty()) {
    GF_TRY_AS(request.retries.budget, parse_share(o.retry_budget));
  }
  return {};
}

Result<void> set_http(const LoadOptions& o, LoadSpec& load) {
  HttpOptions& http = load.http;
  GF_TRY_AS(http.version, one_of("--http", o.http, HttpVersion::Auto));
  // Users who may not all be connected would wait for each other.
  http.connections = o.connections.value_or(std::max(http.connections, o.users.value_or(0)));
  http.streams = o.streams.value_or(http.streams);
  http.keep_alive = !o.no_keep_alive;
  http.requests_per_connection = o.requests_per_connection.value_or(0);
  http.redirects = o.redirects.value_or(0);
  http.compression = o.compression;
  GF_TRY_AS(load.transport, one_of("--transport", o.transport, TransportKind::Native));
  return {};
}

Result<void> set_tls(const LoadOptions& o, TlsOptions& tls) {
  GF_TRY(can_read_pem("--cacert", o.cacert));
  GF_TRY(can_read_pem("--cert", o.cert));
  GF_TRY(can_read_pem("--key", o.key));
  tls.verify = !o.insecure;
  tls.ca = o.cacert;
  tls.cert = o.cert;
  tls.key = o.key;
  tls.server_name = o.server_name;
  tls.resumption = !o.no_session_resumption;
  GF_TRY_AS(tls.least, one_of("--tls-min", o.tls_min, TlsVersion::V12));
  if (!o.tls_max.empty()) {
    GF_TRY_AS(tls.most, one_of("--tls-max", o.tls_max, TlsVersion::V13));
  }
  return {};
}

Result<void> set_connect(const LoadOptions& o, ConnectOptions& connect) {
  if (!o.connect_timeout.empty()) {
    GF_TRY_AS(connect.timeout, some_time("--connect-timeout", o.connect_timeout));
  }
  if (!o.lookup_every.empty()) {
    GF_TRY_AS(connect.lookup_every, some_time("--lookup-every", o.lookup_every));
  }
  connect.source_address = o.source_address;
  connect.unix_socket = o.unix_socket;
  struct stat info {};
  if (!o.unix_socket.empty() &&
      (::stat(o.unix_socket.c_str(), &info) != 0 || !S_ISSOCK(info.st_mode)))
    return wrong_option(
        fmt::format("--unix-socket {}: there is no socket; is the server running?", o.unix_socket));
  for (const auto& one : o.resolve) {
    const auto equals = one.find('=');
    if (equals == one.npos || equals == 0 || equals + 1 == one.size())
      return wrong_option(
          fmt::format("--resolve {}: write HOST=ADDRESS, such as shop=10.0.0.7", one));
    connect.resolve[one.substr(0, equals)] = one.substr(equals + 1);
  }
  connect.proxy = o.proxy;
  return {};
}

Result<Request> request_of(const LoadOptions& o, const LoadSpec& load, const Url& url) {
  Request request;
  const bool body = !o.data.empty() || !o.json_body.empty();
  request.method = !o.method.empty() ? o.method : body ? "POST" : "GET";
  std::transform(request.method.begin(), request.method.end(), request.method.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  // What the language has a key for: the workers read it.
  static const std::vector<std::string> methods{"GET",    "POST", "PUT",    "PATCH",
                                                "DELETE", "HEAD", "OPTIONS"};
  if (std::find(methods.begin(), methods.end(), request.method) == methods.end())
    return wrong_option(
        fmt::format("--method {}: load sends {}", o.method, listed(methods, "and")));
  request.url = load.base_url;
  request.name = request.method + " " + url.target.substr(0, url.target.find('?'));
  GF_TRY(set_headers(o, request.headers));
  GF_TRY(set_body(o, request));
  GF_TRY(set_checks(o, request));
  return request;
}

}  // namespace

Result<LoadOrder> order_of_url(const LoadOptions& o) {
  LoadOrder order;
  LoadSpec load;
  load.name = "load";
  for (const std::string scheme : {"http:", "https:"})
    if (o.target.starts_with(scheme) && !o.target.starts_with(scheme + "//")) {
      const auto rest = o.target.find_first_not_of('/', scheme.size());
      return wrong_option(fmt::format("`{}` is no address; write {}//{}", o.target, scheme,
                                      rest == o.target.npos ? "HOST" : o.target.substr(rest)));
    }
  load.base_url = o.target.find("://") == o.target.npos ? "http://" + o.target : o.target;
  GF_TRY(contradictions(o, load.base_url.starts_with("https://")));
  GF_TRY_AS(const Url url, parse_url(load.base_url));
  GF_TRY(set_schedule(o, load));
  GF_TRY(rates_can_be_sent(load));
  GF_TRY(somebody_thinks(o, load));
  if (!o.timeout.empty()) {
    GF_TRY_AS(load.timeout, some_time("--timeout", o.timeout));
  }
  GF_TRY(set_http(o, load));
  GF_TRY(set_tls(o, load.tls));
  GF_TRY(set_connect(o, load.connect));
  GF_TRY_AS(load.pacing, one_of("--pacing", o.pacing, Pacing::Timer));
  GF_TRY_AS(load.on_overload, one_of("--on-overload", o.on_overload, OnOverload::Queue));
  load.max_in_flight = o.max_in_flight;
  load.trace = o.trace;
  for (const auto& text : o.data_files) {
    GF_TRY_AS(DataSpec data, parse_data_file(text));
    load.data.push_back(std::move(data));
  }
  if (!o.replay.empty()) {
    load.replay.emplace();
    load.replay->file = o.replay;
    load.replay->speed = o.speed.value_or(1);
    GF_TRY(replay_log(load));
    GF_TRY(set_headers(o, load.headers));
    order.title = fmt::format("{} (replay of {})", load.base_url, o.replay);
  } else {
    GF_TRY_AS(Request request, request_of(o, load, url));
    order.title = fmt::format("{} ({})", load.base_url, request.method);
    Journey journey;
    journey.name = "request";
    journey.steps = {std::move(request)};
    if (!o.think.empty()) {
      GF_TRY_AS(Think pause, pause_of("--think", o.think));
      // After a wrong answer, too: who does not wait then makes a storm of it.
      std::get<Request>(journey.steps[0]).on_failure = OnFailure::Continue;
      journey.steps.emplace_back(pause);
    }
    load.journeys = {std::move(journey)};
  }
  order.until_done =
      o.requests && o.length.empty() && o.stages.empty() && !(load.replay && load.replay->timed);
  order.seed = o.seed == 0 ? 1 : o.seed;
  // Who writes -c alone thinks of a tool in which a connection is a user.
  if (o.connections && o.rate.empty() && !o.users && o.stages.empty() && o.replay.empty())
    order.note = fmt::format(
        "100/s, the default of --rate, over at most {} connection{}; for {} who each send when "
        "they are answered write --users {}",
        *o.connections, *o.connections == 1 ? "" : "s",
        *o.connections == 1 ? "one" : std::to_string(*o.connections), *o.connections);
  order.loads = {std::move(load)};
  return order;
}

Result<bool> names_a_file(const LoadOptions& o) {
  if (o.target.find("://") != o.target.npos) return false;
  struct stat info {};
  if (!o.target.ends_with(".yaml") && !o.target.ends_with(".yml")) {
    if (::stat(o.target.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return false;
    return wrong_option(fmt::format(
        "{} is a file, and the name of an experiment file ends in .yaml; rename it, or, if a "
        "server is meant, write http://{}",
        o.target, o.target));
  }
  if (::stat(o.target.c_str(), &info) != 0)
    return wrong_option(fmt::format(
        "there is no file {}; if it is a page of a server, write http://{}", o.target, o.target));
  return true;
}

Result<LoadOrder> order_of_file(const LoadOptions& o, const ReadExperiment& read) {
  GF_TRY(contradicts_file(o));
  LoadOrder order;
  std::vector<std::string> names;
  for (const auto& load : read.experiment->loads) names.push_back(load.name);
  if (names.empty())
    return wrong_option(
        fmt::format("{} has no `load`, so there is nothing to send; give a URL, or "
                    "add one",
                    o.target));
  for (const auto& load : read.experiment->loads)
    if (o.only.empty() || load.name == o.only) order.loads.push_back(load);
  for (const auto& load : order.loads) GF_TRY(rates_can_be_sent(load));
  if (order.loads.empty()) {
    const auto near = nearest(o.only, names);
    return wrong_option(fmt::format(
        "{} has no load `{}`; {}", o.target, o.only,
        near.empty() ? "it has " + listed(names, "and") : "did you mean `" + near + "`?"));
  }
  order.title = o.target + (o.only.empty() ? "" : " (" + o.only + ")");
  order.seed = o.seed != 0 ? o.seed : read.experiment->seed != 0 ? read.experiment->seed : 1;
  order.secrets = read.secrets;
  if (!read.experiment->faults.empty() || !read.experiment->steady_state.empty())
    order.note = std::string("only the traffic of the file: no fault, no hypothesis") +
                 (o.expect.empty() ? "; judge with --expect" : "");
  return order;
}

Duration traffic_length(const LoadSpec& load) {
  Duration sum{};
  for (const auto& stage : load.stages) sum += stage.length;
  return sum;
}

Duration traffic_length(const LoadOrder& order) {
  Duration longest{};
  for (const auto& load : order.loads) longest = std::max(longest, traffic_length(load));
  return longest;
}

std::vector<LoadSpec> sent(const LoadOrder& order) {
  auto loads = order.loads;
  for (auto& load : loads) {
    Stage silence;
    silence.name = "silence";
    silence.rate = Rate{0};
    silence.length = 1s;
    load.stages.push_back(silence);
  }
  return loads;
}

const Stage* stage_at(const LoadSpec& load, Duration at) {
  for (const auto& stage : load.stages) {
    if (at < stage.length) return &stage;
    at -= stage.length;
  }
  return nullptr;
}

}  // namespace gunflint
