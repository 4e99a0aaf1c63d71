#pragma once
/// Does a member answer? Plain sockets, so that the static host agent needs no HTTP library: all
/// members are asked at once and together they have one deadline.

#include <string>
#include <vector>

#include "gunflint/host/host.hpp"
#include "gunflint/model/target_spec.hpp"

namespace gunflint {

/// A parsed http://host:port/path or host:port. Only numeric addresses; names are resolved before.
struct Door {
  std::string host;
  int port = 0;
  std::string path;  ///< empty: a TCP connect is enough
};
/// "http://127.0.0.1:8080/health" -> {127.0.0.1, 8080, "/health"}; port 80 when none is given.
Result<Door> parse_http_door(const std::string& url);
/// "127.0.0.1:8080" -> {127.0.0.1, 8080, ""}; IPv6 as "[::1]:80".
Result<Door> parse_tcp_door(const std::string& address);

/// One answer per door: it accepted (TCP), or its first line was "HTTP/1.x 2xx" or "3xx". `why`
/// says what was wrong.
struct Answered {
  bool ready = false;
  std::string why;
};
std::vector<Answered> ask_doors(const std::vector<Door>& doors, Duration deadline);

/// Applies a target's `ready:` to its members; without one a member that is alive is ready.
std::vector<Answered> ask_members(Host& host, const Readiness& ready,
                                  const std::vector<Member>& members);

}  // namespace gunflint
