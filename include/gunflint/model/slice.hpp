#pragma once
/// One second of one load, from one worker. Sums of slices are exact: nothing is sampled.

#include <map>
#include <string>
#include <vector>

#include "gunflint/base/fields.hpp"
#include "gunflint/model/histogram.hpp"

namespace gunflint {

/// Why a request failed. Closed; a response is in exactly one class.
enum class ErrorClass {
  Dns,
  Refused,
  ConnectTimeout,
  Tls,
  Reset,
  Timeout,
  Protocol,
  Http4xx,
  Http5xx,
  Check,
  CutOff,
  Extract
};
template <>
struct Names<ErrorClass> {
  static constexpr std::array table{std::pair{ErrorClass::Dns, "dns"},
                                    std::pair{ErrorClass::Refused, "refused"},
                                    std::pair{ErrorClass::ConnectTimeout, "connect_timeout"},
                                    std::pair{ErrorClass::Tls, "tls"},
                                    std::pair{ErrorClass::Reset, "reset"},
                                    std::pair{ErrorClass::Timeout, "timeout"},
                                    std::pair{ErrorClass::Protocol, "protocol"},
                                    std::pair{ErrorClass::Http4xx, "http_4xx"},
                                    std::pair{ErrorClass::Http5xx, "http_5xx"},
                                    std::pair{ErrorClass::Check, "check"},
                                    std::pair{ErrorClass::CutOff, "cut_off"},
                                    std::pair{ErrorClass::Extract, "extract"}};
};

/// What a connection speaks. Closed.
enum class Spoken { Http1, Http1Tls12, Http1Tls13, Http2, Http2Tls12, Http2Tls13 };
template <>
struct Names<Spoken> {
  static constexpr std::array table{std::pair{Spoken::Http1, "HTTP/1.1"},
                                    std::pair{Spoken::Http1Tls12, "HTTP/1.1 over TLS 1.2"},
                                    std::pair{Spoken::Http1Tls13, "HTTP/1.1 over TLS 1.3"},
                                    std::pair{Spoken::Http2, "HTTP/2"},
                                    std::pair{Spoken::Http2Tls12, "HTTP/2 over TLS 1.2"},
                                    std::pair{Spoken::Http2Tls13, "HTTP/2 over TLS 1.3"}};
};

/// An answer still missing counts with its age so far (LANGUAGE, Load), where that makes the
/// quantile worse: a request of 1 ms that will take 5 s says nothing yet, and never makes the slow
/// ones look faster.
Duration quantile_so_far(const Histogram& ended, const Histogram& waiting, double q);

/// Requests of one step that ended in this second.
struct StepSlice {
  std::string journey, step;
  std::uint64_t ended = 0, failed = 0;
  std::uint64_t attempts = 0;                   ///< with retries; >= ended
  std::map<std::string, std::uint64_t> errors;  ///< error class -> count; sums to `failed`
  /// Status code -> whole answers with it: of every attempt, and of redirects that were followed.
  std::map<std::string, std::uint64_t> statuses;
  Histogram latency;  ///< from the due time; errors included
  Histogram service;  ///< from the actual send
  /// Ages, from the due time, of the requests that have no answer at the end of the second. Not a
  /// count of ended ones: the same request is here again a second later, older.
  Histogram waiting;
  /// Error class -> the first one of this second, for people: "GET /x: status 503 (1.2 KB)".
  std::map<std::string, std::string> examples;
  static Fields<StepSlice> fields();
};

/// Journeys. `due = ended + dropped + in flight`, always, summed from the start.
struct JourneySlice {
  std::string journey;
  std::uint64_t due = 0;         ///< arrivals that fell due in this second
  std::uint64_t dropped = 0;     ///< due, never begun
  std::uint64_t ended = 0;       ///< includes the cut off, not the dropped
  std::uint64_t completed = 0;   ///< every step succeeded
  std::uint64_t unfinished = 0;  ///< of `ended`: nothing failed, but the load ended in a think time
  Histogram duration;            ///< due to last answer, without think time
  Histogram waiting;  ///< ages, without think time, of those that miss an answer just now
  /// Completions (and losses) by the second in which the journey was DUE, for users_affected:
  /// second -> {ended incl. dropped, completed}. Seconds are absolute. Unfinished ones, whom nobody
  /// let down, are in both.
  std::map<std::string, std::uint64_t> ended_by_due, completed_by_due;
  static Fields<JourneySlice> fields();
};

struct Slice {
  std::string load;
  int worker = 0;
  int second = 0;          ///< [second, second + 1) since t = 0
  double asked = 0;        ///< arrivals per second that the schedule asks for, this worker's share
  std::uint64_t sent = 0;  ///< requests begun
  std::uint64_t in_flight = 0;    ///< journeys, those that think too, at the end of the second
  std::uint64_t backlog = 0;      ///< due and waiting for a connection, at the end of the second
  std::uint64_t users = 0;        ///< closed loop: how many are wanted at the end of the second
  std::uint64_t reconnects = 0;   ///< opened in place of one that the other side ended
  std::uint64_t opened = 0;       ///< connections opened in this second
  std::uint64_t connections = 0;  ///< open at the end of the second
  std::uint64_t bytes_in = 0, bytes_out = 0;  ///< as sent and received, after TLS
  /// Spoken -> connections that were opened with it; libcurl does not tell.
  std::map<std::string, std::uint64_t> spoken;
  double last_end = 0;     ///< when the last journey of this second ended, since t = 0; 0: none
  Histogram connect;       ///< from the start of a connection until it carries requests
  Histogram late;          ///< actual send minus due while a connection was free: our own error
  Histogram queued;        ///< actual send minus due of those that waited for a connection
  Histogram lag;           ///< how late the loop woke up for what was due
  double cpu = 0;          ///< of the generating threads, share of one core each
  bool saturated = false;  ///< the generator was the limit in this second
  bool warm_up = false;    ///< not judged, not summed up
  bool over = false;       ///< all of `max_journeys` have begun and ended
  bool last = false;       ///< the worker has drained; nothing follows
  std::vector<StepSlice> steps;
  std::vector<JourneySlice> journeys;
  static Fields<Slice> fields();
};

}  // namespace gunflint
