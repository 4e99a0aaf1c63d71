#include "cli/example.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace gunflint {
namespace {

struct Known {
  std::string_view key, value;
};
/// Texts say nothing by their kind: these keys have a value that a person would write.
constexpr std::array texts{
    Known{"action", "start"},
    Known{"adapter", "haproxy"},
    Known{"after", "surge"},
    Known{"after_recovery", "lose one"},
    Known{"at", "surge"},
    Known{"backoff", "100ms..2s"},
    Known{"base_url", "http://127.0.0.1:8080"},
    Known{"baseline", "normal"},
    Known{"bearer", "\"${secret:shop}\""},
    Known{"body", "hello"},
    Known{"body_file", "order.json"},
    Known{"ca", "/etc/ssl/certs/shop.pem"},
    Known{"cert", "client.pem"},
    Known{"cgroup", "/shop"},
    Known{"check", "[ grep, -q, maintenance, /srv/shop/mode ]"},
    Known{"cmdline", "shop web"},
    Known{"compose_service", "web"},
    Known{"container", "web"},
    Known{"context", "staging"},
    Known{"control", "spare"},
    Known{"cookie", "session"},
    Known{"delete", "/cart/1"},
    Known{"delivered_to", "pager"},
    Known{"deployment", "checkout"},
    Known{"description", "A 4x surge stays inside the SLO."},
    Known{"exec", "[ /srv/shop/check, --fast ]"},
    Known{"expect", "value < 500"},
    Known{"fault", "lose one"},
    Known{"file", "/var/log/shop.log"},
    Known{"get", "/items"},
    Known{"group", "web"},
    Known{"head", "/"},
    Known{"header", "X-Request-Id"},
    Known{"hosts", "[ web-1, web-2 ]"},
    Known{"http", "http://127.0.0.1:8080/health"},
    Known{"inject", "[ /srv/shop/set-mode, maintenance ]"},
    Known{"inventory", "hosts.ini"},
    Known{"item", "one"},
    Known{"journey", "buy"},
    Known{"json", "\"$.items[0].id\""},
    Known{"key", "client.key"},
    Known{"kind", "experiment"},
    Known{"load", "shoppers"},
    Known{"namespace", "shop"},
    Known{"observe", "[ cat, /srv/shop/mode ]"},
    Known{"options", "/items"},
    Known{"owner", "team-checkout"},
    Known{"password", "\"${secret:shop}\""},
    Known{"patch", "/cart/1"},
    Known{"path", "/etc/nginx/nginx.conf"},
    Known{"pattern", "\" 5[0-9][0-9] \""},
    Known{"pid_file", "/run/nginx.pid"},
    Known{"post", "/cart"},
    Known{"process", "haproxy"},
    Known{"prometheus", "sum(checkout_queue_depth)"},
    Known{"proxy", "http://proxy:3128"},
    Known{"put", "/cart/1"},
    Known{"query", "sum(rate(http_requests_total[10s]))"},
    Known{"regex", "\"id=([0-9]+)\""},
    Known{"restore", "[ /srv/shop/set-mode, normal ]"},
    Known{"scrape", "balancer"},
    Known{"selector", "app=checkout"},
    Known{"server_name", "shop.example"},
    Known{"source_address", "10.0.0.7"},
    Known{"statefulset", "db"},
    Known{"step", "checkout"},
    Known{"target", "web"},
    Known{"tcp", "127.0.0.1:5432"},
    Known{"think", "1s..3s"},
    Known{"tier", "web"},
    Known{"token", "\"${secret:prometheus}\""},
    Known{"unit", "nginx.service"},
    Known{"unix_socket", "/run/shop.sock"},
    Known{"url", "http://127.0.0.1:9090"},
    Known{"use", "staging.yaml"},
    Known{"user", "deploy"},
    Known{"value", "4"},
    Known{"vary", "surge"},
    Known{"when", "error_rate > 25%"},
    Known{"while", "surge"},
};

std::string_view text_for(const std::string& key) {
  for (const Known& known : texts)
    if (known.key == key) return known.value;
  return {};
}

std::string value_of(const std::string& key, const Shape& shape, int depth);

/// A map of what is required, else of the first of what may be there.
std::string map_of(const Shape& shape, int depth) {
  std::string out;
  const bool any = std::any_of(shape.members.begin(), shape.members.end(),
                               [](const auto& m) { return m.required; });
  for (const auto& member : shape.members) {
    if (any ? !member.required : !out.empty()) continue;
    out += (out.empty() ? "" : ", ") + member.name + ": " +
           value_of(member.name, member.shape, depth + 1);
  }
  return out.empty() ? "{}" : "{ " + out + " }";
}

std::string number_of(const Shape& shape) {
  const double least = shape.least.value_or(1);
  return fmt::format("{:g}", std::min(std::max(least, 2.0), shape.most.value_or(1e9)));
}

std::string value_of(const std::string& key, const Shape& shape, int depth) {
  if (depth > 6) return "{}";
  const auto known = text_for(key);
  switch (shape.kind) {
    case Shape::Kind::Any:
      return known.empty() ? "{}" : std::string(known);
    case Shape::Kind::Text:
      if (shape.title == "a status") return "200";
      return known.empty() ? key == "name" ? "one" : "word" : std::string(known);
    case Shape::Kind::Integer:
    case Shape::Kind::Number:
      return key == "port" ? "8080" : key == "version" ? "1" : number_of(shape);
    case Shape::Kind::Boolean:
      return "true";
    case Shape::Kind::List:
      if (!known.empty() && known.front() == '[') return std::string(known);
      return "[ " + value_of("item", shape.of.at(0), depth + 1) + " ]";
    case Shape::Kind::Map:
      return "{ " + std::string("one: ") + value_of("item", shape.of.at(0), depth + 1) + " }";
    case Shape::Kind::Struct:
      return map_of(shape, depth);
    case Shape::Kind::OneOf:
      return value_of(key, shape.of.at(0), depth);
    default:
      return usual_value(shape);
  }
}

}  // namespace

std::string example_value(const Shape::Member& member) {
  // A default is a value that somebody thought about, but what differs from it shows more.
  if (member.shape.kind == Shape::Kind::Enum)
    for (const auto& name : member.shape.names)
      if (name != member.fallback) return name;
  if (member.shape.kind == Shape::Kind::Boolean)
    return member.fallback == "true" ? "false" : "true";
  return value_of(member.name, member.shape, 0);
}

std::string example_of(const Shape::Member& member) {
  return member.name + ": " + example_value(member);
}

}  // namespace gunflint
