#include <algorithm>

#include <fmt/format.h>

#include "base/base64.hpp"
#include "model/codecs.hpp"

namespace gunflint {

Fields<Stage> Stage::fields() {
  using T = Stage;
  return {field("name", &T::name, "Its name, for `at`, `after` and `while`."),
          field("rate", &T::rate, "Journeys due per second, constant."),
          field("ramp_to", &T::ramp_to, "Journeys due per second, changing evenly up to this."),
          field("users", &T::users, "Concurrent users (closed loop).").at_least(1),
          field("for", &T::length, "How long; of the last stage at least.").required(),
          field("_at", &T::mark, "Place in the file.").internal()};
}

namespace {

struct JourneyWritten {
  std::string name;
  double weight = 1;
  std::vector<Step> steps;
  Mark at;
  static Fields<JourneyWritten> fields() {
    using T = JourneyWritten;
    return {field("name", &T::name, "Its name.").required(),
            field("weight", &T::weight, "Its share, relative to the other journeys.")
                .check([](const double& w) {
                  return w > 0 ? std::string()
                               : std::string(
                                     "a weight is above 0; leave the "
                                     "journey out to have none of it");
                }),
            field("steps", &T::steps, "What one user does, in order.").required(),
            field("_at", &T::at, "Place in the file.").internal()};
  }
};

struct BasicAuth {
  std::string user, password;
  static Fields<BasicAuth> fields() {
    return {field("user", &BasicAuth::user, "User.").required(),
            field("password", &BasicAuth::password, "Password: `${secret:name}`.").required()};
  }
};
struct AuthWritten {
  std::optional<std::string> bearer;
  std::optional<BasicAuth> basic;
  static Fields<AuthWritten> fields() {
    return {field("bearer", &AuthWritten::bearer, "A token: `${secret:name}`."),
            field("basic", &AuthWritten::basic, "User and password.")};
  }
};
struct DataWritten {
  std::string file;
  RowOrder order = RowOrder::Sequential;
  std::vector<std::string> columns;
  std::uint64_t rows = 0;  ///< only for the checks
  static Fields<DataWritten> fields() {
    using T = DataWritten;
    return {field("file", &T::file,
                  "CSV with a head line, or JSON lines; a column is `${name.column}`.")
                .required(),
            field("order", &T::order, "How rows are taken."),
            field("columns", &T::columns, "Its columns.").internal(),
            field("rows", &T::rows, "Counted, for the checks.").internal()};
  }
};

struct LoadWritten {
  std::string name, base_url;
  std::optional<std::vector<Stage>> stages;
  ArrivalKind arrivals = ArrivalKind::Uniform;
  std::optional<std::vector<Journey>> journeys;
  std::optional<std::vector<Value>> requests;
  std::string baseline;
  std::optional<std::map<std::string, DataWritten>> data;
  bool cookies = true;
  std::map<std::string, std::string> headers;
  std::optional<AuthWritten> auth;
  HttpOptions http;
  TlsOptions tls;
  ConnectOptions connect;
  TransportKind transport = TransportKind::Native;
  Pacing pacing = Pacing::Timer;
  bool trace = false;
  int burst = 10;
  Duration warm_up{};
  Duration timeout = 10s;
  std::optional<int> max_journeys;
  std::optional<int> max_in_flight;
  OnOverload on_overload = OnOverload::Queue;
  std::optional<ReplaySpec> replay;
  Mark at;
  static Fields<LoadWritten> fields();
};

}  // namespace

Fields<HttpOptions> HttpOptions::fields() {
  using T = HttpOptions;
  return {field("version", &T::version, "Protocol version; `auto`: 2 where the server offers it."),
          field("connections", &T::connections, "Most connections at once.").between(1, 1000000),
          field("streams", &T::streams, "HTTP/2: most requests at once on one connection.")
              .between(1, 10000),
          field("keep_alive", &T::keep_alive, "Whether a connection serves several requests."),
          field("requests_per_connection", &T::requests_per_connection,
                "Requests after which a connection is closed and opened again; 0: no limit.")
              .at_least(0),
          field("redirects", &T::redirects,
                "How many 3xx are followed, to servers that the load names anyway.")
              .between(0, 20),
          field("compression", &T::compression, "Whether gzip is asked for.")};
}
Fields<TlsOptions> TlsOptions::fields() {
  using T = TlsOptions;
  return {field("verify", &T::verify, "Whether the server's certificate must be valid."),
          field("ca", &T::ca, "A PEM file of certificates to trust instead of the system's."),
          field("cert", &T::cert, "A PEM file: the client's certificate."),
          field("key", &T::key, "A PEM file: its key."),
          field("server_name", &T::server_name, "Name to ask for and verify (SNI)."),
          field("min_version", &T::least, "The oldest version of TLS to accept."),
          field("max_version", &T::most, "The newest version of TLS to offer."),
          field("session_resumption", &T::resumption,
                "Whether later connections resume an earlier session.")};
}
Fields<ConnectOptions> ConnectOptions::fields() {
  using T = ConnectOptions;
  return {field("timeout", &T::timeout, "For opening one connection; default: the load's timeout."),
          field("source_address", &T::source_address, "The local address to come from."),
          field("unix_socket", &T::unix_socket, "A path; every connection goes there."),
          field("resolve", &T::resolve, "Host names and the addresses to use for them."),
          field("lookup_every", &T::lookup_every,
                "How often names are looked up again; default: once, before the start."),
          field("proxy", &T::proxy, "`http://host:port`; needs `transport: libcurl`.")};
}
Fields<ReplaySpec> ReplaySpec::fields() {
  using T = ReplaySpec;
  return {
      field("file", &T::file, "An access log, in common or combined format.").required(),
      field("speed", &T::speed, "How much faster than recorded.").check([](const double& speed) {
        return speed > 0 ? std::string()
                         : std::string("time runs forward; write `speed: 2` for twice as fast");
      }),
      field("timed", &T::timed, "The log says when.").internal(),
      field("requests", &T::requests, "Lines that can be sent.").internal(),
      field("length", &T::length, "As recorded.").internal(),
      field("left_out", &T::left_out, "Lines that are not sent, by reason.").internal()};
}
Fields<LoadWritten> LoadWritten::fields() {
  using T = LoadWritten;
  return {
      field("name", &T::name, "Name.").internal(),
      field("base_url", &T::base_url, "What paths of requests are added to."),
      field("stages", &T::stages, "How many journeys are due per second, over time."),
      field("arrivals", &T::arrivals, "Evenly spaced, as independent users come, or in bursts."),
      field("burst", &T::burst, "`arrivals: bursty`: how many come at the same moment.")
          .between(1, 100000),
      field("warm_up", &T::warm_up, "What is due before this is sent, and not judged."),
      field("journeys", &T::journeys, "What users do."),
      field("requests", &T::requests, "Short form: journeys of one request each."),
      field("baseline", &T::baseline,
            "The stage that `of baseline` compares with; default: the longest constant stretch."),
      field("data", &T::data, "Rows of values for journeys."),
      field("cookies", &T::cookies, "Whether each journey keeps its cookies."),
      field("headers", &T::headers, "Headers of every request."),
      field("auth", &T::auth, "How every request proves who it is."),
      field("http", &T::http, "Protocol and connections."),
      field("tls", &T::tls, "Certificates and versions of TLS."),
      field("connect", &T::connect, "How connections are opened."),
      field("transport", &T::transport, "`libcurl`: slower; for proxies."),
      field("pacing", &T::pacing, "`precise`: spins for the last 50 us; needs cores of its own."),
      field("trace", &T::trace, "Whether each request carries a `traceparent`."),
      field("timeout", &T::timeout, "From the due time to the complete answer."),
      field("max_journeys", &T::max_journeys, "Journeys that begin at most.").internal(),
      field("max_in_flight", &T::max_in_flight, "Most requests at once.").at_least(1),
      field("on_overload", &T::on_overload, "What happens to journeys beyond `max_in_flight`."),
      field("replay", &T::replay, "Recorded traffic instead of journeys."),
      field("_at", &T::at, "Place in the file.").internal()};
}

bool Codec<Journey>::read(const Value& v, Journey& out, Reader& r) {
  JourneyWritten w;
  if (!decode(v, w, r)) return false;
  out = {w.name, w.weight, std::move(w.steps), wire::mark_of(v, w.at)};
  return true;
}
Value Codec<Journey>::write(const Journey& j) {
  return encode(JourneyWritten{j.name, j.weight, j.steps, j.mark});
}
Shape Codec<Journey>::shape() { return shape_of<JourneyWritten>(); }

namespace {

/// An entry of `requests`: a request with a weight, as a journey of one step.
bool read_short_journey(const Value& v, Journey& out, Reader& r) {
  if (!detail::expect_map(v, r)) return false;
  const auto parts = wire::split(v, {"weight"});
  Request request;
  if (!decode(parts.others, request, r)) return false;
  if (const Value* weight = v.find("weight")) {
    auto scope = r.in("weight");
    if (!decode(*weight, out.weight, r)) return false;
    if (!(out.weight > 0))
      return detail::broken_rule(r, *weight, "a weight is above 0; leave the request out");
  }
  out.name = request.name;
  out.mark = request.mark;
  out.steps.push_back(std::move(request));
  return true;
}

bool read_stages(const Value& v, std::vector<Stage>& stages, Reader& r) {
  auto scope = r.in("stages");
  bool ok = true;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    auto inner = r.in(i);
    const Value& written = v.items()[i];
    ok &= wire::exactly_one(written, {"rate", "ramp_to", "users"}, 1, r);
    stages[i].mark = wire::mark_of(written, stages[i].mark);
    if (stages[i].name.empty()) stages[i].name = fmt::format("stage {}", i + 1);
    if (stages[i].length <= Duration::zero()) {
      if (const Value* length = written.find("for"))
        ok = detail::broken_rule(r, *length, "a stage lasts longer than nothing; give it a length");
    }
  }
  return ok;
}

}  // namespace

bool Codec<LoadSpec>::read(const Value& v, LoadSpec& out, Reader& r) {
  LoadWritten w;
  bool ok = decode(v, w, r);
  if (!v.is_map()) return false;
  // What a log holds has been put beside it when the experiment was read.
  if (!w.replay || w.replay->requests == 0)
    ok &= wire::exactly_one(v, {"journeys", "requests", "replay"}, 1, r);
  ok &= wire::exactly_one(v, {"replay", "data"}, 0, r);
  if (!v.find("stages") && !v.find("replay")) ok = detail::missing(r, v, "stages");
  if (w.stages && v.find("stages")->is_list()) ok &= read_stages(*v.find("stages"), *w.stages, r);
  out.name = w.name;
  out.base_url = w.base_url;
  out.arrivals = w.arrivals;
  out.timeout = w.timeout;
  out.stages = w.stages.value_or(std::vector<Stage>{});
  out.journeys = w.journeys.value_or(std::vector<Journey>{});
  if (w.requests) {
    auto scope = r.in("requests");
    for (std::size_t i = 0; i < w.requests->size(); ++i) {
      auto inner = r.in(i);
      ok &= read_short_journey((*w.requests)[i], out.journeys.emplace_back(), r);
    }
  }
  out.baseline = w.baseline;
  out.cookies = w.cookies;
  out.headers = w.headers;
  if (w.auth) {
    auto scope = r.in("auth");
    ok &= wire::exactly_one(*v.find("auth"), {"bearer", "basic"}, 1, r);
    if (w.auth->bearer) out.headers["Authorization"] = "Bearer " + *w.auth->bearer;
    if (w.auth->basic)
      out.headers["Authorization"] =
          "Basic " + to_base64(w.auth->basic->user + ":" + w.auth->basic->password);
  }
  out.http = w.http;
  out.tls = w.tls;
  out.connect = w.connect;
  out.transport = w.transport;
  out.pacing = w.pacing;
  out.trace = w.trace;
  out.burst = w.burst;
  out.warm_up = w.warm_up;
  out.replay = w.replay;
  if (w.data)
    for (const auto& [name, data] : *w.data)
      out.data.push_back({name, data.file, data.order, data.columns});
  out.max_journeys = w.max_journeys;
  out.max_in_flight = w.max_in_flight;
  out.on_overload = w.on_overload;
  out.mark = wire::mark_of(v, w.at);
  return ok;
}

Value Codec<LoadSpec>::write(const LoadSpec& l) {
  LoadWritten w;
  w.name = l.name;
  w.base_url = l.base_url;
  if (!l.stages.empty()) w.stages = l.stages;
  w.arrivals = l.arrivals;
  if (!l.journeys.empty()) w.journeys = l.journeys;
  w.baseline = l.baseline;
  w.cookies = l.cookies;
  w.headers = l.headers;
  w.timeout = l.timeout;
  w.max_journeys = l.max_journeys;
  w.max_in_flight = l.max_in_flight;
  w.on_overload = l.on_overload;
  w.at = l.mark;
  w.http = l.http;
  w.tls = l.tls;
  w.connect = l.connect;
  w.transport = l.transport;
  w.pacing = l.pacing;
  w.trace = l.trace;
  w.burst = l.burst;
  w.warm_up = l.warm_up;
  w.replay = l.replay;
  if (!l.data.empty()) w.data.emplace();
  for (const auto& d : l.data) (*w.data)[d.name] = {d.file, d.order, d.columns, 0};
  return encode(w);
}

Shape Codec<LoadSpec>::shape() {
  Shape shape = shape_of<LoadWritten>();
  for (auto& member : shape.members)
    if (member.name == "requests") {
      Shape entry = shape_of<Request>();
      entry.members.push_back(
          {"weight", "Its share, relative to the other requests.", shape_of<double>(), false, "1"});
      member.shape = {.kind = Shape::Kind::List, .of = {std::move(entry)}};
    }
  return shape;
}

}  // namespace gunflint
