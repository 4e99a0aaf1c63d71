#pragma once
/// A load, checked and compiled once: what the loops need per request is a lookup away.

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "gunflint/model/load_spec.hpp"
#include "load/checks.hpp"
#include "load/data.hpp"
#include "load/extract.hpp"
#include "load/response.hpp"
#include "load/text.hpp"
#include "load/url.hpp"

namespace gunflint {

class TlsContext;

/// One server by name: a pool of connections each.
struct Origin {
  std::string host;
  int port = 80;
  bool tls = false;
  std::string authority;  ///< as it stands in the Host header: host[:port]
};

/// A header of HTTP/2: its name in lower case.
struct FieldPlan {
  std::string name;
  Text value;
};

/// A request with everything that does not vary already written out.
struct RequestPlan {
  std::string name, method;
  int origin = 0;
  int slot = 0;  ///< of its step in the tally
  bool constant = false;
  std::string
      whole;  ///< constant: all bytes of HTTP/1.1 (a Cookie header goes before `blank_line`)
  std::size_t blank_line = 0;
  Text target, headers, body;     ///< headers: whole lines of HTTP/1.1
  std::vector<FieldPlan> fields;  ///< the same headers for HTTP/2, without the pseudo-headers
  Text authority;                 ///< the value of Host
  Escape target_escape = Escape::Target;
  Escape body_escape = Escape::None;
  bool has_body = false;  ///< or the method promises one: Content-Length is sent
  bool to_head = false;
  ResponseParser::Keep keep;
  Checks checks;
  std::vector<std::pair<std::size_t, Extractor>> extract;  ///< index of the variable
  OnFailure on_failure = OnFailure::Stop;
  Retries retries;
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
  std::shared_ptr<const TlsContext> tls;  ///< where an origin speaks TLS
  std::vector<DataSet> data;
  std::shared_ptr<const Recording> recording;  ///< of a replay

  std::vector<double> weights() const;
  /// The index of a server, or -1 when the load does not name it.
  int find_origin(std::string_view host, int port, bool tls) const;
};

/// Refuses, with a sentence, what cannot be sent (no journey, a header with a line break, an
/// unknown
/// ${name}) or read (a certificate).
Result<LoadProgram> compile_load(const LoadSpec& spec);

}  // namespace gunflint
