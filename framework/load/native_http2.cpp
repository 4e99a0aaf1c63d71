// HTTP/2: many requests at once on a connection.
#include <fmt/format.h>

#include "load/native_wire.hpp"

namespace gunflint {
namespace {

/// Collected before they are written: a record of TLS holds no more.
constexpr std::size_t chunk = 16 * 1024;

std::string reset_words(std::uint32_t code) {
  return fmt::format("the server has reset the stream (code {})", code);
}

}  // namespace

Wire::Started NativeWire::submit(std::uint32_t place, std::uint32_t user) {
  Connection& connection = pool_[place];
  const RequestOf request = users_.request_of(user);
  const auto text = writer_.http2(request);
  auto& carried = users_.carried(user);
  if (!connection.http2->submit(user, *text.fields, text.body, request.plan.keep, carried.stream))
    return Started::NoRoom;
  carried.place = place;
  const auto limit = program_.spec.http.keep_alive ? program_.spec.http.requests_per_connection : 1;
  if (++connection.served == limit) connection.http2->leave();
  if (connection.state == Connection::State::Shared) {
    flush_later(place);
  } else if (connection.served == 1 && connection.user == nobody) {
    opening_.push_back({place, connection.generation, connection.opened + connect_timeout_});
  }
  return Started::Sent;
}

void NativeWire::receive_shared(std::uint32_t place, std::uint32_t events) {
  Connection& connection = pool_[place];
  Http2Session& http2 = *connection.http2;
  const auto generation = connection.generation;
  for (int n = 0; n < buffers_at_once; ++n) {
    const Io io = connection.transport.read(buffer_.data(), buffer_.size());
    if (io.state == IoState::Again) break;
    if (io.state == IoState::End || io.state == IoState::Failed)
      return end_shared(place, {ErrorClass::Reset, "the connection was closed before the answer"});
    counts_.bytes_in += io.bytes;
    connection.heard = true;
    // Its end waits behind these bytes: nobody new goes on it.
    if (events & over_events) http2.leave();
    const bool sense = http2.feed({buffer_.data(), io.bytes});
    settle(place);
    if (connection.generation != generation) return;
    if (!sense) return end_shared(place, {ErrorClass::Protocol, http2.reason()});
    if (connection.transport.drained(io.bytes, buffer_.size()) && !(events & over_events)) break;
    if (n + 1 == buffers_at_once) read_later(place, events);
  }
  flush_later(place);
  pool_.list(place);
}

/// Hands out what has ended. The streams stay theirs until each is dealt with, the connection too.
void NativeWire::settle(std::uint32_t place) {
  Connection& connection = pool_[place];
  Http2Session& http2 = *connection.http2;
  connection.settling = true;
  while (!http2.ended.empty()) {
    auto ended = std::move(http2.ended);
    http2.ended.clear();
    for (auto* stream : ended) {
      const auto user = stream->user;
      users_.carried(user) = {};
      switch (stream->end) {
        case Http2Session::End::Answered:
          users_.judge(user, {stream->status, stream->head, stream->body, stream->body_bytes});
          http2.release(stream);
          pool_.list(place);
          users_.go_on(user);
          break;
        case Http2Session::End::Unprocessed:
          http2.release(stream);
          users_.unprocessed(user);
          break;
        case Http2Session::End::Unsent:
          http2.release(stream);
          users_.unsent(user);
          break;
        case Http2Session::End::Reset:
          users_.failed(user, {ErrorClass::Reset, reset_words(stream->code)});
          http2.release(stream);
          break;
        case Http2Session::End::Broken:
          users_.failed(user, {ErrorClass::Protocol,
                               *stream->why != '\0'     ? std::string_view(stream->why)
                               : http2.reason().empty() ? "the answer breaks the rules of HTTP/2"
                                                        : std::string_view(http2.reason())});
          http2.release(stream);
          break;
      }
    }
  }
  connection.settling = false;
}

void NativeWire::end_shared(std::uint32_t place, const AttemptFailure& why) {
  Connection& connection = pool_[place];
  const std::string words(why.words);
  settle(place);
  connection.http2->feed_end();
  struct Left {
    std::uint32_t user;
    bool sent;
  };
  std::vector<Left> left;
  for (const auto* stream : connection.http2->ended)
    left.push_back({stream->user, stream->end != Http2Session::End::Unsent});
  connection.http2->ended.clear();
  const bool was_open = connection.state == Connection::State::Shared;
  pool_.close(place, true);
  for (const auto& [user, sent] : left) {
    users_.carried(user) = {};
    if (was_open && !sent)
      users_.unsent(user);
    else
      users_.failed(user, {why.why, words});
  }
}

/// Writes what there is.
IoState NativeWire::write_shared(std::uint32_t place) {
  Connection& connection = pool_[place];
  Http2Session& http2 = *connection.http2;
  std::string& unsent = connection.unsent;
  while (true) {
    while (unsent.size() < chunk) {
      const auto bytes = http2.next_bytes();
      if (bytes.empty()) break;
      unsent.append(bytes);
    }
    for (const auto user : http2.going_out) users_.sending(user);
    http2.going_out.clear();
    if (unsent.empty()) return IoState::Done;
    const Io io = connection.transport.write(unsent);
    if (io.state != IoState::Done) return io.state;
    counts_.bytes_out += io.bytes;
    unsent.erase(0, io.bytes);
  }
}

/// Writes what there is, and closes a connection that has nothing more to carry.
void NativeWire::flush_shared(std::uint32_t place) {
  Connection& connection = pool_[place];
  Http2Session& http2 = *connection.http2;
  const auto generation = connection.generation;
  const IoState state = write_shared(place);
  // What could not be sent any more (the server has said goodbye) has ended, too.
  if (!http2.ended.empty() && !connection.settling) settle(place);
  if (connection.generation != generation || state == IoState::Again) return;
  // What was answered before the end is still to be read: receive_shared() finds out.
  if (state != IoState::Done) return read_later(place, EPOLLHUP);
  if (connection.settling) return;
  if (http2.streams() == 0) {
    if (http2.leaving() || http2.finished())
      pool_.close(place, http2.told_to_leave() || !http2.leaving());
  } else if (http2.finished()) {
    // It has found an error of the whole connection, and said so: nothing more will come.
    end_shared(place, {ErrorClass::Protocol, "the server does not speak HTTP/2 as it should"});
  }
}

}  // namespace gunflint
