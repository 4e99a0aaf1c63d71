#include "engine/fault_course.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/member_set.hpp"
#include "engine/picker.hpp"

namespace gunflint {
namespace {

/// A single read of `only_if` may take this long.
constexpr Duration ask_patience = 10s;

bool comes_from_probe(const ProbeSpec& of) {
  return !std::holds_alternative<OfLoad>(of) && !std::holds_alternative<OfTarget>(of);
}

}  // namespace

void FaultCourse::advance(Duration now, const std::function<bool()>& gate) {
  for (;;) {
    const State before = state_;
    switch (state_) {
      case State::Pending:
        pending(now, gate);
        break;
      case State::Asking:
        asking(now);
        break;
      case State::Waiting:
        waiting(now);
        break;
      case State::Injecting:
        injecting(now);
        break;
      case State::InForce:
        in_force(now);
        break;
      case State::Restoring:
        restoring(now);
        break;
      case State::Pausing:
        if (now >= deadline_) repeat(now);
        break;
      case State::Over:
        return;
    }
    if (state_ == before) return;
  }
}

void FaultCourse::pending(Duration now, const std::function<bool()>& gate) {
  const StartMoment moment = around_.schedule.resolve(spec_.start, around_.moments);
  if (moment.never)
    return skip(now, "the fault that it waits for did not happen or did not recover");
  if (!moment.begin || now < *moment.begin) return;
  until_ = moment.end;
  if (until_ && now >= *until_) return skip(now, "its time was over before it could begin");
  if (!gate()) return;
  started_ = now;
  begin(now);
}

void FaultCourse::begin(Duration now) {
  if (!spec_.only_if) return go_on(now);
  const std::string key = probe_key("only_if", spec_.name);
  if (comes_from_probe(spec_.only_if->of))
    around_.sink.ask(StartProbe{key, spec_.only_if->of, spec_.only_if->expect.metric, 1s});
  state_ = State::Asking;
  deadline_ = now + ask_patience;
}

void FaultCourse::asking(Duration now) {
  const std::string key = probe_key("only_if", spec_.name);
  const auto holds = around_.judge.holds(key, spec_.only_if->expect);
  if (!holds && now < deadline_) return;
  if (comes_from_probe(spec_.only_if->of)) around_.sink.ask(StopProbe{key});
  if (!holds) return skip(now, "`only_if` gave no value: " + spec_.only_if->expect.text);
  if (!*holds) return skip(now, "`only_if` was not so: " + spec_.only_if->expect.text);
  go_on(now);
}

void FaultCourse::go_on(Duration now) { spec_.wait_until ? wait(now) : repeat(now); }

void FaultCourse::wait(Duration now) {
  const std::string key = probe_key("wait_until", spec_.name);
  if (comes_from_probe(spec_.wait_until->of))
    around_.sink.ask(StartProbe{key, spec_.wait_until->of, spec_.wait_until->expect.metric, 1s});
  around_.sink.happen(now, FaultWaiting{spec_.name, spec_.wait_until->expect.text});
  state_ = State::Waiting;
  deadline_ = now + spec_.wait_until->timeout;
}

void FaultCourse::waiting(Duration now) {
  const When& when = *spec_.wait_until;
  const std::string key = probe_key("wait_until", spec_.name);
  const bool holds = around_.judge.holds(key, when.expect).value_or(false);
  const auto until = while_end();
  const bool late = until && now >= *until;
  if (!holds && !late && now < deadline_) return;
  if (comes_from_probe(when.of)) around_.sink.ask(StopProbe{key});
  if (late) return skip(now, "its time was over before `wait_until` was so: " + when.expect.text);
  if (!holds && when.on_timeout == When::OnTimeout::Skip)
    return skip(now, fmt::format("`wait_until` was not so within {}: {}", print(when.timeout),
                                 when.expect.text));
  if (!holds && when.on_timeout == When::OnTimeout::Fail) {
    around_.sink.happen(now, InjectionFailed{"", spec_.name, "",
                                             fmt::format("`wait_until` was not so within {}: {}",
                                                         print(when.timeout), when.expect.text),
                                             "wait_until"});
    moments_.never = true;
    state_ = State::Over;
    return;
  }
  started_ = now;
  repeat(now);
}

/// Draws and injects one repetition.
void FaultCourse::repeat(Duration now) {
  const std::string name = fmt::format("{}/{}", spec_.name, repetition_);
  drawn_ = &spec_;
  if (!spec_.one_of.empty())
    drawn_ = &spec_.one_of[Draw(around_.seed, name + "/one_of").below(spec_.one_of.size())];
  kind_ = around_.kind(drawn_->type);
  const std::string& target = spec_.target.empty() ? drawn_->target : spec_.target;
  now_.clear();
  nothing_.clear();
  known_.clear();
  for (const auto& state : around_.roster.members(target, now)) known_.insert(state.member.id);
  const auto ready = around_.roster.ready(target, now);
  const auto members =
      host_wide() ? host_of(ready) : pick_members(spec_.pick, ready, Draw(around_.seed, name));
  // Who is on the host is under the fault, all of them.
  std::string refusal =
      members.empty() ? nobody(now) : too_wide(now, host_wide() ? ready : members);
  if (!kind_) refusal = "there is no fault type `" + drawn_->type + "` in this version";
  if (!refusal.empty()) {
    const TargetSpec* spec = around_.experiment.target(target);
    // A target of which nothing is known is not empty: that says nothing about the system.
    const bool empty_fails = members.empty() && spec && spec->on_empty == OnEmpty::Fail &&
                             around_.roster.seen_lately(target, now);
    if (!moments_.begin && !empty_fails) return skip(now, refusal);
    if (!moments_.begin) {
      around_.sink.happen(now, InjectionFailed{"", spec_.name, "", refusal, "empty"});
      moments_.never = true;
      state_ = State::Over;
      return;
    }
    around_.sink.happen(now, FaultSkipped{spec_.name, refusal, !spec_.optional});
    state_ = State::Restoring;  // nothing is open: goes on with the next repetition
    return;
  }
  FaultStarted started{spec_.name, repetition_, {}};
  for (const auto& member : members) started.members.push_back(member.id);
  around_.sink.happen(now, std::move(started));
  state_ = State::Injecting;
  deadline_ = end_of_repetition(now);
  for (const auto& member : members) now_.push_back(inject_into(now, member));
}

std::string FaultCourse::nobody(Duration now) const {
  const std::string& target = spec_.target.empty() ? drawn_->target : spec_.target;
  if (!around_.roster.seen_lately(target, now))
    return fmt::format("nothing is known of the members of `{}`", target);
  return fmt::format("`{}` has no ready member{}", target,
                     spec_.pick.where.empty() ? "" : " that `where` names");
}

/// Semantics 32. A refusal as a sentence, else empty.
std::string FaultCourse::too_wide(Duration now, const std::vector<Member>& members) const {
  const BlastRadius& radius = around_.experiment.blast_radius;
  auto hit = around_.injections.under_fault();
  hit.insert(hit.end(), members.begin(), members.end());
  const int hit_count = MemberSet(hit).size();
  if (radius.max_members && hit_count > *radius.max_members)
    return fmt::format("{} members would be under fault, `max_members` allows {}", hit_count,
                       *radius.max_members);
  const std::string& target = members.front().target;
  if (radius.max_share) {
    MemberSet all, here;
    for (const auto& state : around_.roster.members(target, now)) all.insert(state.member);
    for (const auto& m : hit)
      if (m.target == target || all.contains(m)) here.insert(m);
    const int most = static_cast<int>(radius.max_share->of_one * all.size() + 1e-9);
    if (here.size() > most)
      return fmt::format("{} of {} members of `{}` would be under fault, `max_share` allows {}",
                         here.size(), all.size(), target, most);
  }
  return too_few_left(now, target, members);
}

/// `keep_ready`. A look is up to 5 s old: who was taken away since then is not ready any more.
std::string FaultCourse::too_few_left(Duration now, const std::string& target,
                                      const std::vector<Member>& members) const {
  const int keep_ready = around_.experiment.blast_radius.keep_ready;
  MemberSet away(around_.injections.taken(around_.roster.looked_at(target).value_or(0s)));
  if (kind_ && kind_->takes_away(drawn_->params))
    for (const auto& member : members) away.insert(member);
  const auto ready = around_.roster.ready(target, now);
  const auto left =
      std::count_if(ready.begin(), ready.end(), [&](const Member& m) { return !away.contains(m); });
  if (left >= keep_ready) return {};
  return fmt::format("{} of {} ready members of `{}` would be left, `keep_ready` asks for {}", left,
                     ready.size(), target, keep_ready);
}

std::string FaultCourse::inject_into(Duration now, const Member& member) {
  OpenInjections::Order order;
  order.fault = spec_.name;
  order.type = drawn_->type;
  order.params = drawn_->params;
  order.agent = around_.agent(*kind_, drawn_->params);
  order.member = member;
  order.instant = kind_->instant;
  order.takes_away = kind_->takes_away(drawn_->params);
  order.heals_alone = kind_->healing(drawn_->params) == Healing::ByPlatform;
  order.on_disconnect = spec_.on_disconnect;
  order.lease = spec_.lease.value_or(drawn_->lease.value_or(0s));
  // The agent ends it by its own clock if we do not: half a second later than we would.
  order.lasting = std::max(Duration(1s), deadline_ - now) + 500ms;
  known_.insert(member.id);
  return around_.injections.start(now, order);
}

/// All or nothing, unless `min_members` says how many are enough (DESIGN rule 7).
void FaultCourse::injecting(Duration now) {
  std::size_t in_force = 0, failed = 0, nothing = 0;
  for (const auto& id : now_) {
    const OpenInjection& i = around_.injections.at(id);
    if (i.state == OpenInjection::State::Asked) return;
    if (i.failed) ++failed;
    if (!i.nothing_to_do.empty()) ++nothing, nothing_ = i.nothing_to_do;
    if (i.injected) ++in_force;
  }
  const std::size_t least =
      spec_.min_members ? static_cast<std::size_t>(*spec_.min_members) : now_.size() - nothing;
  if (nothing == now_.size()) {
    if (!moments_.begin) return skip(now, "there was nothing to change: " + nothing_);
    around_.sink.happen(now,
                        Note{"info", spec_.name + ": there was nothing to change: " + nothing_});
  } else if (failed > 0 && in_force < least) {
    for (const auto& id : now_) around_.injections.take_back(now, id);
    around_.sink.happen(
        now, FaultSkipped{spec_.name,
                          fmt::format("{} of {} members could be injected, {} are needed", in_force,
                                      now_.size(), least),
                          !spec_.optional});
  } else if (!kind_->instant) {
    state_ = State::InForce;
    return;
  }
  state_ = State::Restoring;
}

void FaultCourse::in_force(Duration now) {
  const auto until = while_end();
  if (now >= deadline_ || (until && now >= *until)) {
    for (auto id = now_.rbegin(); id != now_.rend(); ++id) around_.injections.take_back(now, *id);
    state_ = State::Restoring;
  } else if (open() == 0 && spec_.new_members == NewMembers::Ignore) {
    state_ = State::Restoring;  // every target is gone, or its deadline was earlier
  } else if (spec_.new_members == NewMembers::Inject && !host_wide()) {
    take_new_members(now);
  }
}

/// Semantics 27.
void FaultCourse::take_new_members(Duration now) {
  const std::string& target = spec_.target.empty() ? drawn_->target : spec_.target;
  for (const auto& member : around_.roster.ready(target, now)) {
    if (known_.contains(member.id)) continue;
    if (!is_named(spec_.pick, member)) continue;
    if (const std::string refusal = too_wide(now, {member}); !refusal.empty()) {
      known_.insert(member.id);
      around_.sink.happen(now, InjectionFailed{"", spec_.name, member.id, refusal, "refused"});
      continue;
    }
    now_.push_back(inject_into(now, member));
  }
}

void FaultCourse::restoring(Duration now) {
  if (open() > 0) return;
  if (stopped_) return finish(now);
  ++repetition_;
  const auto next = repetition_start(repetition_);
  const auto until = while_end();
  if (!next || (until && *next >= *until)) return finish(now);
  state_ = State::Pausing;
  deadline_ = std::max(now, *next);
}

/// Start to start, give or take the jitter; nothing when the repetitions are over (semantics 33).
std::optional<Duration> FaultCourse::repetition_start(int repetition) const {
  if (!spec_.repeat) return std::nullopt;
  if (spec_.repeat->times && repetition >= *spec_.repeat->times) return std::nullopt;
  if (!spec_.repeat->times && !until_ && spec_.start.how != Start::How::While) return std::nullopt;
  Draw draw(around_.seed, fmt::format("{}/{}/jitter", spec_.name, repetition));
  const double jitter = (2 * draw.share() - 1) * seconds(spec_.repeat->jitter);
  return started_ + repetition * spec_.repeat->every + from_seconds(jitter);
}

/// The end of `while` may become known only on the way.
std::optional<Duration> FaultCourse::while_end() const {
  if (spec_.start.how != Start::How::While) return std::nullopt;
  return around_.schedule.resolve(spec_.start, around_.moments).end;
}

Duration FaultCourse::end_of_repetition(Duration now) const {
  Duration end = around_.hard_stop;
  const auto& length = drawn_->length ? drawn_->length : spec_.length;
  if (length) end = std::min(end, now + *length);
  if (const auto until = while_end()) end = std::min(end, *until);
  return end;
}

int FaultCourse::open() const {
  return static_cast<int>(std::count_if(now_.begin(), now_.end(), [&](const std::string& id) {
    return around_.injections.at(id).state != OpenInjection::State::Closed;
  }));
}

void FaultCourse::skip(Duration now, std::string why, bool counts) {
  around_.sink.happen(now, FaultSkipped{spec_.name, std::move(why), counts && !spec_.optional});
  moments_.never = true;
  state_ = State::Over;
}

void FaultCourse::finish(Duration now) {
  state_ = State::Over;
  if (!moments_.begin) {
    moments_.never = true;
    return;
  }
  moments_.end = now;
  around_.sink.happen(now, FaultEnded{spec_.name});
}

void FaultCourse::stop(Duration now) {
  if (state_ == State::Over) return;
  if (state_ == State::Asking) around_.sink.ask(StopProbe{probe_key("only_if", spec_.name)});
  if (state_ == State::Waiting) around_.sink.ask(StopProbe{probe_key("wait_until", spec_.name)});
  for (auto id = now_.rbegin(); id != now_.rend(); ++id) around_.injections.take_back(now, *id);
  stopped_ = true;  // no repetition follows
  state_ = State::Restoring;
}

void FaultCourse::injected(Duration now, const OpenInjection& injection) {
  if (!moments_.begin) moments_.begin = now;
  if (injection.instant && kind_ && kind_->healing(drawn_->params) == Healing::ByPlatform) {
    victims_.push_back(injection.member);
    last_victim_at_ = now;
  }
}

std::optional<Duration> FaultCourse::next_wake() const {
  switch (state_) {
    case State::Pending: {
      const StartMoment moment = around_.schedule.resolve(spec_.start, around_.moments);
      return moment.begin;
    }
    case State::Asking:
    case State::Waiting:
    case State::InForce:
    case State::Pausing:
      return deadline_;
    default:
      return std::nullopt;
  }
}

}  // namespace gunflint
