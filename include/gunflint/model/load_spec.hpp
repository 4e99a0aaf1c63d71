#pragma once
/// The traffic that an experiment asks for.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "gunflint/base/fields.hpp"

namespace gunflint {

enum class ArrivalKind {
  Uniform,  ///< evenly spaced
  Poisson,  ///< as independent users come
  Bursty    ///< `burst` at the same moment; the bursts come as in Poisson
};
template <>
struct Names<ArrivalKind> {
  static constexpr std::array table{std::pair{ArrivalKind::Uniform, "uniform"},
                                    std::pair{ArrivalKind::Poisson, "poisson"},
                                    std::pair{ArrivalKind::Bursty, "bursty"}};
};

/// One stretch of the schedule; exactly one of the three. `rate`: constant. `ramp_to`: linear from
/// where the last stage ended. `users`: a closed loop: so many users, each of whom begins the next
/// journey when the last one has ended; nothing is asked per second (`rate` is then 0).
struct Stage {
  std::string name;
  std::optional<Rate> rate;
  std::optional<Rate> ramp_to;
  std::optional<int> users;
  Duration length{};  ///< `for`
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

/// Further attempts after one that failed. The pause before attempt k + 1 is drawn evenly from
/// [0, min(most, least x 2^(k-1))] ("full jitter"); `least` 0: none. `budget`: of all requests of
/// this load, at most this share is tried again, so that retries cannot multiply the load on a
/// system that is down; a request that finds the budget used up fails as it is.
struct Retries {
  int times = 0;
  Duration least{}, most{};
  std::optional<Share> budget;
  bool operator==(const Retries&) const = default;
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
  Retries retries;
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

enum class HttpVersion {
  Auto,  ///< https: what the server prefers of 2 and 1.1 (ALPN); http: 1.1
  One,
  Two  ///< https: 2 or a failed connection; http: 2 with prior knowledge (h2c)
};
template <>
struct Names<HttpVersion> {
  static constexpr std::array table{std::pair{HttpVersion::Auto, "auto"},
                                    std::pair{HttpVersion::One, "1.1"},
                                    std::pair{HttpVersion::Two, "2"}};
};

struct HttpOptions {
  HttpVersion version = HttpVersion::Auto;
  int connections = 1000;           ///< most at once, per load
  int streams = 100;                ///< HTTP/2: most requests at once on one connection
  bool keep_alive = true;           ///< false: every request opens a connection of its own
  int requests_per_connection = 0;  ///< then it is closed and opened again; 0: no limit
  int redirects = 0;                ///< followed at most, to servers that the load names anyway
  bool compression = false;         ///< asks for gzip, and unpacks where a body is looked at
  static Fields<HttpOptions> fields();
  bool operator==(const HttpOptions&) const = default;
};

enum class TlsVersion { V12, V13 };
template <>
struct Names<TlsVersion> {
  static constexpr std::array table{std::pair{TlsVersion::V12, "1.2"},
                                    std::pair{TlsVersion::V13, "1.3"}};
};

struct TlsOptions {
  bool verify = true;
  std::string ca;           ///< a PEM file of certificates to trust instead of the system's
  std::string cert, key;    ///< PEM files: who we are
  std::string server_name;  ///< asked for (SNI) and verified instead of the address's host
  TlsVersion least = TlsVersion::V12;
  std::optional<TlsVersion> most;
  bool resumption = true;  ///< later connections resume a session of an earlier one
  static Fields<TlsOptions> fields();
  bool operator==(const TlsOptions&) const = default;
};

/// How connections are opened.
struct ConnectOptions {
  std::optional<Duration> timeout;             ///< for one attempt; default: the load's `timeout`
  std::string source_address;                  ///< a local address, v4 or v6
  std::string unix_socket;                     ///< a path: every connection goes there
  std::map<std::string, std::string> resolve;  ///< host -> address, instead of asking
  std::optional<Duration> lookup_every;        ///< names are looked up again; default: once
  std::string proxy;                           ///< needs `transport: libcurl`
  static Fields<ConnectOptions> fields();
  bool operator==(const ConnectOptions&) const = default;
};

enum class RowOrder {
  Sequential,  ///< the k-th user takes row k, from the start again at the end
  Random,      ///< drawn by the seed
  Unique       ///< no row is taken twice; a user who finds none left is dropped
};
template <>
struct Names<RowOrder> {
  static constexpr std::array table{std::pair{RowOrder::Sequential, "sequential"},
                                    std::pair{RowOrder::Random, "random"},
                                    std::pair{RowOrder::Unique, "unique"}};
};

/// A file of rows; a column is `${name.column}` in the load's requests. Each journey takes one row;
/// a user of a closed loop keeps the row of the first one.
struct DataSpec {
  std::string name;
  std::string file;  ///< CSV with a head line (RFC 4180), or JSON lines (`.jsonl`, `.ndjson`)
  RowOrder order = RowOrder::Sequential;
  std::vector<std::string> columns;  ///< found in the file when the experiment was read
  bool operator==(const DataSpec&) const = default;
};

/// Recorded requests instead of journeys: the lines of an access log (common or combined format).
/// Only GET and HEAD are sent: a log holds no bodies. With `stages`, they say when; without, the
/// log does. What is below `speed` was found in the file when the experiment was read.
struct ReplaySpec {
  std::string file;
  double speed = 1;            ///< 2: twice as fast as recorded
  bool timed = false;          ///< the log says when: the load has one stage, named `replay`
  std::uint64_t requests = 0;  ///< lines that can be sent
  Duration length{};           ///< as recorded, from the first second to the end of the last
  std::map<std::string, std::uint64_t> left_out;  ///< why a line is not sent -> lines
  static Fields<ReplaySpec> fields();
  bool operator==(const ReplaySpec&) const = default;
};

enum class TransportKind { Native, Libcurl };
template <>
struct Names<TransportKind> {
  static constexpr std::array table{std::pair{TransportKind::Native, "native"},
                                    std::pair{TransportKind::Libcurl, "libcurl"}};
};

enum class Pacing {
  Timer,   ///< the kernel's timer wakes us: late by some tens of microseconds
  Precise  ///< and the last 50 us are spun away, by threads with a core of their own
};
template <>
struct Names<Pacing> {
  static constexpr std::array table{std::pair{Pacing::Timer, "timer"},
                                    std::pair{Pacing::Precise, "precise"}};
};

struct LoadSpec {
  std::string name;
  std::string base_url;
  ArrivalKind arrivals = ArrivalKind::Uniform;
  int burst = 10;          ///< Bursty: arrivals at the same moment
  Duration warm_up{};      ///< what is due before this is sent and not judged
  Duration timeout = 10s;  ///< from the due time to the complete answer
  std::vector<Stage> stages;
  std::vector<Journey> journeys;
  std::string baseline;  ///< stage name, empty: the longest constant stretch
  bool cookies = true;
  std::map<std::string, std::string> headers;
  HttpOptions http;
  TlsOptions tls;
  ConnectOptions connect;
  TransportKind transport = TransportKind::Native;
  Pacing pacing = Pacing::Timer;
  bool trace = false;  ///< a `traceparent` header (W3C) on every request: a journey is one trace
  std::vector<DataSpec> data;
  std::optional<ReplaySpec> replay;
  /// After so many have begun the load is silent. Of `gunflint load -n`; a file has no key for it.
  std::optional<int> max_journeys;
  std::optional<int> max_in_flight;  ///< most requests at once; beyond it `on_overload` decides
  OnOverload on_overload = OnOverload::Queue;
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
