#include "load/program.hpp"

#include <netdb.h>

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "load/ascii.hpp"

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
    for (const auto& stage : spec.stages)
      if (stage.users)
        return fail(Cause::Unsupported,
                    fmt::format("load `{}`: `users` (a closed loop) is not in this version; give "
                                "the stage a `rate`",
                                spec.name));
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
    return std::move(program_);
  }

 private:
  static Failure bad(std::string message) { return fail(Cause::BadInput, std::move(message)); }

  Result<void> compile(const Journey& journey) {
    JourneyPlan plan{journey.name, journey.weight, {}, 0};
    variables_.clear();
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
    plan.variables = variables_.size();
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
    plan.retries = request.retries.times;
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
    return plan;
  }

  Result<void> write_parts(RequestPlan& plan, const Request& request, const Url& url,
                           const std::string& whose) {
    std::vector<Header> headers{
        {"Host", url.authority}, {"User-Agent", "gunflint/" GUNFLINT_VERSION}, {"Accept", "*/*"}};
    for (const auto& [name, value] : program_.spec.headers) put(headers, name, value);
    for (const auto& [name, value] : request.headers) put(headers, name, value);
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
    }
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
    GF_TRY_AS(plan.target, Text::compile(target, variables_, whose));
    GF_TRY_AS(plan.headers, Text::compile(lines, variables_, whose));
    GF_TRY_AS(plan.body, Text::compile(request.body, variables_, whose));
    plan.has_body = !request.body.empty() || plan.method == "POST" || plan.method == "PUT" ||
                    plan.method == "PATCH";
    plan.constant = plan.target.constant() && plan.headers.constant() && plan.body.constant();
    if (plan.constant) {
      write_request(plan.whole, plan, {}, {}, nullptr);
      plan.blank_line = plan.whole.find("\r\n\r\n") + 2;
    }
    return {};
  }

  int origin_of(const Url& url) {
    auto& origins = program_.origins;
    for (std::size_t i = 0; i < origins.size(); ++i)
      if (origins[i].host == url.host && origins[i].port == url.port) return static_cast<int>(i);
    origins.push_back({url.host, url.port, {}});
    return static_cast<int>(origins.size() - 1);
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
    const auto found = std::find(variables_.begin(), variables_.end(), name);
    if (found != variables_.end()) return static_cast<std::size_t>(found - variables_.begin());
    variables_.push_back(name);
    return variables_.size() - 1;
  }

  LoadProgram program_;
  std::vector<std::string> variables_;
};

}  // namespace

std::vector<double> LoadProgram::weights() const {
  std::vector<double> all;
  for (const auto& journey : journeys) all.push_back(journey.weight);
  return all;
}

Result<LoadProgram> compile_load(const LoadSpec& spec) { return Compiler(spec).run(); }

Result<void> resolve(LoadProgram& program) {
  for (auto& origin : program.origins) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int error =
        getaddrinfo(origin.host.c_str(), std::to_string(origin.port).c_str(), &hints, &found);
    if (error != 0)
      return fail(Cause::Unreachable,
                  fmt::format("load `{}`: the name `{}` has no address ({}); check the name and "
                              "this machine's resolver",
                              program.spec.name, origin.host, gai_strerror(error)));
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
    origin.addresses.clear();
    for (const addrinfo* at = found; at; at = at->ai_next) {
      Origin::Address address;
      std::copy_n(reinterpret_cast<const char*>(at->ai_addr), at->ai_addrlen,
                  reinterpret_cast<char*>(&address.storage));
      address.size = at->ai_addrlen;
      origin.addresses.push_back(address);
    }
  }
  return {};
}

void write_request(std::string& out, const RequestPlan& plan, const Origin& origin,
                   const std::vector<std::string>& values, const CookieJar* cookies) {
  out.append(plan.method).append(" ");
  const auto target = out.size();
  plan.target.fill(out, values, Escape::Target);
  const auto target_end = out.size();
  out += " HTTP/1.1\r\n";
  plan.headers.fill(out, values, Escape::Header);
  if (cookies) {
    const std::string asked = out.substr(target, target_end - target);
    cookies->append_to(out, origin.host, asked);
  }
  if (!plan.has_body) {
    out += "\r\n";
    return;
  }
  std::string body;
  plan.body.fill(body, values, plan.body_escape);
  out.append("Content-Length: ")
      .append(std::to_string(body.size()))
      .append("\r\n\r\n")
      .append(body);
}

}  // namespace gunflint
