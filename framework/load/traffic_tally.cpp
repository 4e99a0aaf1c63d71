// Traffic: counting.
#include <time.h>

#include <algorithm>

#include <fmt/format.h>

#include "load/draw.hpp"
#include "load/traffic.hpp"

namespace gunflint {
namespace {

Duration cpu_of_this_thread() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return std::chrono::seconds(t.tv_sec) + Duration(t.tv_nsec);
}

/// Longer ones are cut: an example is for reading.
constexpr std::size_t longest_example = 300;

}  // namespace

/// On the loop's own thread, whose processor time is counted.
void Traffic::start_counting() {
  if (!cpu_before_) cpu_before_ = cpu_of_this_thread();
}

/// Remembers the first failure of its kind in this second, for people.
void Traffic::note(const User& user, ErrorClass why, std::string_view words) {
  auto& examples = tally_of(user).steps[static_cast<std::size_t>(plan_of(user).slot)].examples;
  if (examples.contains(why)) return;
  const RequestOf request = request_of(user.place);
  std::string text = request.redirect ? request.redirect->method : request.plan.method;
  text += " ";
  if (request.redirect)
    text += request.redirect->target;
  else
    request.plan.target.fill(text, values_, request.plan.target_escape);
  if (!words.empty()) text.append(": ").append(words);
  if (text.size() > longest_example) {
    text.resize(longest_example);
    text += "…";
  }
  examples.emplace(why, std::move(text));
}

/// Of the first sending of a request: until it asked for a connection, the delay was ours; from
/// then on, if it had to wait, the server's doing, or the limit's.
void Traffic::count_delay(User& user, Duration sent) {
  if (user.timed) return;
  user.timed = true;
  auto& tally = tally_of(user);
  if (user.waited)
    tally.queued.record(sent - user.asked);
  else
    tally.late.record(sent - user.due);
}

/// It must wait for a connection.
void Traffic::count_waiting(User& user) {
  if (user.waited || user.timed) return;
  user.waited = true;
  user.asked = now();
  tally_of(user).late.record(user.asked - user.due);
}

void Traffic::count_request(const User& user, std::optional<ErrorClass> why, Duration at) {
  auto& tally = tally_of(user).steps[static_cast<std::size_t>(plan_of(user).slot)];
  ++tally.ended;
  tally.attempts += user.attempts;
  tally.latency.record(at - user.due);
  if (user.sent >= 0ns) tally.service.record(at - user.sent);
  if (!why) return;
  ++tally.failed;
  ++tally.errors[static_cast<std::size_t>(*why)];
}

void Traffic::count_journey(const User& user, Duration at) {
  if (!counts(user)) {
    --uncounted_users_;
    return;
  }
  auto& tally = tally_.journeys[user.journey];
  auto& by_due = tally.due_in(second_of(user.journey_due));
  ++tally.ended;
  ++by_due.ended;
  tally.completed += !user.failed && !user.unfinished;
  tally.unfinished += user.unfinished;
  by_due.completed += !user.failed;
  tally.duration.record(at - user.journey_due - user.thought);
}

Tally Traffic::fresh_tally() const {
  Tally tally;
  tally.second = second_of(second_end_) - 1;
  tally.steps.resize(program_.slots.size());
  tally.journeys.resize(program_.journeys.size());
  tally.warm_up = tally.second < second_of(warm_up_);
  return tally;
}

/// An answer still missing counts with its age so far: the second itself ends the age, however late
/// we come to look.
void Traffic::look_at_those_waiting() {
  for (const auto* deadlines : {&first_deadlines_, &later_deadlines_})
    for (auto place = deadlines->first(); place != nobody; place = deadlines->after(place)) {
      const User& user = users_[place];
      if (user.due >= second_end_) continue;
      auto& tally = tally_of(user);
      const auto slot = static_cast<std::size_t>(plan_of(user).slot);
      tally.steps[slot].waiting.record(second_end_ - user.due);
      tally.journeys[user.journey].waiting.record(second_end_ - user.journey_due - user.thought);
    }
}

/// Of the second that ends: until the last journey had ended, where none is to come; 1 elsewhere.
/// The processor's time of the whole second is measured against it: a part that is too short for
/// that counts as 10 ms.
double Traffic::active_part() const {
  const bool stopped = users_.count() == 0 && stop_at_ < second_end_;
  if (!(is_over() || stopped) || tally_.last_end == 0ns) return 1;
  return std::clamp(seconds(tally_.last_end - (second_end_ - 1s)), 0.01, 1.0);
}

void Traffic::end_second(bool last) {
  if (miscounted_.empty())
    miscounted_ = unbalanced(program_.spec.name, {due_, dropped_, ended_, users_.count()});
  const auto cpu = cpu_of_this_thread();
  tally_.cpu = std::min(1.0, seconds(cpu - cpu_before_.value_or(cpu)) / active_part());
  cpu_before_ = cpu;
  look_at_those_waiting();
  tally_.in_flight = users_.count() - uncounted_users_;
  tally_.backlog = queue_.size();
  // A stage of users that ends within the second was there in it.
  tally_.users = std::max(closed_.wanted(std::min(second_end_ - 1s, stop_at_)),
                          closed_.wanted(std::min(second_end_ - 1ns, stop_at_)));
  // From the second after the one in which the last journey began, nobody else is wanted.
  if (all_begun() && std::exchange(all_had_begun_, true)) tally_.users = closed_.present();
  auto wire = wire_->take_counts();
  tally_.reconnects = wire.reconnects;
  tally_.opened = wire.opened;
  tally_.connections = wire_->connections();
  tally_.bytes_in = wire.bytes_in;
  tally_.bytes_out = wire.bytes_out;
  tally_.spoken = wire.spoken;
  tally_.connect = std::move(wire.connect);
  tally_.out_of_sockets = wire.out_of_sockets;
  tally_.over = is_over();
  tally_.last = last;
  on_second_(std::move(tally_));
  second_end_ += 1s;
  tally_ = fresh_tally();
  uncounted_ = fresh_tally();
  retry_budget_.second_ended();
  // The warm-up is over: who is still under way from it is no longer counted.
  if (warm_up_ > 0ns && second_end_ - 1s == warm_up_) uncounted_users_ = users_due_before(warm_up_);
}

std::size_t Traffic::users_due_before(Duration time) const {
  std::size_t n = 0;
  for (std::uint32_t place = 0; place < users_.places(); ++place)
    n += users_[place].state != User::State::Free && users_[place].journey_due < time;
  return n;
}

std::string_view Traffic::UserValues::at(const Slot& slot) const {
  switch (slot.from) {
    case Slot::From::Extracted:
      if (user_->session && slot.index < user_->session->values.size())
        return user_->session->values[slot.index];
      return {};
    case Slot::From::Column: {
      const auto& data = traffic_.program_.data[slot.set];
      const auto row = data.row_of(user_->row_key(), traffic_.seed_, slot.set);
      data.rows().row(row, cells_);
      return cells_[slot.index];
    }
    case Slot::From::Target:
      return traffic_.program_.recording->target(user_->number);
    case Slot::From::Trace:
      return trace();
  }
  return {};
}

/// W3C Trace Context: a journey is a trace, a request a span of it. All from the seed, so that a
/// trace can be found again from a run that is repeated.
std::string_view Traffic::UserValues::trace() const {
  const auto seed = traffic_.seed_;
  const auto part = [&](std::uint64_t extra) {
    return draw_bits(seed, user_->number, Purpose::Trace, extra);
  };
  const auto span = part(2 + user_->step * 1000u + user_->attempts * 32u + user_->hops);
  made_.clear();
  fmt::format_to(std::back_inserter(made_), "00-{:016x}{:016x}-{:016x}-01", part(0), part(1) | 1,
                 span | 1);
  return made_;
}

}  // namespace gunflint
