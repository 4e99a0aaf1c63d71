#include "load/traffic.hpp"

#include <time.h>

#include <algorithm>

#include <fmt/format.h>

#include "host/fd.hpp"
#include "load/draw.hpp"

namespace gunflint {
namespace {

Duration read_clock(clockid_t which) {
  timespec t{};
  clock_gettime(which, &t);
  return std::chrono::seconds(t.tv_sec) + Duration(t.tv_nsec);
}

/// This loop's part of a number that is meant for the whole load; at least 1.
std::size_t part_of(int whole, WorkShare share) {
  const int part = whole / share.n + (share.i < whole % share.n ? 1 : 0);
  return static_cast<std::size_t>(std::max(1, part));
}

}  // namespace

std::string load_room::unbalanced(const std::string& load, const Balance& of) {
  if (of.due == of.dropped + of.ended + of.under_way) return {};
  return fmt::format(
      "load `{}` has miscounted: {} journeys fell due, {} were dropped, {} ended and {} are under "
      "way; this is a bug of gunflint, please report it",
      load, of.due, of.dropped, of.ended, of.under_way);
}

Duration LoopClock::now() const { return monotonic_now() - zero_; }

Traffic::Traffic(const Setup& setup, const LoopClock& clock, OnSecond on_second)
    : program_(*setup.program),
      clock_(clock),
      on_second_(std::move(on_second)),
      seed_(setup.seed),
      arrivals_(program_.spec.stages, program_.spec.arrivals, program_.weights(), setup.seed,
                setup.share),
      next_(arrivals_.next()),
      most_busy_(part_of(std::min(program_.spec.http.connections,
                                  program_.spec.max_in_flight.value_or(program_.spec.http.connections)),
                         setup.share)),
      pool_(setup.poll, setup.tag, program_.origins,
            part_of(program_.spec.http.connections, setup.share)) {
  reset_tally();
}

const RequestPlan& Traffic::request_of(const User& user) const {
  return std::get<RequestPlan>(program_.journeys[user.journey].steps[user.step]);
}

bool Traffic::room_for(int origin) const {
  return !starved_ && pool_.busy() < most_busy_ && pool_.can_take(origin);
}

void Traffic::advance() {
  if (finished_) return;
  if (!cpu_before_) cpu_before_ = read_clock(CLOCK_THREAD_CPUTIME_ID);
  const Duration now = clock_.now();
  starved_ = false;
  for (int n = 0; n < batch && arrival_due(now); ++n) {
    const Arrival arrival = *next_;
    next_ = arrivals_.next();
    arrive(arrival);
  }
  while (!timers_.empty() && timers_.top().when <= now) {
    const Timer timer = timers_.top();
    timers_.pop();
    User& user = users_[timer.user];
    if (user.generation != timer.generation || user.state != User::State::Thinking) continue;
    begin_step(timer.user, timer.when);
  }
  pump();
  const Duration timeout = program_.spec.timeout;
  while (!deadlines_.empty() && users_[deadlines_.first()].due + timeout <= now)
    time_out(deadlines_.first());
  pump();
  if (stop_at_ != never && now >= stop_at_ + timeout && !arrival_due(stop_at_)) cut_off_all();
  // Arrivals count in the second in which they were due, however late we are.
  while (now >= second_end_ && !arrival_due(second_end_ - 1ns)) end_second(false);
  if (stop_at_ != never && users_.count() == 0 && !arrival_due(stop_at_)) {
    end_second(true);
    finished_ = true;
  }
}

Duration Traffic::next_wake() const {
  if (finished_) return never;
  if (!unread_.empty()) return clock_.now();
  Duration wake = second_end_;
  if (next_ && next_->due <= stop_at_) wake = std::min(wake, next_->due);
  if (!timers_.empty()) wake = std::min(wake, timers_.top().when);
  if (!deadlines_.empty())
    wake = std::min(wake, users_[deadlines_.first()].due + program_.spec.timeout);
  if (stop_at_ != never) wake = std::min(wake, stop_at_ + program_.spec.timeout);
  // Out of sockets with people waiting: nothing will wake us when one is free again.
  if (starved_ && !queue_.empty()) wake = std::min(wake, clock_.now() + 10ms);
  return wake;
}

void Traffic::stop(Duration at) { stop_at_ = std::min(stop_at_, at); }

void Traffic::arrive(const Arrival& arrival) {
  auto& journey = program_.journeys[static_cast<std::size_t>(arrival.journey)];
  auto& tally = tally_.journeys[static_cast<std::size_t>(arrival.journey)];
  ++tally.due;
  ++due_;
  const auto overload = program_.spec.on_overload;
  if (overload != OnOverload::Queue) {
    const auto* first = std::get_if<RequestPlan>(&journey.steps.front());
    if (!queue_.empty() || !room_for(first ? first->origin : 0)) {
      gave_up_ |= overload == OnOverload::Abort;
      return drop(arrival);
    }
  }
  if (queue_.size() >= most_waiting) return drop(arrival);
  const auto place = users_.add();
  User& user = users_[place];
  user.number = arrival.number;
  user.journey = static_cast<std::uint16_t>(arrival.journey);
  user.journey_due = arrival.due;
  if (journey.variables > 0) {
    user.session = std::make_unique<Session>();
    user.session->values.resize(journey.variables);
  }
  begin_step(place, arrival.due);
}

void Traffic::drop(const Arrival& arrival) {
  auto& tally = tally_.journeys[static_cast<std::size_t>(arrival.journey)];
  ++tally.dropped;
  ++dropped_;
  ++tally.due_in(second_of(arrival.due)).ended;
}

void Traffic::begin_step(std::uint32_t place, Duration from) {
  User& user = users_[place];
  const auto& journey = program_.journeys[user.journey];
  if (user.step >= journey.steps.size()) return journey_ended(place);
  if (const auto* think = std::get_if<Think>(&journey.steps[user.step])) {
    const double share = draw(seed_, user.number, Purpose::Think, user.step);
    const auto length =
        think->least + Duration(static_cast<std::int64_t>(
                           share * static_cast<double>((think->most - think->least).count())));
    user.thought += length;
    user.state = User::State::Thinking;
    ++user.step;
    timers_.push({from + length, place, user.generation});
    return;
  }
  user.due = from;
  user.attempts = 0;
  deadlines_.push(place);
  dispatch(place);
}

void Traffic::dispatch(std::uint32_t place) {
  User& user = users_[place];
  ++user.attempts;
  user.sent = Duration(-1);
  if (queue_.empty() && room_for(request_of(user).origin)) {
    const Duration late = clock_.now() - user.due;
    if (assign(place)) {
      if (user.attempts == 1) tally_.late.record(late);
      return;
    }
  }
  user.state = User::State::Queued;
  queue_.push(place);
}

bool Traffic::assign(std::uint32_t place) {
  User& user = users_[place];
  while (true) {
    const auto taken = pool_.take(request_of(user).origin);
    if (taken.what == Pool::Taken::None) {
      starved_ = pool_.starved;
      return false;
    }
    if (user.attempts == 1) ++tally_.sent;
    user.state = User::State::Busy;
    user.connection = taken.place;
    pool_[taken.place].user = place;
    int error = taken.error;
    if (taken.what == Pool::Taken::Opening) return true;
    if (taken.what == Pool::Taken::Failed) {
      connect_failed(taken.place, error);
      return true;
    }
    if (send_request(place, error)) return true;
    const bool stale = pool_[taken.place].reused;
    if (!stale) {
      fail_later(taken.place, ErrorClass::Reset);
      return true;
    }
    // Closed by the other side while idle; nothing was sent, so this was no attempt.
    let_go(taken.place, false);
    if (user.attempts == 1) --tally_.sent;
  }
}

void Traffic::pump() {
  while (true) {
    if (!failing_.empty()) {
      const Failing failed = failing_.back();
      failing_.pop_back();
      User& user = users_[failed.user];
      if (user.generation == failed.generation && user.state == User::State::Failing)
        attempt_failed(failed.user, failed.why);
    } else if (!queue_.empty() && room_for(request_of(users_[queue_.first()]).origin)) {
      const auto place = queue_.first();
      if (!assign(place)) return;
      queue_.remove(place);
    } else {
      return;
    }
  }
}

void Traffic::attempt_failed(std::uint32_t place, ErrorClass why) {
  User& user = users_[place];
  const bool again =
      user.attempts <= request_of(user).retries && clock_.now() < user.due + program_.spec.timeout;
  if (again)
    dispatch(place);
  else
    request_ended(place, why);
}

void Traffic::count_request(const User& user, std::optional<ErrorClass> why) {
  const Duration now = clock_.now();
  auto& tally = tally_.steps[static_cast<std::size_t>(request_of(user).slot)];
  ++tally.ended;
  tally.attempts += user.attempts;
  tally.latency.record(now - user.due);
  if (user.sent >= 0ns) tally.service.record(now - user.sent);
  if (!why) return;
  ++tally.failed;
  ++tally.errors[static_cast<std::size_t>(*why)];
}

void Traffic::request_ended(std::uint32_t place, std::optional<ErrorClass> why) {
  User& user = users_[place];
  deadlines_.remove(place);
  queue_.remove(place);
  count_request(user, why);
  user.failed |= why.has_value();
  const bool stop = why && request_of(user).on_failure == OnFailure::Stop;
  ++user.step;
  if (stop)
    journey_ended(place);
  else
    begin_step(place, clock_.now());
}

void Traffic::journey_ended(std::uint32_t place) {
  const User& user = users_[place];
  auto& tally = tally_.journeys[user.journey];
  auto& by_due = tally.due_in(second_of(user.journey_due));
  ++tally.ended;
  ++ended_;
  ++by_due.ended;
  if (!user.failed) {
    ++tally.completed;
    ++by_due.completed;
  }
  tally.duration.record(clock_.now() - user.journey_due - user.thought);
  users_.remove(place);
}

void Traffic::time_out(std::uint32_t place) {
  User& user = users_[place];
  auto why = ErrorClass::Timeout;
  if (user.connection != nobody) {
    if (pool_[user.connection].state == Connection::State::Connecting)
      why = ErrorClass::ConnectTimeout;
    pool_.close(user.connection, true);
    user.connection = nobody;
  }
  request_ended(place, why);
}

void Traffic::cut_off_all() {
  for (std::uint32_t place = 0; place < users_.places(); ++place) {
    User& user = users_[place];
    if (user.state == User::State::Free) continue;
    user.failed = true;
    if (user.state != User::State::Thinking) {
      deadlines_.remove(place);
      queue_.remove(place);
      count_request(user, ErrorClass::CutOff);
    }
    if (user.connection != nobody) pool_.close(user.connection, false);
    journey_ended(place);
  }
}

void Traffic::reset_tally() {
  tally_ = Tally{};
  tally_.second = second_of(second_end_) - 1;
  tally_.steps.resize(program_.slots.size());
  tally_.journeys.resize(program_.journeys.size());
}

/// An answer still missing counts with its age so far: the second itself ends the age, however late
/// we come to look.
void Traffic::look_at_those_waiting() {
  for (auto place = deadlines_.first(); place != nobody; place = deadlines_.after(place)) {
    const User& user = users_[place];
    if (user.due >= second_end_) continue;
    const auto slot = static_cast<std::size_t>(request_of(user).slot);
    tally_.steps[slot].waiting.record(second_end_ - user.due);
    tally_.journeys[user.journey].waiting.record(second_end_ - user.journey_due - user.thought);
  }
}

void Traffic::end_second(bool last) {
  if (miscounted_.empty())
    miscounted_ = unbalanced(program_.spec.name, {due_, dropped_, ended_, users_.count()});
  const auto cpu = read_clock(CLOCK_THREAD_CPUTIME_ID);
  tally_.cpu = seconds(cpu - cpu_before_.value_or(cpu));
  cpu_before_ = cpu;
  look_at_those_waiting();
  tally_.in_flight = users_.count();
  tally_.backlog = queue_.size();
  tally_.reconnects = std::exchange(pool_.reconnects, 0);
  tally_.out_of_sockets = std::exchange(pool_.starved, false);
  tally_.last = last;
  on_second_(std::move(tally_));
  second_end_ += 1s;
  reset_tally();
}

}  // namespace gunflint
