// A setting that a running service shows and takes over HTTP.
#include "common/setpoint.hpp"
#include "setting/setting_at.hpp"

namespace gunflint {
namespace {

constexpr std::string_view placeholder = "${value}";

Result<HttpResponse> ask(Host& host, const HttpRequest& request) {
  GF_TRY_AS(HttpResponse response, host.http.send(request));
  if (response.status >= 200 && response.status < 300) return response;
  return fail(
      response.status == 401 || response.status == 403 ? Cause::NotPermitted : Cause::BadInput,
      request.method + " " + request.url + " was answered with status " +
          std::to_string(response.status) + "; check url, method and headers");
}

std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> parts(1);
  for (const char c : path)
    if (c == '.')
      parts.emplace_back();
    else
      parts.back() += c;
  return parts;
}

Result<Value> read_once(Host& host, const HttpAt& at) {
  HttpRequest request{.url = at.url};
  request.headers = at.headers;
  GF_TRY_AS(const HttpResponse response, ask(host, request));
  if (at.path.empty()) {
    const auto end = response.body.find_last_not_of(" \t\r\n");
    return Value(response.body.substr(0, end == std::string::npos ? 0 : end + 1));
  }
  GF_TRY_AS(const Value document, parse_json(response.body));
  const Value* found = &document;
  for (const auto& part : parts_of(at.path))
    if (found) found = found->find(part);
  if (!found || found->is_map() || found->is_list())
    return fail(Cause::BadInput, "the answer of " + at.url + " has no single value `" + at.path +
                                     "`; check `field`");
  return *found;
}

std::string body_for(const HttpAt& at, const Value& value) {
  if (!at.body.empty()) {
    std::string body = at.body;
    for (std::size_t i = 0; (i = body.find(placeholder, i)) != std::string::npos;) {
      body.replace(i, placeholder.size(), spelled(value));
      i += spelled(value).size();
    }
    return body;
  }
  if (at.path.empty()) return spelled(value);
  const auto parts = parts_of(at.path);
  Value document = value;
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    Value outer = Value::map();
    outer.set(*part, std::move(document));
    document = std::move(outer);
  }
  return to_json(document);
}

}  // namespace

Result<Value> read_http(Host& host, const HttpAt& at) {
  GF_TRY_AS(Value first, read_once(host, at));
  for (int again = 0; at.shared && again < 2; ++again) {
    GF_TRY_AS(const Value other, read_once(host, at));
    if (!(other == first))
      return fail(Cause::Conflict, "two reads of " + at.url + " gave " + spelled(first) + " and " +
                                       spelled(other) +
                                       ", so this is not one shared setting; address each member "
                                       "by ${member.host} instead");
  }
  return first;
}

Result<void> write_http(Host& host, const HttpAt& at, const Value& value) {
  HttpRequest request{.method = at.method, .url = at.url};
  request.headers = at.headers;
  request.body = body_for(at, value);
  const bool is_json = request.body.starts_with("{");
  request.headers.try_emplace("Content-Type", is_json ? "application/json" : "text/plain");
  GF_TRY(ask(host, request));
  return {};
}

}  // namespace gunflint
