#pragma once
/// One connection to a server, and what it carries.

#include <cstdint>
#include <memory>
#include <string>

#include "gunflint/base/units.hpp"
#include "load/http2.hpp"
#include "load/place.hpp"
#include "load/response.hpp"
#include "load/transport.hpp"

namespace gunflint {

struct Connection {
  enum class State : std::uint8_t {
    Closed,
    Connecting,
    Securing,  ///< connected; the TLS handshake is under way
    Busy,      ///< HTTP/1.1, with a request
    Idle,      ///< HTTP/1.1, without
    Shared     ///< HTTP/2, open
  };
  Transport transport;
  std::uint32_t user = nobody;   ///< HTTP/1.1, or not known yet: whose request it carries
  std::uint16_t generation = 0;  ///< tells apart sockets of one place
  std::uint16_t origin = 0;
  std::uint16_t addresses_tried = 0;
  std::uint32_t first_address = 0;  ///< of its server's: the next ones are tried from there on
  State state = State::Closed;
  bool reused = false;        ///< has carried an answer before
  bool more_to_read = false;  ///< stands in the list of those whose edge has been
  bool to_flush = false;      ///< stands in the list of those with something to send
  bool listed = false;        ///< HTTP/2: stands in the pool's list of those with room
  bool heard = true;          ///< HTTP/2: bytes have come since somebody was last not answered
  bool settling = false;      ///< HTTP/2: its answers are being handed out; it stays open meanwhile
  int served = 0;             ///< requests begun on it
  Duration opened{};          ///< when it was begun, in load time
  std::string unsent;         ///< what the socket did not take
  ResponseParser parser;
  std::unique_ptr<Http2Session> http2;  ///< before it is open, too, where it is known to be 2

  /// The one that is tried now. Each connection goes round by itself: others begin meanwhile.
  std::size_t address_of(std::size_t count) const {
    return (std::size_t{first_address} + addresses_tried) % count;
  }
  bool is_opening() const { return state == State::Connecting || state == State::Securing; }
};

}  // namespace gunflint
