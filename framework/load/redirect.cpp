#include "load/redirect.hpp"

#include "load/ascii.hpp"

namespace gunflint {
namespace {

/// "/a/b?x" and "../c" -> "/c" (RFC 3986, 5.2.4, for what a server may write).
std::string resolve_path(std::string_view base, std::string_view reference) {
  if (reference.starts_with('/')) return std::string(reference);
  const auto path = base.substr(0, base.find('?'));
  if (reference.starts_with('?')) return std::string(path) + std::string(reference);
  std::string folder(path.substr(0, path.rfind('/') + 1));
  while (true) {
    if (reference.starts_with("./")) {
      reference.remove_prefix(2);
    } else if (reference.starts_with("../")) {
      reference.remove_prefix(3);
      if (folder.size() > 1) folder.resize(folder.rfind('/', folder.size() - 2) + 1);
    } else {
      return folder + std::string(reference);
    }
  }
}

}  // namespace

std::optional<Redirect> follow(const LoadProgram& program, const RequestOf& request,
                               const RequestPlan& plan, const HttpAnswer& answer) {
  bool found = false;
  std::string_view location = ResponseParser::find_header(answer.head, "location", found);
  if (!found || location.empty()) return std::nullopt;
  location = location.substr(0, location.find('#'));
  const std::string& method = request.redirect ? request.redirect->method : plan.method;
  Redirect next;
  next.method = method;
  next.with_body = plan.has_body && (request.redirect == nullptr || request.redirect->with_body);
  const bool to_get = answer.status == 303 || (answer.status <= 302 && method == "POST");
  if (to_get && method != "HEAD") {
    next.method = "GET";
    next.with_body = false;
  }
  std::string absolute;
  if (location.starts_with("//"))
    absolute = (request.origin.tls ? "https:" : "http:") + std::string(location);
  else if (location.find("://") != location.npos &&
           location.find("://") < location.find_first_of("/?"))
    absolute = std::string(location);
  std::string target;
  if (absolute.empty()) {
    std::string base;
    if (request.redirect)
      base = request.redirect->target;
    else
      plan.target.fill(base, request.values, plan.target_escape);
    next.origin = request.redirect ? request.redirect->origin : plan.origin;
    target = resolve_path(base, location);
  } else {
    const auto url = parse_url(absolute);
    if (!url) return std::nullopt;
    next.origin = program.find_origin(url->host, url->port, url->tls);
    if (next.origin < 0) return std::nullopt;
    target = url->target;
  }
  append_escaped(next.target, target, Escape::Target);
  return next;
}

}  // namespace gunflint
