#pragma once
/// One load on one loop: arrivals become users, users walk through their journey's steps, requests
/// become outcomes. Single-threaded; times are Durations since t = 0.
///
/// At any moment: due = dropped + ended + under way; looked at each second, in every build.

#include <sys/types.h>

#include <functional>
#include <optional>
#include <queue>
#include <string_view>
#include <vector>

#include "gunflint/concepts/worker.hpp"
#include "load/arrivals.hpp"
#include "load/pool.hpp"
#include "load/program.hpp"
#include "load/tally.hpp"
#include "load/users.hpp"

namespace gunflint {
inline namespace load_room {

/// CLOCK_MONOTONIC as seen from t = 0.
class LoopClock {
 public:
  explicit LoopClock(Time zero) : zero_(zero) {}
  Duration now() const;
  Time zero() const { return zero_; }

 private:
  Time zero_;
};

struct Balance {
  std::uint64_t due = 0, dropped = 0, ended = 0, under_way = 0;
};
/// A sentence if due = dropped + ended + under way does not hold, else empty.
std::string unbalanced(const std::string& load, const Balance& of);

class Traffic {
 public:
  struct Setup {
    const LoadProgram* program = nullptr;
    WorkShare share;  ///< of this loop among all loops of all workers
    std::uint64_t seed = 0;
    int poll = -1;
    std::uint64_t tag = 0;  ///< see Pool
  };
  using OnSecond = std::function<void(Tally)>;

  /// Arrivals handled before sockets are looked at again: keeps answers' time stamps fresh while
  /// catching up after a stall of our own.
  static constexpr int batch = 64;
  /// Buffers read of one connection at a time: an answer without end must leave the loop its
  /// schedule, its time-outs and the others.
  static constexpr int buffers_at_once = 4;
  /// Most that wait for a connection; beyond it arrivals are dropped whatever on_overload says.
  static constexpr std::size_t most_waiting = 1'000'000;

  Traffic(const Setup& setup, const LoopClock& clock, OnSecond on_second);

  /// Does what is due by now: arrivals, think times, time-outs, the end of a second.
  void advance();
  void on_socket(std::uint32_t place, std::uint16_t generation, std::uint32_t events);
  /// When advance() is needed next.
  Duration next_wake() const;
  /// No arrival due after `at`; then drains.
  void stop(Duration at);
  bool finished() const { return finished_; }
  /// on_overload: abort, and it came to that.
  bool gave_up() const { return gave_up_; }
  /// Goes on with the connections that had more to read than was read at once.
  void read_more();
  /// The sums do not add up: what was measured is wrong. Empty: they do.
  const std::string& miscounted() const { return miscounted_; }

 private:
  struct Timer {
    Duration when;
    std::uint32_t user, generation;
    bool operator>(const Timer& other) const { return when > other.when; }
  };
  /// A connection with unread bytes: its edge has been, and none will come again for them.
  struct Unread {
    std::uint32_t place;
    std::uint16_t generation;
    std::uint32_t events;
  };
  struct Failing {
    std::uint32_t user, generation;
    ErrorClass why;
  };
  static constexpr Duration never = Duration::max();

  const RequestPlan& request_of(const User& user) const;
  int second_of(Duration t) const { return static_cast<int>(t / 1s); }
  bool arrival_due(Duration until) const {
    return next_ && next_->due <= until && next_->due <= stop_at_;
  }
  bool room_for(int origin) const;

  // the life of a user
  void arrive(const Arrival& arrival);
  void drop(const Arrival& arrival);
  void begin_step(std::uint32_t place, Duration from);
  void dispatch(std::uint32_t place);
  bool assign(std::uint32_t place);
  void attempt_failed(std::uint32_t place, ErrorClass why);
  void request_ended(std::uint32_t place, std::optional<ErrorClass> why);
  void count_request(const User& user, std::optional<ErrorClass> why);
  void journey_ended(std::uint32_t place);
  void time_out(std::uint32_t place);
  void cut_off_all();
  void pump();

  // the life of a connection
  bool send_request(std::uint32_t place, int& error);
  void connected(std::uint32_t connection);
  void connect_failed(std::uint32_t connection, int error);
  void send_rest(std::uint32_t connection);
  void receive(std::uint32_t connection, std::uint32_t events);
  void answered(std::uint32_t connection, bool reusable);
  std::optional<ErrorClass> judge(User& user, const RequestPlan& plan, ResponseParser& parser);
  /// pump() goes on with it: keeps the stack flat while a whole queue is refused.
  void fail_later(std::uint32_t connection, ErrorClass why);
  void fail_user_later(std::uint32_t user, ErrorClass why);
  void connection_lost(std::uint32_t connection, ErrorClass why);
  std::uint32_t let_go(std::uint32_t connection, bool reusable);

  void reset_tally();
  void end_second(bool last);
  void look_at_those_waiting();

  const LoadProgram& program_;
  const LoopClock& clock_;
  OnSecond on_second_;
  std::uint64_t seed_;
  Arrivals arrivals_;
  std::optional<Arrival> next_;
  Users users_;
  UserQueue<&User::deadline> deadlines_{users_};
  UserQueue<&User::queued> queue_{users_};
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
  std::vector<Failing> failing_;
  std::vector<Unread> unread_, reading_;
  std::size_t most_busy_;  ///< requests at once: connections or max_in_flight
  Pool pool_;
  Tally tally_;
  std::uint64_t due_ = 0, dropped_ = 0, ended_ = 0;  ///< since the start
  Duration stop_at_ = never;
  Duration second_end_ = 1s;
  std::optional<Duration> cpu_before_;  ///< of this thread, at the start of the second
  bool finished_ = false, gave_up_ = false, starved_ = false;
  std::string scratch_, miscounted_;
  std::vector<char> buffer_ = std::vector<char>(64 * 1024);
};

}  // namespace load_room
}  // namespace gunflint
