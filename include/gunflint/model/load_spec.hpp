#pragma once
/// The traffic that an experiment asks for.

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "gunflint/base/fields.hpp"

namespace gunflint {

enum class ArrivalKind { Uniform, Poisson };
template <>
struct Names<ArrivalKind> {
  static constexpr std::array table{std::pair{ArrivalKind::Uniform, "uniform"},
                                    std::pair{ArrivalKind::Poisson, "poisson"}};
};

/// One stretch of the schedule. `rate`: constant. `ramp_to`: linear from where the last stage
/// ended.
struct Stage {
  std::string name;
  std::optional<Rate> rate;
  std::optional<Rate> ramp_to;
  std::optional<int> users;  ///< closed loop; not in this version
  Duration length{};         ///< `for`
  Mark mark;
  static Fields<Stage> fields();
};

struct Extract {
  enum class From { Json, Regex, Header, Cookie };
  std::string variable;
  From from = From::Json;
  std::string
      what;  ///< a JSON path, a regular expression with one group, a header's or cookie's name
};
template <>
struct Names<Extract::From> {
  static constexpr std::array table{
      std::pair{Extract::From::Json, "json"}, std::pair{Extract::From::Regex, "regex"},
      std::pair{Extract::From::Header, "header"}, std::pair{Extract::From::Cookie, "cookie"}};
};

/// What makes an answer right. An empty `status` means: below 400.
struct Check {
  struct Statuses {  ///< 200 is {200, 200}; "2xx" is {200, 299}
    int least = 0, most = 0;
  };
  std::vector<Statuses> status;
  std::vector<std::string> body_contains;
  std::vector<std::string> body_matches;  ///< regular expressions
  std::map<std::string, std::string> header_contains;
  std::optional<Duration> latency;  ///< slower is a failed check
};

enum class OnFailure { Stop, Continue };
template <>
struct Names<OnFailure> {
  static constexpr std::array table{std::pair{OnFailure::Stop, "stop"},
                                    std::pair{OnFailure::Continue, "continue"}};
};

/// One request of a journey. Texts may hold ${name} of extracted values; everything else has been
/// substituted when the file was read.
struct Request {
  std::string name;    ///< defaults to "GET /path"
  std::string method;  ///< upper case
  std::string url;     ///< absolute, or a path under the load's base_url
  std::map<std::string, std::string> headers;
  std::string body;  ///< json, form and body_file have been turned into this and a Content-Type
  std::vector<Extract> extract;
  Check check;
  OnFailure on_failure = OnFailure::Stop;
  int retries = 0;
  Mark mark;
};

/// A pause: uniform between least and most.
struct Think {
  Duration least{}, most{};
};

using Step = std::variant<Request, Think>;

struct Journey {
  std::string name;
  double weight = 1;
  std::vector<Step> steps;
  Mark mark;
};

enum class OnOverload { Queue, Drop, Abort };
template <>
struct Names<OnOverload> {
  static constexpr std::array table{std::pair{OnOverload::Queue, "queue"},
                                    std::pair{OnOverload::Drop, "drop"},
                                    std::pair{OnOverload::Abort, "abort"}};
};

struct LoadSpec {
  std::string name;
  std::string base_url;
  ArrivalKind arrivals = ArrivalKind::Uniform;
  Duration timeout = 10s;  ///< from the due time to the complete answer
  std::vector<Stage> stages;
  std::vector<Journey> journeys;
  std::string baseline;  ///< stage name, empty: the longest constant stretch
  bool cookies = true;
  std::map<std::string, std::string> headers;
  int connections = 1000;            ///< most connections at once, per load
  std::optional<int> max_in_flight;  ///< most requests at once; beyond it `on_overload` decides
  OnOverload on_overload = OnOverload::Queue;
  Value other;  ///< sections that this version reads and does not run: data, tls, http, replay
  Mark mark;
};

/// Step, Journey, Check, Extract and LoadSpec have a syntax of their own (see docs/reference).
template <>
struct Codec<LoadSpec> {
  static bool read(const Value&, LoadSpec& out, Reader&);
  static Value write(const LoadSpec&);  ///< reads back to the same value
  static Shape shape();
};

}  // namespace gunflint
