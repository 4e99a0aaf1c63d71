#pragma once
/// One load on one loop: arrivals become users, users walk through their journey's steps, requests
/// become outcomes. Single-threaded; times are Durations since t = 0.
///
/// At any moment: due = dropped + ended + under way; looked at each second, in every build.

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <string_view>
#include <vector>

#include "gunflint/concepts/worker.hpp"
#include "load/addresses.hpp"
#include "load/arrivals.hpp"
#include "load/clock.hpp"
#include "load/closed_loop.hpp"
#include "load/inflate.hpp"
#include "load/program.hpp"
#include "load/retry_budget.hpp"
#include "load/tally.hpp"
#include "load/users.hpp"
#include "load/wire.hpp"

namespace gunflint {
inline namespace load_room {

struct Balance {
  std::uint64_t due = 0, dropped = 0, ended = 0, under_way = 0;
};
/// A sentence if due = dropped + ended + under way does not hold, else empty.
std::string unbalanced(const std::string& load, const Balance& of);

/// The sentence for an answer to a request that was not sent.
std::string never_sent(const std::string& load);

/// This loop's part of a number that is meant for the whole load; at least 1.
std::size_t part_of(int whole, WorkShare share);
/// Its end by count is one of arrivals: no stage of it has users.
bool counts_arrivals(const LoadSpec& load);

class Traffic final : private WireUsers {
 public:
  struct Setup {
    const LoadProgram* program = nullptr;
    WorkShare share;  ///< of this loop among all loops of all workers
    std::uint64_t seed = 0;
    const LoopClock* clock = nullptr;
    /// Journeys that may still begin, of all loops of this worker; nullptr: no end by count.
    std::atomic<std::int64_t>* journeys_left = nullptr;
    /// Makes the wire that carries this traffic's requests.
    std::function<std::unique_ptr<Wire>(WireUsers&)> make_wire;
  };
  using OnSecond = std::function<void(Tally)>;

  /// Arrivals handled before sockets are looked at again: keeps answers' time stamps fresh while
  /// catching up after a stall of our own.
  static constexpr int batch = 64;
  /// Most that wait for a connection; beyond it arrivals are dropped whatever on_overload says.
  static constexpr std::size_t most_waiting = 1'000'000;

  Traffic(const Setup& setup, OnSecond on_second);

  /// Does what is due by now: arrivals, think times, time-outs, the end of a second.
  void advance();
  /// An event of a socket, with what the wire has registered.
  void on_socket(std::uint32_t place, std::uint16_t generation, std::uint32_t events) {
    wire_->on_socket(place, generation, events);
    if (!failing_.empty() || !queue_.empty()) pump();
  }
  /// What answers have led to goes out, before all else that advance() does.
  void send_out() { wire_->advance(); }
  /// When advance() is needed next.
  Duration next_wake();
  /// The next arrival: what a precise pacing spins for.
  Duration next_arrival() const { return arrival_due(Duration::max()) ? next_->due : never; }
  /// No arrival due after `at`; then drains.
  void stop(Duration at);
  /// Whoever is under way has failed: cut off. Then it has finished.
  void cut_off();
  /// The same for a load that is given up: what there is of the second is told, but no end, which
  /// would say that all is well.
  void give_up();
  bool finished() const { return finished_; }
  /// on_overload: abort, and it came to that.
  bool gave_up() const { return gave_up_; }
  /// The sums do not add up: what was measured is wrong. Empty: they do.
  const std::string& miscounted() const { return miscounted_; }

 private:
  struct Timer {
    Duration when;
    std::uint32_t user, generation;
    bool operator>(const Timer& other) const { return when > other.when; }
  };
  struct Failing {
    std::uint32_t user, generation;
    ErrorClass why;
    bool again = false;  ///< to be sent again: it was no attempt
  };
  static constexpr Duration never = Duration::max();

  const RequestPlan& plan_of(const User& user) const;
  int second_of(Duration t) const { return static_cast<int>(t / 1s); }
  bool arrival_due(Duration until) const {
    return next_ && next_->due <= until && next_->due <= stop_at_ && !all_begun();
  }
  /// As many as there shall be (`max_journeys`).
  bool all_begun() const {
    return all_arrived_ || (journeys_left_ && journeys_left_->load(std::memory_order_relaxed) <= 0);
  }
  /// One more may begin. Of users, loops take from what is left to all of them: one that has no
  /// users must not keep a part to itself. Of arrivals, the first that many are sent.
  bool may_begin() {
    return !journeys_left_ || journeys_left_->fetch_sub(1, std::memory_order_relaxed) > 0;
  }
  void find_next_arrival();
  /// The pause is the last of its journey.
  bool rests(const User& user) const {
    return user.step >= program_.journeys[user.journey].steps.size();
  }
  /// Nothing is under way, and nothing will be.
  bool is_over() const { return all_begun() && users_.count() == 0; }
  bool room_for(int origin) const {
    return under_way_ < most_under_way_ && wire_->has_room(origin);
  }
  Duration now() const { return clock_.now(); }

  // arrivals and the schedule: traffic.cpp
  void arrive(const Arrival& arrival);
  void keep_users(Duration now);
  void drop(const Arrival& arrival);
  void begin_journey(std::uint32_t place, std::uint64_t number, int journey, Duration due);
  void wake_users(Duration now);
  void pump();
  void time_out_late_ones(Duration now);
  void cut_off_all();
  void cut_off_thinkers();
  bool only_thinkers_until(Duration end) const;
  void end_seconds(Duration now);
  void roll_seconds(Duration now);

  // the life of a user: walk.cpp
  void begin_step(std::uint32_t place, Duration from);
  void think(std::uint32_t place, const Think& pause, Duration from);
  void dispatch(std::uint32_t place, bool attempt);
  bool assign(std::uint32_t place);
  void attempt_failed(std::uint32_t place, ErrorClass why);
  void request_ended(std::uint32_t place, std::optional<ErrorClass> why, Duration at);
  void journey_ended(std::uint32_t place, Duration at);
  void member_goes_on(std::uint32_t place, Duration at);
  void time_out(std::uint32_t place);
  std::optional<ErrorClass> verify(User& user, const RequestPlan& plan, const HttpAnswer& answer);
  std::optional<ErrorClass> unpack(const User& user, HttpAnswer& answer);
  void take_cookies(User& user, const RequestPlan& plan, std::string_view head);
  bool redirected(User& user, const RequestPlan& plan, const HttpAnswer& answer);
  void fail_later(std::uint32_t place, const AttemptFailure& why);
  void note(const User& user, ErrorClass why, std::string_view words);

  // what the wire asks and tells
  Carried& carried(std::uint32_t user) override { return users_[user].carried; }
  int origin_of(std::uint32_t user) override;
  RequestOf request_of(std::uint32_t user) override;
  void sending(std::uint32_t user) override;
  void judge(std::uint32_t user, const HttpAnswer& answer) override;
  void go_on(std::uint32_t user) override;
  void failed(std::uint32_t user, const AttemptFailure& why) override;
  void unprocessed(std::uint32_t user) override;
  void unsent(std::uint32_t user) override;

  // counting: traffic_tally.cpp
  /// Where what happens to a user is counted: nowhere, once the warm-up in which it was due is
  /// over.
  Tally& tally_of(const User& user) { return counts(user) ? tally_ : uncounted_; }
  bool counts(const User& user) const {
    return user.journey_due >= warm_up_ || tally_.second < second_of(warm_up_);
  }
  void start_counting();
  void count_delay(User& user, Duration sent);
  void count_waiting(User& user);
  std::size_t users_due_before(Duration time) const;
  void count_request(const User& user, std::optional<ErrorClass> why, Duration at);
  void count_journey(const User& user, Duration at);
  Tally fresh_tally() const;
  double active_part() const;
  void end_second(bool last);
  void look_at_those_waiting();

  /// The values of one user's variables.
  class UserValues final : public Values {
   public:
    explicit UserValues(const Traffic& traffic) : traffic_(traffic) {}
    void of(const User& user) { user_ = &user; }
    std::string_view at(const Slot& slot) const override;

   private:
    std::string_view trace() const;

    const Traffic& traffic_;
    const User* user_ = nullptr;
    mutable std::string made_;
    mutable std::vector<std::string_view> cells_;
  };

  const LoadProgram& program_;
  const LoopClock& clock_;
  OnSecond on_second_;
  std::uint64_t seed_;
  WorkShare share_;
  Duration warm_up_, second_end_ = 1s;
  Arrivals arrivals_;
  std::optional<Arrival> next_;
  ClosedLoop closed_;
  Users users_;
  /// Requests by due time. Those of arrivals, and those of later steps, each come in that order.
  UserQueue<&User::deadline> first_deadlines_{users_}, later_deadlines_{users_};
  UserQueue<&User::queued> queue_{users_};
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
  std::vector<Failing> failing_;
  std::size_t under_way_ = 0, most_under_way_;  ///< requests on the wire
  std::unique_ptr<Wire> wire_;
  RetryBudget retry_budget_;
  Inflater inflater_;
  UserValues values_{*this};
  Tally tally_, uncounted_;
  std::size_t uncounted_users_ = 0;                  ///< under way, due in a warm-up that is over
  std::uint64_t due_ = 0, dropped_ = 0, ended_ = 0;  ///< since the start
  std::atomic<std::int64_t>* journeys_left_;         ///< of users, where there is an end by count
  std::optional<std::uint64_t> arrivals_wanted_;     ///< of arrivals
  bool all_arrived_ = false;
  bool all_had_begun_ = false;  ///< in the second before
  std::size_t resting_ = 0;     ///< users in the last pause of their journey
  Duration stop_at_ = never;
  Duration next_users_ = Duration::min();  ///< closed loop: when to look again
  Duration wake_ = never;                  ///< what next_wake() said last
  std::optional<Duration> cpu_before_;     ///< of this thread, at the start of the second
  bool finished_ = false, gave_up_ = false;
  std::string miscounted_;
  // between judge() and go_on() of one answer
  std::optional<ErrorClass> verdict_;
  bool redirecting_ = false;
  Duration answered_at_{};
};

}  // namespace load_room
}  // namespace gunflint
