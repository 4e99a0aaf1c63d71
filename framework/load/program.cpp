#include "load/program.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "load/ascii.hpp"
#include "load/request_text.hpp"
#include "load/tls.hpp"

namespace gunflint {
namespace {

struct Header {
  std::string name, value;
};

void put(std::vector<Header>& headers, const std::string& name, const std::string& value) {
  for (auto& header : headers)
    if (same_word(header.name, name)) {
      header.value = value;
      return;
    }
  headers.push_back({name, value});
}

class Compiler {
 public:
  explicit Compiler(const LoadSpec& spec) { program_.spec = spec; }

  Result<LoadProgram> run() {
    const auto& spec = program_.spec;
    if (spec.stages.empty()) return bad(fmt::format("load `{}` has no stages", spec.name));
    for (const auto& data : spec.data) {
      auto set = DataSet::load(data);
      if (!set) return of_load(set.error());
      program_.data.push_back(std::move(*set));
    }
    if (spec.replay) {
      auto recording = Recording::load(*spec.replay);
      if (!recording) return of_load(recording.error());
      program_.recording = std::move(*recording);
    }
    double weight = 0;
    for (const auto& journey : spec.journeys) {
      GF_TRY(compile(journey));
      weight += journey.weight;
    }
    if (weight <= 0)
      return bad(
          fmt::format("load `{}` has no journey with a weight above 0; add `journeys` or "
                      "`requests`",
                      spec.name));
    GF_TRY(prepare_origins());
    return std::move(program_);
  }

 private:
  static Failure bad(std::string message) { return fail(Cause::BadInput, std::move(message)); }

  Failure of_load(const Error& error) const {
    return fail(error.cause, fmt::format("load `{}`: {}", program_.spec.name, error.message));
  }

  Result<void> compile(const Journey& journey) {
    JourneyPlan plan{journey.name, journey.weight, {}, 0};
    names_.clear();
    variables_ = 0;
    for (std::size_t set = 0; set < program_.data.size(); ++set) {
      const auto& data = program_.data[set];
      for (std::size_t i = 0; i < data.columns().size(); ++i)
        names_.emplace_back(data.name() + "." + data.columns()[i],
                            Slot{Slot::From::Column, static_cast<std::uint16_t>(set),
                                 static_cast<std::uint32_t>(i)});
    }
    int requests = 0;
    for (const auto& step : journey.steps) {
      if (const auto* think = std::get_if<Think>(&step)) {
        plan.steps.emplace_back(*think);
        continue;
      }
      GF_TRY_AS(RequestPlan request, compile(std::get<Request>(step), journey));
      plan.steps.emplace_back(std::move(request));
      ++requests;
    }
    if (requests == 0)
      return bad(
          fmt::format("journey `{}` sends nothing; add a step such as `get: /`", journey.name));
    plan.variables = variables_;
    program_.journeys.push_back(std::move(plan));
    return {};
  }

  Result<RequestPlan> compile(const Request& request, const Journey& journey) {
    RequestPlan plan;
    plan.name = request.name.empty() ? request.method + " " + request.url : request.name;
    const std::string whose = fmt::format("step `{}` of journey `{}`", plan.name, journey.name);
    auto url = parse_url(request.url, program_.spec.base_url);
    if (!url) return fail(url.error().cause, whose + ": " + url.error().message);
    plan.method = request.method.empty() ? "GET" : request.method;
    plan.to_head = plan.method == "HEAD";
    plan.origin = origin_of(*url);
    plan.slot = slot_of(plan.name);
    plan.on_failure = request.on_failure;
    plan.retries = request.retries;
    GF_TRY(write_parts(plan, request, *url, whose));
    auto checks = Checks::compile(request.check);
    if (!checks) return fail(checks.error().cause, whose + ": " + checks.error().message);
    plan.checks = std::move(*checks);
    plan.keep = {.head = plan.checks.needs_head(),
                 .cookies = program_.spec.cookies,
                 .body = plan.checks.needs_body()};
    for (const auto& extract : request.extract) {
      auto made = Extractor::compile(extract);
      if (!made) return fail(made.error().cause, whose + ": " + made.error().message);
      plan.keep.head |= made->needs_head();
      plan.keep.body |= made->needs_body();
      plan.keep.cookies |= made->needs_cookies();
      plan.extract.emplace_back(variable(extract.variable), std::move(*made));
    }
    // Where it is sent on to, and how it is packed, stands in the head.
    const auto& http = program_.spec.http;
    plan.keep.head |= http.redirects > 0 || (http.compression && plan.keep.body);
    return plan;
  }

  Result<void> write_parts(RequestPlan& plan, const Request& request, const Url& url,
                           const std::string& whose) {
    std::vector<Header> headers{
        {"Host", url.authority}, {"User-Agent", "gunflint/" GUNFLINT_VERSION}, {"Accept", "*/*"}};
    for (const auto& [name, value] : program_.spec.headers) put(headers, name, value);
    for (const auto& [name, value] : request.headers) put(headers, name, value);
    if (program_.spec.http.compression) put(headers, "Accept-Encoding", "gzip");
    std::string lines;
    for (const auto& [name, value] : headers) {
      if (same_word(name, "content-length") || same_word(name, "transfer-encoding"))
        return bad(
            fmt::format("{}: the header `{}` follows from the body; remove it", whose, name));
      if (name.empty() || name.find_first_of(" :\r\n\t") != name.npos ||
          value.find_first_of("\r\n") != value.npos)
        return bad(fmt::format("{}: the header `{}` holds a character that no header may hold",
                               whose, name));
      if (same_word(name, "content-type"))
        plan.body_escape = value.find("json") != value.npos                    ? Escape::Json
                           : value.find("x-www-form-urlencoded") != value.npos ? Escape::Form
                                                                               : Escape::None;
      lines += name + ": " + value + "\r\n";
      GF_TRY(add_field(plan, name, value, whose));
    }
    if (!program_.spec.http.keep_alive) lines += "Connection: close\r\n";
    SlotNames names = names_;
    if (program_.spec.trace) {
      // A name that no file can have: it holds a blank.
      names.emplace_back("trace context", Slot{Slot::From::Trace});
      lines += "traceparent: ${trace context}\r\n";
      plan.fields.push_back({"traceparent", Text::of("", Slot{Slot::From::Trace})});
    }
    GF_TRY_AS(plan.headers, Text::compile(lines, names, whose));
    std::string target;
    {  // what a person types in a path may need encoding, `${name}` aside
      std::string_view rest = url.target;
      while (!rest.empty()) {
        const auto at = rest.find("${");
        append_escaped(target, rest.substr(0, at), Escape::Target);
        if (at == rest.npos) break;
        const auto end = std::min(rest.find('}', at), rest.size() - 1);
        target += rest.substr(at, end + 1 - at);
        rest.remove_prefix(end + 1);
      }
    }
    if (program_.recording) {
      if (target.ends_with('/')) target.pop_back();
      plan.target = Text::of(target, Slot{Slot::From::Target});
      plan.target_escape = Escape::None;  // as it stands in the log
    } else {
      GF_TRY_AS(plan.target, Text::compile(target, names_, whose));
    }
    GF_TRY_AS(plan.body, Text::compile(request.body, names_, whose));
    plan.has_body = !request.body.empty() || plan.method == "POST" || plan.method == "PUT" ||
                    plan.method == "PATCH";
    plan.constant = plan.target.constant() && plan.headers.constant() && plan.body.constant();
    if (plan.constant) {
      plan.whole = whole_request(plan);
      plan.blank_line = plan.whole.find("\r\n\r\n") + 2;
    }
    return {};
  }

  /// Header names of HTTP/2 are in lower case; what belongs to a connection has no place there (RFC
  /// 9113, 8.2.2), and Host is `:authority`.
  Result<void> add_field(RequestPlan& plan, const std::string& name, const std::string& value,
                         const std::string& whose) {
    std::string small = name;
    for (char& c : small) c = lower(c);
    if (small == "host") {
      GF_TRY_AS(plan.authority, Text::compile(value, names_, whose));
      return {};
    }
    if (small == "connection" || small == "upgrade" || small == "keep-alive" ||
        small == "proxy-connection")
      return {};
    GF_TRY_AS(Text text, Text::compile(value, names_, whose));
    plan.fields.push_back({std::move(small), std::move(text)});
    return {};
  }

  int origin_of(const Url& url) {
    const int known = program_.find_origin(url.host, url.port, url.tls);
    if (known >= 0) return known;
    program_.origins.push_back({url.host, url.port, url.tls, url.authority});
    return static_cast<int>(program_.origins.size() - 1);
  }

  /// Servers that redirects may lead to, and what TLS needs.
  Result<void> prepare_origins() {
    auto& origins = program_.origins;
    // From http to https of the same host, the redirect that nearly every site has.
    const auto named = origins;
    if (program_.spec.http.redirects > 0)
      for (const auto& origin : named)
        if (const Url other{
                origin.host, origin.tls ? 80 : 443, !origin.tls,
                origin.host.find(':') == origin.host.npos ? origin.host : "[" + origin.host + "]",
                "/"};
            program_.find_origin(other.host, other.port, other.tls) < 0)
          origins.push_back({other.host, other.port, other.tls, other.authority});
    if (std::none_of(origins.begin(), origins.end(), [](const auto& o) { return o.tls; }))
      return {};
    const auto& spec = program_.spec;
    auto made = TlsContext::create(spec.tls, spec.http.version, spec.http.connections);
    if (!made) return of_load(made.error());
    program_.tls = std::move(*made);
    return {};
  }

  /// Steps of one journey with the same name are one line of the result.
  int slot_of(const std::string& step) {
    const std::pair key{static_cast<int>(program_.journeys.size()), step};
    auto& slots = program_.slots;
    const auto found = std::find(slots.begin(), slots.end(), key);
    if (found != slots.end()) return static_cast<int>(found - slots.begin());
    slots.push_back(key);
    return static_cast<int>(slots.size() - 1);
  }
  std::size_t variable(const std::string& name) {
    for (const auto& [known, slot] : names_)
      if (known == name && slot.from == Slot::From::Extracted) return slot.index;
    names_.emplace_back(name,
                        Slot{Slot::From::Extracted, 0, static_cast<std::uint32_t>(variables_)});
    return variables_++;
  }

  LoadProgram program_;
  SlotNames names_;            ///< what texts of the present journey may use
  std::size_t variables_ = 0;  ///< of the present journey
};

}  // namespace

std::vector<double> LoadProgram::weights() const {
  std::vector<double> all;
  for (const auto& journey : journeys) all.push_back(journey.weight);
  return all;
}

Result<LoadProgram> compile_load(const LoadSpec& spec) { return Compiler(spec).run(); }

int LoadProgram::find_origin(std::string_view host, int port, bool tls_there) const {
  for (std::size_t i = 0; i < origins.size(); ++i)
    if (same_word(origins[i].host, host) && origins[i].port == port && origins[i].tls == tls_there)
      return static_cast<int>(i);
  return -1;
}

}  // namespace gunflint
