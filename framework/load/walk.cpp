// Traffic: the life of a user, from one step to the next.
#include <algorithm>
#include <ctime>

#include <fmt/format.h>

#include "load/draw.hpp"
#include "load/redirect.hpp"
#include "load/traffic.hpp"

namespace gunflint {
namespace {

/// A closed loop must not turn into a storm of connections where nobody answers.
constexpr Duration pause_of_the_refused = 100ms;
/// Attempts of one request that servers may leave unprocessed (RFC 9113, 8.7) before it has failed.
constexpr int most_unprocessed = 10;

bool nobody_answered(std::optional<ErrorClass> why) {
  return why == ErrorClass::Refused || why == ErrorClass::Dns || why == ErrorClass::Tls ||
         why == ErrorClass::Reset || why == ErrorClass::ConnectTimeout ||
         why == ErrorClass::Protocol;
}

}  // namespace

const RequestPlan& Traffic::plan_of(const User& user) const {
  return std::get<RequestPlan>(program_.journeys[user.journey].steps[user.step]);
}

void Traffic::begin_step(std::uint32_t place, Duration from) {
  User& user = users_[place];
  const auto& journey = program_.journeys[user.journey];
  if (user.step >= journey.steps.size()) return journey_ended(place, from);
  if (const auto* pause = std::get_if<Think>(&journey.steps[user.step]))
    return think(place, *pause, from);
  user.due = from;
  user.attempts = 0;
  user.hops = user.resent = 0;
  user.waited = user.handed = user.timed = false;
  (user.first ? first_deadlines_ : later_deadlines_).push(place);
  retry_budget_.begun();
  dispatch(place, true);
}

void Traffic::think(std::uint32_t place, const Think& pause, Duration from) {
  User& user = users_[place];
  const double share = draw(seed_, user.number, Purpose::Think, user.step);
  const auto length =
      pause.least + Duration(static_cast<std::int64_t>(
                        share * static_cast<double>((pause.most - pause.least).count())));
  user.thought += length;
  user.state = User::State::Thinking;
  user.first = false;
  ++user.step;
  resting_ += rests(user);
  timers_.push({from + length, place, user.generation});
}

/// `attempt`: this is one, and neither the same again nor a redirect.
void Traffic::dispatch(std::uint32_t place, bool attempt) {
  User& user = users_[place];
  if (attempt) ++user.attempts;
  user.sent = Duration(-1);
  if (queue_.empty() && room_for(origin_of(place)) && assign(place)) return;
  user.state = User::State::Queued;
  count_waiting(user);
  queue_.push(place);
}

/// Gives the request to the wire; false: it has no room.
bool Traffic::assign(std::uint32_t place) {
  User& user = users_[place];
  const auto started = wire_->start(place);
  if (started == Wire::Started::NoRoom) return false;
  if (!user.handed) {
    user.handed = true;
    ++tally_of(user).sent;
  }
  if (started == Wire::Started::Failed) {
    count_delay(user, now());
    fail_later(place, wire_->last_failure());
    return true;
  }
  ++under_way_;
  user.state = User::State::Busy;
  if (started == Wire::Started::Opening && user.sent < 0ns) count_waiting(user);
  return true;
}

int Traffic::origin_of(std::uint32_t place) {
  const User& user = users_[place];
  if (user.session && user.session->redirect) return user.session->redirect->origin;
  return plan_of(user).origin;
}

RequestOf Traffic::request_of(std::uint32_t place) {
  const User& user = users_[place];
  const RequestPlan& plan = plan_of(user);
  values_.of(user);
  const Session* session = user.session.get();
  const Redirect* redirect = session ? session->redirect.get() : nullptr;
  const int origin = redirect ? redirect->origin : plan.origin;
  return {plan, program_.origins[static_cast<std::size_t>(origin)], values_,
          session ? &session->cookies : nullptr, redirect};
}

void Traffic::sending(std::uint32_t place) {
  User& user = users_[place];
  user.sent = now();
  count_delay(user, user.sent);
}

void Traffic::judge(std::uint32_t place, const HttpAnswer& answer) {
  User& user = users_[place];
  answered_at_ = now();
  roll_seconds(answered_at_);
  if (user.sent < 0ns && miscounted_.empty()) miscounted_ = never_sent(program_.spec.name);
  const RequestPlan& plan = plan_of(user);
  tally_of(user).steps[static_cast<std::size_t>(plan.slot)].statuses.add(answer.status);
  if (plan.keep.cookies && !answer.head.empty()) take_cookies(user, plan, answer.head);
  redirecting_ = program_.spec.http.redirects > 0 && redirected(user, plan, answer);
  verdict_ = redirecting_ ? std::nullopt : verify(user, plan, answer);
}

void Traffic::go_on(std::uint32_t place) {
  --under_way_;
  if (redirecting_) return dispatch(place, false);
  if (verdict_) return attempt_failed(place, *verdict_);
  request_ended(place, std::nullopt, answered_at_);
}

void Traffic::failed(std::uint32_t place, const AttemptFailure& why) {
  --under_way_;
  fail_later(place, why);
}

void Traffic::unprocessed(std::uint32_t place) {
  if (++users_[place].resent > most_unprocessed)
    return failed(place, {ErrorClass::Reset, "the server goes away without an answer"});
  unsent(place);
}

void Traffic::unsent(std::uint32_t place) {
  --under_way_;
  User& user = users_[place];
  user.state = User::State::Failing;
  failing_.push_back({place, user.generation, ErrorClass::Reset, true});
}

/// pump() goes on with it: keeps the stack flat while a whole queue is refused.
void Traffic::fail_later(std::uint32_t place, const AttemptFailure& why) {
  User& user = users_[place];
  note(user, why.why, why.words);
  user.state = User::State::Failing;
  failing_.push_back({place, user.generation, why.why, false});
}

void Traffic::take_cookies(User& user, const RequestPlan& plan, std::string_view head) {
  const RequestOf request = request_of(user.place);
  std::string target;
  bool found = true;
  for (std::size_t from = 0; found;) {
    const auto value = ResponseParser::find_header(head, "set-cookie", found, &from);
    if (!found) break;
    if (!user.session) user.session = std::make_unique<Session>();
    if (target.empty()) {
      if (request.redirect)
        target = request.redirect->target;
      else
        plan.target.fill(target, values_, plan.target_escape);
    }
    user.session->cookies.take(value, request.origin.host, target, std::time(nullptr),
                               request.origin.tls);
  }
}

bool Traffic::redirected(User& user, const RequestPlan& plan, const HttpAnswer& answer) {
  if (!is_redirect(answer.status) || user.hops >= program_.spec.http.redirects) return false;
  const RequestOf request = request_of(user.place);
  auto next = follow(program_, request, plan, answer);
  if (!next) return false;
  if (!user.session) user.session = std::make_unique<Session>();
  user.session->redirect = std::make_unique<Redirect>(std::move(*next));
  ++user.hops;
  return true;
}

/// A packed body that is looked at is unpacked first.
std::optional<ErrorClass> Traffic::unpack(const User& user, HttpAnswer& answer) {
  bool found = false;
  const auto named = ResponseParser::find_header(answer.head, "content-encoding", found);
  if (!found || answer.body.empty()) return std::nullopt;
  const auto coding = coding_of(named);
  const auto body = coding ? inflater_.unpack(*coding, answer.body)
                           : Result<std::string_view>(fail(coding.error()));
  if (body) {
    answer.body = *body;
    return std::nullopt;
  }
  note(user, ErrorClass::Protocol, body.error().message);
  return ErrorClass::Protocol;
}

std::optional<ErrorClass> Traffic::verify(User& user, const RequestPlan& plan,
                                          const HttpAnswer& answer) {
  HttpAnswer read = answer;
  if (plan.keep.body && program_.spec.http.compression)
    if (const auto packed_badly = unpack(user, read)) return packed_badly;
  std::string why;
  const auto failure =
      plan.checks.verify(read.status, read.head, read.body, answered_at_ - user.due, &why);
  if (failure) {
    note(user, *failure, why);
    return failure;
  }
  if (plan.extract.empty()) return std::nullopt;
  const AnswerView view{read.head, read.body, &user.session->cookies, std::time(nullptr)};
  for (const auto& [index, extractor] : plan.extract) {
    if (extractor.from(view, user.session->values[index])) continue;
    note(user, ErrorClass::Extract, extractor.why_not(view));
    return ErrorClass::Extract;
  }
  return std::nullopt;
}

void Traffic::attempt_failed(std::uint32_t place, ErrorClass why) {
  User& user = users_[place];
  const Retries& retries = plan_of(user).retries;
  const Duration time = now();
  if (user.attempts > retries.times) return request_ended(place, why, time);
  Duration pause{};
  if (retries.least > 0ns) {
    // Full jitter: the exponent is bounded so that nothing overflows.
    const auto doubled = retries.least * (std::int64_t{1} << std::min(user.attempts - 1, 20));
    const double share = draw(seed_, user.number, Purpose::Pause, user.step * 64u + user.attempts);
    pause = from_seconds(share * seconds(std::min(retries.most, doubled)));
  }
  if (time + pause >= user.due + program_.spec.timeout ||
      (retries.budget && !retry_budget_.take(retries.budget->of_one)))
    return request_ended(place, why, time);
  if (user.session) user.session->redirect.reset();
  user.hops = 0;
  if (pause <= 0ns) return dispatch(place, true);
  user.state = User::State::Pausing;
  timers_.push({time + pause, place, user.generation});
}

void Traffic::request_ended(std::uint32_t place, std::optional<ErrorClass> why, Duration at) {
  User& user = users_[place];
  (user.first ? first_deadlines_ : later_deadlines_).remove(place);
  queue_.remove(place);
  count_request(user, why, at);
  user.failed |= why.has_value();
  if (user.session) user.session->redirect.reset();
  const bool stop = why && plan_of(user).on_failure == OnFailure::Stop;
  const bool pause = why && user.member != nobody && nobody_answered(why);
  user.first = false;
  ++user.step;
  if (!stop && !pause) return begin_step(place, at);
  if (!pause) return journey_ended(place, at);
  // The user of a closed loop whom nobody answers waits a moment.
  if (stop) user.step = static_cast<std::uint16_t>(program_.journeys[user.journey].steps.size());
  user.thought += pause_of_the_refused;
  user.state = User::State::Thinking;
  resting_ += rests(user);
  timers_.push({at + pause_of_the_refused, place, user.generation});
}

void Traffic::journey_ended(std::uint32_t place, Duration at) {
  User& user = users_[place];
  if (user.member != nobody) roll_seconds(at);  // the next one is due in its own second
  count_journey(user, at);
  tally_.last_end = std::max(tally_.last_end, std::min(at, now()));
  ++ended_;
  if (user.member == nobody) return users_.remove(place);
  if (at < stop_at_ && closed_.stays(user.member, at) && may_begin())
    return member_goes_on(place, at);
  closed_.leave(user.member);
  users_.remove(place);
}

/// The user of a closed loop begins the next journey at once; its first request goes out when the
/// loop comes by again, so that a journey that ends at once cannot keep the loop.
void Traffic::member_goes_on(std::uint32_t place, Duration at) {
  User& user = users_[place];
  const auto member = user.member;
  const auto number = user.number + (std::uint64_t{1} << 32);
  auto session = std::move(user.session);
  users_.renew(place);
  user.member = member;
  if (session) {
    *session = Session{};
    user.session = std::move(session);
  }
  ++due_;
  const int journey = arrivals_.journey_of(number);
  ++tally_.journeys[static_cast<std::size_t>(journey)].due;
  begin_journey(place, number, journey, at);
}

void Traffic::time_out(std::uint32_t place) {
  User& user = users_[place];
  auto why = ErrorClass::Timeout;
  if (user.state == User::State::Busy) {
    --under_way_;
    if (!wire_->cancel(place)) why = ErrorClass::ConnectTimeout;
  }
  note(user, why, user.state == User::State::Queued ? "waited for a connection" : "");
  request_ended(place, why, now());
}

}  // namespace gunflint
