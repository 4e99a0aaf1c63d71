// haproxy's runtime socket: maxconn of the process, of a frontend, of a server.
#include <algorithm>

#include "common/setpoint.hpp"
#include "setting/setting_at.hpp"

namespace gunflint {
namespace {

std::vector<std::string> split(std::string_view text, char by) {
  std::vector<std::string> parts(1);
  for (const char c : text)
    if (c == by)
      parts.emplace_back();
    else
      parts.back() += c;
  return parts;
}

Result<std::string> say(Host& host, const HaproxyAt& at, const std::string& command) {
  return host.sockets.exchange(at.socket, command + "\n", 5s);
}

Failure unknown(const HaproxyAt& at) {
  return fail(Cause::BadInput, "haproxy at " + at.socket + " knows no `" + at.scope +
                                   "`; write `maxconn global`, `maxconn frontend NAME` or "
                                   "`maxconn server BACKEND/NAME`");
}

/// An empty limit is none, which haproxy writes as 0 when it is set.
Value limit(const std::string& text) {
  Value plain(text.empty() ? std::string("0") : text);
  plain.plain = true;
  return resolve_plain(plain);
}

Result<Value> read_global(Host& host, const HaproxyAt& at) {
  GF_TRY_AS(const std::string info, say(host, at, "show info"));
  static constexpr std::string_view name = "Maxconn: ";
  for (const auto& line : split(info, '\n'))
    if (line.starts_with(name)) return limit(line.substr(name.size()));
  return unknown(at);
}

}  // namespace

Result<Value> read_haproxy(Host& host, const HaproxyAt& at) {
  if (at.scope == "global") return read_global(host, at);
  const auto space = at.scope.find(' ');
  const auto slash = at.scope.find('/');
  const std::string kind = at.scope.substr(0, space);
  if (space == std::string::npos || (kind == "server") != (slash != std::string::npos))
    return unknown(at);
  const std::string proxy = at.scope.substr(space + 1, slash - space - 1);
  const std::string service =
      kind == "server" ? at.scope.substr(slash + 1) : std::string("FRONTEND");
  GF_TRY_AS(const std::string table, say(host, at, "show stat"));
  const auto lines = split(table, '\n');
  const auto head = split(lines[0], ',');
  const auto column = std::ranges::find(head, "slim") - head.begin();
  for (const auto& line : lines) {
    const auto cells = split(line, ',');
    if (cells.size() > static_cast<std::size_t>(column) && cells[0] == proxy && cells[1] == service)
      return limit(cells[static_cast<std::size_t>(column)]);
  }
  return unknown(at);
}

Result<void> write_haproxy(Host& host, const HaproxyAt& at, const Value& value) {
  GF_TRY_AS(const std::string answer,
            say(host, at, "set maxconn " + at.scope + " " + spelled(value)));
  const auto begin = answer.find_first_not_of(" \r\n");
  if (begin == std::string::npos) return {};
  return fail(Cause::BadInput,
              "haproxy refused `set maxconn " + at.scope + " " + spelled(value) +
                  "`; it said: " + answer.substr(begin, answer.find('\n', begin) - begin));
}

}  // namespace gunflint
