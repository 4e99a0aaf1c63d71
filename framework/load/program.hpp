#pragma once
/// A load, checked and compiled once: what the loops need per request is a lookup away.

#include <sys/socket.h>

#include <string>
#include <variant>
#include <vector>

#include "gunflint/model/load_spec.hpp"
#include "load/checks.hpp"
#include "load/extract.hpp"
#include "load/response.hpp"
#include "load/text.hpp"
#include "load/url.hpp"

namespace gunflint {

/// One server by name: a pool of connections each.
struct Origin {
  struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;
  };
  std::string host;
  int port = 80;
  std::vector<Address> addresses;  ///< after resolve()
};

/// A request with everything that does not vary already written out.
struct RequestPlan {
  std::string name, method;
  int origin = 0;
  int slot = 0;  ///< of its step in the tally
  bool constant = false;
  std::string whole;  ///< constant: all its bytes (a Cookie header goes before `blank_line`)
  std::size_t blank_line = 0;
  Text target, headers, body;  ///< not constant; headers: whole lines
  Escape body_escape = Escape::None;
  bool has_body = false;  ///< or the method promises one: Content-Length is sent
  bool to_head = false;
  ResponseParser::Keep keep;
  Checks checks;
  std::vector<std::pair<std::size_t, Extractor>> extract;  ///< slot of the variable
  OnFailure on_failure = OnFailure::Stop;
  int retries = 0;
};

using StepPlan = std::variant<RequestPlan, Think>;

struct JourneyPlan {
  std::string name;
  double weight = 1;
  std::vector<StepPlan> steps;
  std::size_t variables = 0;
};

struct LoadProgram {
  LoadSpec spec;
  std::vector<Origin> origins;
  std::vector<JourneyPlan> journeys;
  /// The names behind the tally's slots: {journey, step}.
  std::vector<std::pair<int, std::string>> slots;

  std::vector<double> weights() const;
};

/// Refuses, with a sentence: what this version has not (https, closed-loop users), and what cannot
/// be sent (no journey, a header with a line break, an unknown ${name}).
Result<LoadProgram> compile_load(const LoadSpec& spec);

/// Looks up every origin's addresses (getaddrinfo; blocks). Unreachable names the host.
Result<void> resolve(LoadProgram& program);

/// The bytes of a request that varies. `cookies` may be nullptr.
void write_request(std::string& out, const RequestPlan& plan, const Origin& origin,
                   const std::vector<std::string>& values, const CookieJar* cookies);

}  // namespace gunflint
