#pragma once
/// Our own HTTP/1.1 and HTTP/2 on non-blocking sockets.

#include <sys/epoll.h>

#include <deque>
#include <string>
#include <vector>

#include "load/pool.hpp"
#include "load/wire.hpp"

namespace gunflint {

/// The other side has ended a connection, or its half of it.
constexpr std::uint32_t over_events = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

class NativeWire final : public Wire {
 public:
  /// Buffers read of one connection at a time: an answer without end must leave the loop its
  /// schedule, its time-outs and the others.
  static constexpr int buffers_at_once = 4;

  NativeWire(const Pool::Setup& setup, WireUsers& users);

  bool has_room(int origin) const override { return pool_.can_take(origin, !starved_); }
  Started start(std::uint32_t user) override;
  AttemptFailure last_failure() const override { return {error_, words_}; }
  bool cancel(std::uint32_t user) override;
  void on_socket(std::uint32_t place, std::uint16_t generation, std::uint32_t events) override;
  void advance() override;
  Duration advance_at() const override;
  std::size_t connections() const override { return pool_.open(); }
  WireCounts take_counts() override;

 private:
  /// A connection with unread bytes: its edge has been, and none will come again for them.
  struct Unread {
    std::uint32_t place;
    std::uint16_t generation;
    std::uint32_t events;
  };
  struct Opening {
    std::uint32_t place;
    std::uint16_t generation;
    Duration until;
  };

  // opening
  void connected(std::uint32_t place);
  void secured(std::uint32_t place);
  void go_on_opening(std::uint32_t place);
  void begin_again(std::uint32_t place);
  void opened(std::uint32_t place);
  void open_failed(std::uint32_t place, ErrorClass why, const std::string& words);
  void give_up_late_ones();
  void handshake(std::uint32_t place);

  // HTTP/1.1
  void send_request(std::uint32_t place);
  void not_sent(std::uint32_t place);
  bool still_silent(std::uint32_t place, std::uint32_t events);
  void send_rest(std::uint32_t place);
  void receive(std::uint32_t place, std::uint32_t events);
  void answered(std::uint32_t place, bool reusable);
  void lost(std::uint32_t place, ErrorClass why, std::string_view words);
  std::uint32_t let_go(std::uint32_t place, bool reusable);
  void look_at_idle(std::uint32_t place);
  bool still_usable(std::uint32_t place);

  // HTTP/2
  Started submit(std::uint32_t place, std::uint32_t user);
  void receive_shared(std::uint32_t place, std::uint32_t events);
  void settle(std::uint32_t place);
  void end_shared(std::uint32_t place, const AttemptFailure& why);
  void flush_shared(std::uint32_t place);
  IoState write_shared(std::uint32_t place);

  // both
  void flush_later(std::uint32_t place);
  void flush(std::uint32_t place);
  void read_later(std::uint32_t place, std::uint32_t events);
  void read_more();

  const LoadProgram& program_;
  const LoopClock& clock_;
  WireUsers& users_;
  Pool pool_;
  Duration connect_timeout_;
  std::vector<Unread> unread_, reading_;
  std::vector<std::uint32_t> to_flush_, flushing_;
  std::deque<Opening> opening_;
  RequestWriter writer_;
  LastHead last_head_;
  WireCounts counts_;
  bool starved_ = false;
  Duration look_again_ = Duration::max();  ///< starved: when to try again
  ErrorClass error_ = ErrorClass::Refused;
  std::string words_;
  std::vector<char> buffer_ = std::vector<char>(64 * 1024);
};

}  // namespace gunflint
