// HTTP/1.1: one request at a time on a connection.
#include "load/native_wire.hpp"

namespace gunflint {
void NativeWire::send_request(std::uint32_t place) {
  Connection& connection = pool_[place];
  const RequestOf request = users_.request_of(connection.user);
  const auto bytes = writer_.http1(request);
  const bool to_head = request.redirect ? request.redirect->method == "HEAD" : request.plan.to_head;
  connection.parser.begin(to_head, request.plan.keep);
  ++connection.served;
  users_.sending(connection.user);
  const Io io = connection.transport.write(bytes);
  if (io.state == IoState::Failed || io.state == IoState::End) return not_sent(place);
  counts_.bytes_out += bytes.size();
  if (io.bytes < bytes.size()) connection.unsent.assign(bytes.substr(io.bytes));
}

void NativeWire::not_sent(std::uint32_t place) {
  if (!pool_[place].reused)
    return lost(place, ErrorClass::Reset, "the connection was closed before the request was sent");
  // Closed by the other side while idle; nothing was sent, so this was no attempt.
  const auto user = pool_[place].user;
  users_.carried(user) = {};
  pool_.close(place, true);
  users_.unsent(user);
}

void NativeWire::send_rest(std::uint32_t place) {
  Connection& connection = pool_[place];
  while (!connection.unsent.empty()) {
    const Io io = connection.transport.write(connection.unsent);
    if (io.state == IoState::Done) {
      connection.unsent.erase(0, io.bytes);
      continue;
    }
    // An answer may still have come before the end (413 and the like): receive() finds out.
    if (io.state != IoState::Again) connection.unsent.clear();
    return;
  }
}

void NativeWire::receive(std::uint32_t place, std::uint32_t events) {
  Connection& connection = pool_[place];
  ResponseParser& parser = connection.parser;
  for (int n = 0; n < buffers_at_once; ++n) {
    const Io io = connection.transport.read(buffer_.data(), buffer_.size());
    if (io.state == IoState::Again) {
      // TLS may have had to read before it could write.
      if (!connection.unsent.empty() && connection.transport.tls()) send_rest(place);
      return;
    }
    if (io.state == IoState::End) {
      parser.feed_end();
      if (parser.done()) return answered(place, false);
      return lost(
          place, ErrorClass::Reset,
          connection.reused && !parser.started()
              ? "a kept connection was closed without an answer (is the server's keep-alive "
                "time shorter than the pauses between requests?)"
              : parser.reason());
    }
    if (io.state == IoState::Failed) {
      const auto* tls = connection.transport.tls();
      return lost(place, ErrorClass::Reset,
                  tls && io.error == 0
                      ? tls->why()
                      : std::string_view(parser.started() ? "reset in the middle of the answer"
                                                          : "reset without an answer"));
    }
    counts_.bytes_in += io.bytes;
    const auto used = parser.feed({buffer_.data(), io.bytes}, &last_head_);
    if (parser.done())
      return answered(place, parser.reusable() && used == io.bytes && connection.unsent.empty() &&
                                 !(events & over_events));
    if (parser.failed()) return lost(place, ErrorClass::Protocol, parser.reason());
    // The socket is empty, unless its end waits behind the bytes.
    if (connection.transport.drained(io.bytes, buffer_.size()) && !(events & over_events)) return;
  }
  read_later(place, events);
}

void NativeWire::answered(std::uint32_t place, bool reusable) {
  Connection& connection = pool_[place];
  const ResponseParser& parser = connection.parser;
  const auto user = connection.user;
  users_.judge(user, {parser.status(), parser.head(), parser.body(), parser.body_bytes()});
  let_go(place, reusable && still_usable(place));
  users_.go_on(user);
}

/// Our own limits on the life of a connection, and what TLS has read beyond the answer.
bool NativeWire::still_usable(std::uint32_t place) {
  const Connection& connection = pool_[place];
  const auto& http = program_.spec.http;
  if (!http.keep_alive) return false;
  if (http.requests_per_connection > 0 && connection.served >= http.requests_per_connection)
    return false;
  const auto* tls = connection.transport.tls();
  return tls == nullptr || !tls->has_pending() ||
         pool_[place].transport.read(buffer_.data(), 1).state == IoState::Again;
}

void NativeWire::look_at_idle(std::uint32_t place) {
  // A TLS record may be none of HTTP's (a session ticket); anything else is the end of it.
  auto& transport = pool_[place].transport;
  if (transport.tls() && transport.read(buffer_.data(), 1).state == IoState::Again) return;
  pool_.close(place, true);
}

void NativeWire::lost(std::uint32_t place, ErrorClass why, std::string_view words) {
  const std::string kept(words);  // of a parser, or a stream, that ends with the connection
  const auto user = let_go(place, false);
  users_.failed(user, {why, kept});
}

std::uint32_t NativeWire::let_go(std::uint32_t place, bool reusable) {
  Connection& connection = pool_[place];
  const auto user = connection.user;
  users_.carried(user) = {};
  connection.more_to_read = false;  // the answer is over, however it came
  if (reusable) {
    pool_.keep(place);
    return user;
  }
  const bool ours =
      connection.parser.done() && (connection.parser.reusable() || !program_.spec.http.keep_alive);
  pool_.close(place, !ours);
  return user;
}

}  // namespace gunflint
