#include "engine/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "model/gating.hpp"

namespace gunflint {
namespace {

constexpr Duration hasty = 5s;  ///< how long answers are waited for when the run ends early
constexpr Duration recovery_patience = 60s;

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

Duration longest_timeout(const Experiment& experiment) {
  Duration longest{};
  for (const auto& load : experiment.loads) longest = std::max(longest, load.timeout);
  return longest;
}

/// While faults are in force their undo is open: that is no failure yet.
bool something_failed(const Verdict& verdict) {
  return std::any_of(verdict.findings.begin(), verdict.findings.end(), [](const Finding& f) {
    return f.held == Held::No && f.kind != Finding::Kind::Undo && f.kind != Finding::Kind::Guard;
  });
}

}  // namespace

Run::Run(RunSetup setup)
    : setup_(std::move(setup)),
      schedule_(setup_.experiment),
      judge_(setup_.experiment),
      roster_(setup_.experiment),
      injections_(*this, setup_.id),
      phases_(*this),
      seconds_(static_cast<int>(setup_.experiment.loads.size()) * setup_.workers),
      around_{setup_.experiment, schedule_,        judge_, roster_,        injections_,    *this,
              setup_.seed,       setup_.hard_stop, {},     setup_.kind_of, setup_.agent_of},
      stages_(schedule_.stages()),
      open_agents_(setup_.agents.begin(), setup_.agents.end()) {
  std::stable_sort(stages_.begin(), stages_.end(),
                   [](const auto& a, const auto& b) { return a.begin < b.begin; });
  around_.moments = [this](const std::string& fault) {
    for (const auto& course : courses_)
      if (course->spec().name == fault) return course->moments();
    return FaultMoments{.never = true};
  };
  for (const auto& fault : setup_.experiment.faults)
    courses_.push_back(std::make_unique<FaultCourse>(fault, around_));
  injections_.on_injected = [this](Duration now, const OpenInjection& injection) {
    for (auto& course : courses_)
      if (course->spec().name == injection.fault) course->injected(now, injection);
    follow_faults(now);
  };
}

void Run::happen(Duration at, Happening what) {
  if (const auto* left = std::get_if<LeftBehind>(&what)) left_behind_.insert(left->what);
  Event event;
  event.at = at;
  event.what = std::move(what);
  judge_.on(event);
  events_.push_back(std::move(event));
}

std::vector<Event> Run::on(Duration now, const Input& input) {
  now_ = now;
  take(now, input);
  advance(now);
  return std::exchange(events_, {});
}

void Run::take(Duration now, const Input& input) {
  std::visit(Overloaded{
                 [&](const Tick&) {},
                 [&](const Began&) { begin(now); },
                 [&](const Sliced& in) {
                   seconds_.took(in.slice);
                   happen(std::chrono::seconds(in.slice.second + 1), SliceTaken{in.slice});
                 },
                 [&](const ReadingCame& in) { happen(in.at, in.reading); },
                 [&](const TargetLooked& in) { happen(in.at, roster_.saw(in.seen, in.at)); },
                 [&](const AgentSaid& in) {
                   if (const auto* closed = std::get_if<Closed>(&in.answer))
                     return agent_ended(now, in.agent, *closed);
                   injections_.on(now, in.agent, in.answer);
                 },
                 [&](const AgentGone& in) {
                   if (ended_.contains(in.agent)) return;
                   happen(now, AgentLost{in.agent, in.why});
                   injections_.agent_gone(now, in.agent);
                   ask(RecoverAgent{in.agent});
                   recovering_.insert(in.agent);
                   lost_at_ = now;
                   happen(now, ToolFailed{"the agent `" + in.agent + "` was lost: " + in.why});
                   if (state_ != State::Over) end(now, true);
                 },
                 [&](const AgentDone& in) {
                   if (ended_.contains(in.agent)) return;
                   agent_done(now, in);
                   // `gunflint stop` whose undo was seen here before the end of its agent was.
                   if (in.why == "signal") stopped_by_agent(now, in.agent);
                 },
                 [&](const WorkerGone& in) {
                   if (in.as_asked)
                     happen(now, GuardTripped{"on_overload", in.why});
                   else
                     happen(now, ToolFailed{"a load worker ended: " + in.why});
                   end(now, true);
                 },
                 [&](const SignalCame& in) {
                   signalled_ = true;
                   happen(now, Signalled{in.number});
                   end(now, true);
                 },
                 [&](const ClockJump& in) {
                   happen(now, ClockJumped{seconds(in.by)});
                   end(now, true);
                 },
                 [&](const Trouble& in) {
                   happen(now, ToolFailed{in.why});
                   end(now, true);
                 },
                 [&](const Refused& in) {
                   refused_ = in;
                   end(now, true);
                 },
                 [&](const Record& in) {
                   if (const auto* opened = std::get_if<AgentOpened>(&in.what))
                     open_agents_.insert(opened->agent);
                   happen(in.at, in.what);
                 },
             },
             input);
}

void Run::agent_done(Duration now, const AgentDone& done) {
  injections_.agent_done(now, done);
  if (!done.clean && done.left.empty())
    happen(now, LeftBehind{"", "", "", "unknown: agent `" + done.agent + "` could not be asked",
                           "gunflint recover"});
  for (const auto& left : done.left)
    if (!left_behind_.contains(left))  // else it was told with its command and its member
      happen(now, LeftBehind{"", "", "", left, "gunflint recover"});
  happen(now, AgentClosed{done.agent, done.clean});
  open_agents_.erase(done.agent);
  recovering_.erase(done.agent);
}

/// It has taken back everything and ends, and nobody here has asked it to.
void Run::agent_ended(Duration now, const std::string& agent, const Closed& closed) {
  if (ended_.contains(agent) || recovering_.contains(agent)) return;
  agent_done(now, AgentDone{agent, closed.clean, false, closed.left});
  ended_.insert(agent);
  if (closed.why == "signal") {
    stopped_by_agent(now, agent);
  } else {
    happen(now,
           ToolFailed{fmt::format("the agent `{}` ended: {}", agent,
                                  closed.why == "guardian" ? "its guardian was killed"
                                                           : "it had not heard from this run")});
  }
  end(now, true);
}

/// `gunflint stop` ends agents; the run that they belong to ends as if it had been told itself.
void Run::stopped_by_agent(Duration now, const std::string& agent) {
  happen(now, Note{"info", "agent `" + agent + "` was told to end, as `gunflint stop` does"});
  if (!std::exchange(signalled_, true)) happen(now, Signalled{SIGTERM});
}

void Run::begin(Duration now) {
  if (state_ != State::Opening) return;
  state_ = State::Running;
  happen(now, LoadStarted{});
  phases_.begin(now);
}

void Run::advance(Duration now) {
  if (state_ == State::Running) run_on(now);
  if (state_ == State::Draining) drain(now);
  if (state_ == State::Closing) close(now);
}

void Run::run_on(Duration now) {
  start_stages(now);
  close_seconds(now);
  if (state_ != State::Running) return;
  injections_.check(now);
  // Courses look at each other (`after: kill one`): go round until nothing more happens.
  for (std::size_t events = events_.size() + 1; events != events_.size();) {
    events = events_.size();
    for (auto& course : courses_) course->advance(now, [&] { return pass_gate(now); });
    follow_faults(now);
    follow_recoveries(now);
    if (state_ != State::Running) return;
  }
  tell_news(now);
  if (state_ != State::Running) return;
  if (now >= setup_.hard_stop) {
    happen(now, Note{"warning",
                     fmt::format("the run reached its hard stop at {}", print(setup_.hard_stop))});
    end(now, true);
  } else if (failed_fast_) {
    happen(now, Note{"info", "stopped at the first failure (--fail-fast)"});
    end(now, true);
  } else if (everything_decided(now)) {
    end(now, false);
  }
}

void Run::start_stages(Duration now) {
  for (; stages_started_ < stages_.size() && stages_[stages_started_].begin <= now;
       ++stages_started_) {
    const auto& stage = stages_[stages_started_];
    happen(stage.begin, StageStarted{stage.load, stage.stage});
  }
}

void Run::close_seconds(Duration now) {
  while (const auto second = seconds_.close(now)) {
    happen(now, SecondClosed{*second});
    tell_news(now);
    if (setup_.fail_fast) failed_fast_ |= something_failed(judge_.verdict());
    if (state_ != State::Running) return;
  }
}

/// What the judge has decided since it was last asked, and what follows from it.
void Run::tell_news(Duration now) {
  for (auto& news : judge_.news()) {
    if (const auto* recovered = std::get_if<RecoveredEvent>(&news))
      failed_fast_ |= setup_.fail_fast && !recovered->ok;
    if (const auto* reaction = std::get_if<ReactionDecided>(&news))
      failed_fast_ |= setup_.fail_fast && !reaction->met;
    happen(now, std::move(news));
  }
  if (state_ == State::Running && judge_.tripped()) end(now, true);
}

void Run::follow_faults(Duration now) {
  const auto active = std::count_if(courses_.begin(), courses_.end(),
                                    [](const auto& course) { return course->active(); });
  phases_.faults_active(now, static_cast<int>(active));
}

void Run::follow_recoveries(Duration now) {
  using State = Judge::Recovery::State;
  if (phases_.phase() != "recovery" && phases_.phase() != "after") return;
  for (auto& course : courses_) {
    const FaultMoments& moments = course->moments();
    if (!moments.end || moments.recovered || moments.never_recovers) continue;
    if (setup_.experiment.steady_state.empty()) {
      course->recovered(*moments.end);
      continue;
    }
    const auto recovery = judge_.recovery_of(course->spec().name);
    if (!recovery) continue;
    if (recovery->state == State::Recovered)
      course->recovered(recovery->all_clear + recovery->took.value_or(0s));
    if (recovery->state == State::Failed) course->not_recovered();
  }
  if (setup_.experiment.steady_state.empty() || judge_.recovery().state == State::Recovered)
    phases_.recovered(now);
}

/// Semantics 9: asked at the first injection, once.
bool Run::pass_gate(Duration now) {
  if (gate_passed_) return true;
  if (state_ != State::Running) return false;
  const auto gate =
      gate_window(setup_.experiment) ? judge_.gate() : Judge::Gate{Judge::GateState::Green, ""};
  if (gate.state == Judge::GateState::Green) {
    gate_passed_ = true;
    roster_.gate_passed();
    happen(now, GatePassed{});
    return true;
  }
  std::string why = gate.why;
  if (why.empty())
    why = fmt::format("the hypotheses were not known for {} before the first injection",
                      print(setup_.experiment.gate));
  happen(now, GateFailed{why});
  end(now, true);
  return false;
}

bool Run::everything_decided(Duration now) const {
  if (now < schedule_.stages_end()) return false;
  for (const auto& course : courses_)
    if (!course->over()) return false;
  return injections_.all_closed() && !judge_.undecided();
}

void Run::end(Duration now, bool at_once) {
  if (state_ == State::Draining || state_ == State::Closing || state_ == State::Over) return;
  const bool had_begun = state_ == State::Running;
  state_ = State::Draining;
  for (auto& course : courses_) course->stop(now);
  injections_.take_back_all(now);
  if (had_begun) {
    ask(StopLoad{});
    phases_.drain(now);
  }
  deadline_ = now + (at_once ? hasty : longest_timeout(setup_.experiment) + hasty);
  if (setup_.experiment.loads.empty()) deadline_ = now + hasty;
  if (!had_begun) deadline_ = now;
}

void Run::drain(Duration now) {
  injections_.check(now);
  for (auto& course : courses_) course->advance(now, [] { return false; });
  while (const auto second = seconds_.close(now)) happen(now, SecondClosed{*second});
  if (!injections_.all_closed()) return;
  if (!seconds_.drained() && now < deadline_) return;
  if (!victims_are_seen() && now < deadline_) return;
  while (const auto second = seconds_.close_rest(now)) happen(now, SecondClosed{*second});
  tell_news(now);
  happen(now, Drained{});
  name_left_changed(now);
  ask(CloseAgents{});
  state_ = State::Closing;
  deadline_ = now + 2 * hasty;
  if (!recovering_.empty()) deadline_ = std::max(now + hasty, lost_at_ + recovery_patience);
}

/// Whether their target was looked at since: without load a run may end with the kill itself.
bool Run::victims_are_seen() const {
  return std::all_of(courses_.begin(), courses_.end(), [&](const auto& course) {
    const auto& victims = course->victims();
    return std::all_of(victims.begin(), victims.end(), [&](const Member& victim) {
      return roster_.seen_since(victim.target, course->last_victim_at());
    });
  });
}

/// Semantics 35: victims of a fault that only the platform heals, and their target has fewer ready
/// members than it wants. As many of the last victims are named as are missing. Of a target that
/// was not seen since nobody knows whether it has healed.
void Run::name_left_changed(Duration now) {
  std::map<std::string, int> missing;
  for (auto course = courses_.rbegin(); course != courses_.rend(); ++course) {
    const auto& victims = (*course)->victims();
    for (auto victim = victims.rbegin(); victim != victims.rend(); ++victim) {
      const auto [it, first] = missing.try_emplace(victim->target, 0);
      const bool known = roster_.seen_lately(victim->target, now) &&
                         roster_.seen_since(victim->target, (*course)->last_victim_at());
      if (first && known)
        it->second = roster_.desired(victim->target) -
                     static_cast<int>(roster_.ready(victim->target, now).size());
      if (first && !known)
        happen(now, LeftChanged{(*course)->spec().name, "",
                                fmt::format("whether `{}` has replaced {} is not known: it could "
                                            "not be seen at the end",
                                            victim->target, victim->label)});
      if (it->second-- <= 0) continue;
      happen(now,
             LeftChanged{(*course)->spec().name, victim->id,
                         fmt::format("{} has no replacement: {} of {} members of `{}` are ready",
                                     victim->label, roster_.ready(victim->target, now).size(),
                                     roster_.desired(victim->target), victim->target)});
    }
  }
}

void Run::close(Duration now) {
  if (!open_agents_.empty() && now < deadline_) return;
  for (const auto& agent : open_agents_) {
    happen(now, LeftBehind{"", "", "", "unconfirmed: agent `" + agent + "` did not answer Bye",
                           "gunflint recover"});
    happen(now, AgentClosed{agent, false});
  }
  open_agents_.clear();
  finish(now);
}

void Run::finish(Duration now) {
  state_ = State::Over;
  verdict_ = judge_.verdict();
  // That nothing was started says why nothing could be judged, and no more: something left behind,
  // a signal or a failure of the tool come first (semantics 42).
  const bool nothing_worse = verdict_->outcome == Outcome::Held ||
                             verdict_->outcome == Outcome::Inconclusive ||
                             verdict_->outcome == Outcome::NotStarted;
  if (refused_ && nothing_worse) {
    verdict_->outcome = refused_->outcome;
    verdict_->sentence = "Not started: " + refused_->why + ".";
  }
  happen(now, VerdictReached{*verdict_});
  happen(now, RunEnded{exit_code(verdict_->outcome)});
}

std::optional<Duration> Run::next_wake() const {
  std::optional<Duration> wake;
  const auto at = [&](std::optional<Duration> t) {
    // What is not later than now has been looked at: it waits for something else.
    if (t && *t > now_) wake = wake ? std::min(*wake, *t) : *t;
  };
  if (state_ == State::Opening || state_ == State::Over) return wake;
  at(injections_.next_wake());
  if (state_ == State::Running) {
    at(seconds_.next_wake());
    at(setup_.hard_stop);
    at(schedule_.stages_end());
    if (stages_started_ < stages_.size()) at(stages_[stages_started_].begin);
    for (const auto& course : courses_) at(course->next_wake());
  } else {
    at(deadline_);
  }
  return wake;
}

}  // namespace gunflint
