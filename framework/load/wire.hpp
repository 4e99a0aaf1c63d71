#pragma once
/// What lies between journeys and servers. Traffic hands requests to a Wire, which carries them on
/// connections; the Wire asks for their bytes when they go, and hands back what came of them.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gunflint/base/units.hpp"
#include "gunflint/model/histogram.hpp"
#include "gunflint/model/slice.hpp"
#include "load/place.hpp"
#include "load/request_text.hpp"

namespace gunflint {

/// A whole answer, as long as its connection keeps it.
struct HttpAnswer {
  int status = 0;
  std::string_view head;  ///< "Name: value\n" lines that were to be kept
  std::string_view body;  ///< if it was to be kept
  std::uint64_t body_bytes = 0;
};

/// Why an attempt has no answer.
struct AttemptFailure {
  ErrorClass why = ErrorClass::Reset;
  std::string_view words;  ///< half a sentence, valid during the call; may be empty
};

/// Where the request of a user is; kept with the user, written by the wire.
struct Carried {
  std::uint32_t place = nobody;  ///< of the connection; nobody: not on the wire
  std::int32_t stream = -1;      ///< HTTP/2
};

class WireUsers {
 public:
  virtual ~WireUsers() = default;
  virtual Carried& carried(std::uint32_t user) = 0;
  /// The present request of a user: which server, and its text.
  virtual int origin_of(std::uint32_t user) = 0;
  virtual RequestOf request_of(std::uint32_t user) = 0;
  /// Its first bytes are about to go out.
  virtual void sending(std::uint32_t user) = 0;
  /// It has a whole answer. First judged, while the answer is there; then, when the connection is
  /// free again, told that it may go on, which may at once begin another request.
  virtual void judge(std::uint32_t user, const HttpAnswer& answer) = 0;
  virtual void go_on(std::uint32_t user) = 0;
  virtual void failed(std::uint32_t user, const AttemptFailure& why) = 0;
  /// The server has not looked at it: it goes again, and this was no attempt.
  virtual void unprocessed(std::uint32_t user) = 0;
  /// Nothing of it could be sent on the connection it had: it goes again, on another.
  virtual void unsent(std::uint32_t user) = 0;
};

/// What happened on the wire since it was last asked.
struct WireCounts {
  std::uint64_t reconnects = 0, opened = 0, bytes_in = 0, bytes_out = 0;
  std::array<std::uint64_t, Names<Spoken>::table.size()> spoken{};  ///< of `opened`
  Histogram connect;
  bool out_of_sockets = false;
};

class Wire {
 public:
  virtual ~Wire() = default;

  enum class Started : std::uint8_t {
    Sent,     ///< on its way: it goes out with the next advance(), if not at once
    Opening,  ///< a connection is being opened for it
    NoRoom,   ///< not now
    Failed    ///< at once; last_failure() says why
  };
  /// start() would not say NoRoom, as far as our own limits go.
  virtual bool has_room(int origin) const = 0;
  virtual Started start(std::uint32_t user) = 0;
  virtual AttemptFailure last_failure() const = 0;
  /// Nobody waits for it any more. Says whether its connection had been established.
  virtual bool cancel(std::uint32_t user) = 0;
  /// An event of the poll descriptor, with what was registered.
  virtual void on_socket(std::uint32_t place, std::uint16_t generation, std::uint32_t events) = 0;
  /// After each batch of events, and when advance_at() has come: what has been started goes out.
  virtual void advance() = 0;
  /// When advance() has something to do, in load time; never: Duration::max().
  virtual Duration advance_at() const = 0;
  virtual std::size_t connections() const = 0;
  virtual WireCounts take_counts() = 0;
};

}  // namespace gunflint
