// Arrivals and the schedule. The life of a user: walk.cpp; counting: traffic_tally.cpp.
#include "load/traffic.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace gunflint {
namespace {

/// Wakes so often at least, whatever is due: how late it wakes is how long it stood still.
constexpr Duration pulse = 100ms;

/// The load's own limits on requests at once, as the wire can carry them.
std::size_t most_at_once(const LoadSpec& spec, WorkShare share) {
  const std::int64_t per_connection = spec.http.version == HttpVersion::One ? 1 : spec.http.streams;
  const auto carried = std::min<std::int64_t>(spec.http.connections * per_connection, INT32_MAX);
  return part_of(
      static_cast<int>(std::min<std::int64_t>(carried, spec.max_in_flight.value_or(INT32_MAX))),
      share);
}

}  // namespace

bool load_room::counts_arrivals(const LoadSpec& load) {
  return load.max_journeys && std::none_of(load.stages.begin(), load.stages.end(),
                                           [](const Stage& stage) { return stage.users; });
}

std::size_t load_room::part_of(int whole, WorkShare share) {
  const int part = whole / share.n + (share.i < whole % share.n ? 1 : 0);
  return static_cast<std::size_t>(std::max(1, part));
}

std::string load_room::unbalanced(const std::string& load, const Balance& of) {
  if (of.due == of.dropped + of.ended + of.under_way) return {};
  return fmt::format(
      "load `{}` has miscounted: {} journeys fell due, {} were dropped, {} ended and {} are under "
      "way; this is a bug of gunflint, please report it",
      load, of.due, of.dropped, of.ended, of.under_way);
}

std::string load_room::never_sent(const std::string& load) {
  return fmt::format(
      "load `{}` has taken something for the answer to a request that had not been sent; this is a "
      "bug of gunflint, please report it",
      load);
}

Traffic::Traffic(const Setup& setup, OnSecond on_second)
    : program_(*setup.program),
      clock_(*setup.clock),
      on_second_(std::move(on_second)),
      seed_(setup.seed),
      share_(setup.share),
      warm_up_(std::chrono::ceil<std::chrono::seconds>(program_.spec.warm_up)),
      arrivals_(program_.spec.stages, program_.spec.arrivals, program_.weights(), setup.seed,
                setup.share, program_.spec.burst),
      closed_(program_.spec.stages, setup.share),
      most_under_way_(most_at_once(program_.spec, setup.share)),
      wire_(setup.make_wire(*this)),
      tally_(fresh_tally()),
      uncounted_(fresh_tally()),
      journeys_left_(setup.journeys_left) {
  if (counts_arrivals(program_.spec))
    arrivals_wanted_ = static_cast<std::uint64_t>(*program_.spec.max_journeys);
  arrivals_.replay(program_.recording);
  find_next_arrival();
}

/// Numbers grow: who is past the last that is wanted ends them.
void Traffic::find_next_arrival() {
  next_ = arrivals_.next();
  if (!arrivals_wanted_ || !next_ || next_->number < *arrivals_wanted_) return;
  next_.reset();
  all_arrived_ = true;
}

void Traffic::advance() {
  if (finished_) return;
  start_counting();
  const Duration time = now();
  if (wake_ <= time) tally_.lag.record(time - std::exchange(wake_, never));
  for (int n = 0; n < batch && arrival_due(time); ++n) {
    const Arrival arrival = *next_;
    while (arrival.due >= second_end_) end_second(false);  // it counts in its own second
    find_next_arrival();
    if (may_begin()) arrive(arrival);
  }
  keep_users(time);
  wake_users(time);
  wire_->advance();
  pump();
  time_out_late_ones(time);
  pump();
  // Nobody comes after them: their last pause is for nothing.
  if (all_begun() && resting_ > 0 && users_.count() == resting_) cut_off_thinkers();
  const Duration timeout = program_.spec.timeout;
  if (stop_at_ != never && !arrival_due(stop_at_) &&
      (time >= stop_at_ + timeout || only_thinkers_until(stop_at_ + timeout)))
    cut_off_all();
  wire_->advance();
  end_seconds(time);
}

/// Arrivals count in the second in which they were due, however late we are.
void Traffic::roll_seconds(Duration time) {
  while (time >= second_end_ && !arrival_due(second_end_ - 1ns)) end_second(false);
}

void Traffic::end_seconds(Duration time) {
  roll_seconds(time);
  if (stop_at_ != never && users_.count() == 0 && !arrival_due(stop_at_)) {
    end_second(true);
    finished_ = true;
  }
}

Duration Traffic::next_wake() {
  if (finished_) return never;
  if (!failing_.empty()) return now();  // of what was sent last
  Duration wake = second_end_;
  if (arrival_due(Duration::max())) wake = std::min(wake, next_->due);
  if (!timers_.empty()) wake = std::min(wake, timers_.top().when);
  for (const auto* deadlines : {&first_deadlines_, &later_deadlines_})
    if (!deadlines->empty())
      wake = std::min(wake, users_[deadlines->first()].due + program_.spec.timeout);
  if (stop_at_ != never) wake = std::min(wake, stop_at_ + program_.spec.timeout);
  wake = std::min({wake, next_users_, now() + pulse});
  wake_ = wake;
  return std::min(wake, wire_->advance_at());
}

void Traffic::stop(Duration at) { stop_at_ = std::min(stop_at_, at); }

void Traffic::cut_off() {
  if (finished_) return;
  const Duration time = now();
  stop(time);
  cut_off_all();
  next_.reset();  // what was due by now and had not begun was never begun
  end_seconds(time);
}

void Traffic::give_up() {
  if (finished_) return;
  cut_off_all();
  next_.reset();
  roll_seconds(now());
  end_second(false);
  finished_ = true;
}

/// Nobody waits for an answer, and who thinks goes on thinking until then.
bool Traffic::only_thinkers_until(Duration end) const {
  return under_way_ == 0 && queue_.empty() && failing_.empty() && !timers_.empty() &&
         timers_.top().when > end && users_.count() > 0;
}

/// Lets users of a closed loop in, up to the number that is wanted now.
void Traffic::keep_users(Duration time) {
  if (time < next_users_) return;
  next_users_ = closed_.next_change(time);
  if (time >= stop_at_) return;
  roll_seconds(time);  // they are due in their own second
  const auto wanted = closed_.wanted(time);
  for (int n = 0; n < batch && closed_.present() < wanted && may_begin(); ++n) {
    const auto place = users_.add();
    users_[place].member = closed_.add();
    ++due_;
    const auto number = static_cast<std::uint64_t>(users_[place].member);
    const int journey = arrivals_.journey_of(number);
    ++tally_.journeys[static_cast<std::size_t>(journey)].due;
    begin_journey(place, number, journey, time);
  }
  if (closed_.present() < wanted && !all_begun()) next_users_ = time;  // more at once
}

void Traffic::arrive(const Arrival& arrival) {
  auto& journey = program_.journeys[static_cast<std::size_t>(arrival.journey)];
  ++tally_.journeys[static_cast<std::size_t>(arrival.journey)].due;
  ++due_;
  const auto overload = program_.spec.on_overload;
  if (overload != OnOverload::Queue) {
    const auto* first = std::get_if<RequestPlan>(&journey.steps.front());
    if (!queue_.empty() || !room_for(first ? first->origin : 0)) {
      gave_up_ |= overload == OnOverload::Abort;
      return drop(arrival);
    }
  }
  const bool no_row_left =
      std::any_of(program_.data.begin(), program_.data.end(),
                  [&](const auto& data) { return data.used_up(arrival.number); });
  if (no_row_left || queue_.size() >= most_waiting) return drop(arrival);
  begin_journey(users_.add(), arrival.number, arrival.journey, arrival.due);
}

void Traffic::drop(const Arrival& arrival) {
  auto& tally = tally_.journeys[static_cast<std::size_t>(arrival.journey)];
  ++tally.dropped;
  ++dropped_;
  ++tally.due_in(second_of(arrival.due)).ended;
}

void Traffic::begin_journey(std::uint32_t place, std::uint64_t number, int journey, Duration due) {
  User& user = users_[place];
  user.number = number;
  user.journey = static_cast<std::uint16_t>(journey);
  user.journey_due = due;
  const auto variables = program_.journeys[user.journey].variables;
  if (variables > 0) {
    if (!user.session) user.session = std::make_unique<Session>();
    user.session->values.resize(variables);
  }
  begin_step(place, due);
}

void Traffic::wake_users(Duration time) {
  while (!timers_.empty() && timers_.top().when <= time) {
    const Timer timer = timers_.top();
    timers_.pop();
    const User& user = users_[timer.user];
    if (user.generation != timer.generation) continue;
    if (user.state == User::State::Thinking) {
      resting_ -= rests(user);
      begin_step(timer.user, timer.when);
    } else if (user.state == User::State::Pausing)
      dispatch(timer.user, true);
  }
}

void Traffic::pump() {
  while (true) {
    if (!failing_.empty()) {
      const Failing failed = failing_.back();
      failing_.pop_back();
      User& user = users_[failed.user];
      if (user.generation != failed.generation || user.state != User::State::Failing) continue;
      if (failed.again)
        dispatch(failed.user, false);
      else
        attempt_failed(failed.user, failed.why);
    } else if (!queue_.empty() && room_for(origin_of(queue_.first()))) {
      const auto place = queue_.first();
      if (!assign(place)) return;
      queue_.remove(place);
    } else {
      return;
    }
  }
}

void Traffic::time_out_late_ones(Duration time) {
  const Duration timeout = program_.spec.timeout;
  for (auto* deadlines : {&first_deadlines_, &later_deadlines_})
    while (!deadlines->empty() && users_[deadlines->first()].due + timeout <= time)
      time_out(deadlines->first());
}

/// Their pauses have been taken off their time as a whole: that is over when the pause would be. An
/// end by count is one of whole journeys: there the last pause is no loss.
void Traffic::cut_off_thinkers() {
  for (; !timers_.empty(); timers_.pop()) {
    const Timer timer = timers_.top();
    User& user = users_[timer.user];
    if (user.generation != timer.generation || user.state != User::State::Thinking) continue;
    resting_ -= rests(user);
    user.unfinished = !user.failed && !(all_begun() && rests(user));
    if (user.member != nobody) closed_.leave(std::exchange(user.member, nobody));
    journey_ended(timer.user, timer.when);
  }
}

void Traffic::cut_off_all() {
  cut_off_thinkers();
  for (std::uint32_t place = 0; place < users_.places(); ++place) {
    User& user = users_[place];
    if (user.state == User::State::Free) continue;
    user.failed = true;
    (user.first ? first_deadlines_ : later_deadlines_).remove(place);
    queue_.remove(place);
    count_request(user, ErrorClass::CutOff, now());
    if (user.state == User::State::Busy) {
      wire_->cancel(place);
      --under_way_;
    }
    if (user.member != nobody) closed_.leave(std::exchange(user.member, nobody));
    journey_ended(place, now());
  }
}

}  // namespace gunflint
