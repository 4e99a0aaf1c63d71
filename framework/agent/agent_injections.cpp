// Injections: lock keys, observe, undo record, guardian, inject, bite; and the way back.
#include <algorithm>

#include <unistd.h>

#include <fmt/format.h>

#include "agent/agent.hpp"
#include "agent/work.hpp"
#include "gunflint/concepts/patience.hpp"

namespace gunflint {
namespace {

constexpr Duration inject_deadline = longest_inject, restore_deadline = longest_restore,
                   bite_deadline = 2500ms;
constexpr Duration bite_every = 1s;
constexpr int attempts_before_report = 2;  ///< the coordinator waits for 65 s

bool is_open(const Injection& injection) { return injection.open(); }

}  // namespace

void Agent::inject(std::uint64_t id, const Inject& ask) {
  auto refuse = [&](Cause cause, std::string why) {
    say_failed(id, {cause, std::move(why), {}}, ask.injection);
  };
  if (ending_) return refuse(Cause::Conflict, "this agent is ending and injects nothing more");
  const FaultKind* fault = find_fault(ask.fault);
  if (fault == nullptr)
    return refuse(Cause::Unsupported, fmt::format("this agent (version {}) has no fault `{}`",
                                                  GUNFLINT_VERSION, ask.fault));
  if (std::any_of(injections_.begin(), injections_.end(),
                  [&](const Kept& i) { return i->ask.injection == ask.injection; }))
    return refuse(Cause::BadInput, "the injection " + ask.injection + " was asked for before");
  auto made = std::make_unique<Injection>();
  made->ask = ask;
  made->request = id;
  made->undo.keys = fault->touches(ask.member, ask.params);
  // Members that share what the fault changes (workers of one listening port): once is enough.
  const auto twin = std::find_if(injections_.begin(), injections_.end(), [&](const Kept& i) {
    return i->state <= Injection::State::InForce && i->ask.fault == ask.fault &&
           i->ask.params == ask.params && !i->undo.keys.empty() && i->undo.keys == made->undo.keys;
  });
  if (twin != injections_.end() && (*twin)->ask.member.id != ask.member.id) {
    InjectDone done;
    done.injection = ask.injection;
    done.nothing_to_do =
        fmt::format("what is done to {} holds for {} too: they share {}", (*twin)->ask.member.label,
                    ask.member.label, made->undo.keys.front());
    return say(id, done);
  }
  if (auto locked = keys_.lock(ask.injection, made->undo.keys); !locked)
    return say_failed(id, locked.error(), ask.injection);
  Injection& injection = *made;
  auto started = Operation::start(
      [this, ask](OperationLink& link) { inject_work(link, host_, ask); }, inject_deadline,
      [this, &injection](Operation& operation, const Value& word) {
        injecting_said(injection, operation, word);
      },
      [this, &injection](bool late) { injecting_ended(injection, late); });
  if (!started) {
    keys_.release(ask.injection);
    return say_failed(id, started.error(), ask.injection);
  }
  made->work = std::move(*started);
  injections_.push_back(std::move(made));
}

/// The undo record is on the disk and the guardian knows of it before the fault may act.
Result<void> Agent::record(Injection& injection, const Value& saved) {
  const Inject& ask = injection.ask;
  UndoRecord& undo = injection.undo;
  undo.run = run_;
  undo.injection = ask.injection;
  undo.fault = ask.fault;
  undo.version = GUNFLINT_VERSION;
  undo.tag = ask.tag;
  undo.uid = host_.facts().uid;
  undo.boot_id = host_.facts().boot_id;
  undo.member = ask.member;
  undo.params = ask.params;
  undo.saved = saved;
  if (ask.lasting > Duration::zero()) injection.until = boottime_now() + ask.lasting;
  undo.deadline_boottime_ns = injection.until.value_or(Duration::zero()).count();
  GF_TRY(ledger_->append(UndoLine{undo}));
  if (seat_.to_guardian && ::write(seat_.to_guardian.get(), "u", 1) != 1)
    return fail(Cause::Unreachable, "the guardian of this agent cannot be told; it is stopped");
  return {};
}

void Agent::injecting_said(Injection& injection, Operation& operation, const Value& word) {
  if (word.find("holders") != nullptr) return answer_holders(operation, word);
  if (const Value* saved = word.find("observed")) {
    injection.state = Injection::State::Acting;  // even if recording fails half-way
    if (auto noted = record(injection, *saved); !noted) {
      injection.failure = noted.error();
      return take_back_now(injection, "agent");
    }
    return operation.answer(Value::map());
  }
  if (const Value* why = word.find("nothing")) {
    InjectDone done;
    done.injection = injection.ask.injection;
    done.nothing_to_do = why->text();
    say(std::exchange(injection.request, 0), done);
    injection.state = Injection::State::Over;
    injection.result.verified = true;
    injection.result.injection = done.injection;
    injection.reported = true;
    keys_.release(done.injection);
  } else if (const Value* bite = word.find("bite")) {
    InjectDone done;
    done.injection = injection.ask.injection;
    if (auto decoded = decode<Bite>(*bite)) done.bite = std::move(*decoded);
    say(std::exchange(injection.request, 0), done);
    injection.state = Injection::State::InForce;
    injection.next_bite = monotonic_now() + bite_every;
    // An instant fault is over with its act; closing its record is all that is left.
    const FaultKind* fault = find_fault(injection.ask.fault);
    const bool instant = fault != nullptr && fault->instant;
    if (instant || !injection.restores.empty()) take_back_now(injection, "agent");
  } else if (auto error = error_in(word)) {
    injection.failure = std::move(*error);
  }
}

void Agent::injecting_ended(Injection& injection, bool late) {
  if (injection.state != Injection::State::Acting && injection.state != Injection::State::Preparing)
    return;
  if (!injection.failure)
    injection.failure =
        Error{late ? Cause::TimedOut : Cause::Io,
              late ? fmt::format("injecting {} took longer than {}; it was taken back",
                                 injection.ask.fault, human(inject_deadline))
                   : fmt::format("the process that injected {} ended half-way; it was taken back",
                                 injection.ask.fault),
              {}};
  take_back_now(injection, "agent");
}

void Agent::restore_asked(std::uint64_t id, const Restore& ask) {
  const auto found = std::find_if(injections_.begin(), injections_.end(),
                                  [&](const Kept& i) { return i->ask.injection == ask.injection; });
  if (found == injections_.end())
    return say_failed(id, {Cause::BadInput, "this agent knows no injection " + ask.injection, {}},
                      ask.injection);
  Injection& injection = **found;
  if (injection.state == Injection::State::Over) return say(id, injection.result);
  injection.restores.push_back(id);
  take_back_now(injection, "agent");
}

void Agent::take_back_now(Injection& injection, const std::string& by) {
  using State = Injection::State;
  if (injection.state == State::Over || injection.state == State::Restoring) return;
  if (injection.by.empty()) injection.by = by;
  injection.biting.reset();
  injection.until.reset();
  if (injection.work) injection.work->kill();
  injection.work.reset();
  if (injection.state == State::Preparing) {  // nothing was changed
    injection.result.verified = true;
    return close(injection);
  }
  injection.state = State::Restoring;
  ++injection.attempts;
  auto result = std::make_shared<Value>();
  auto started = Operation::start(
      [this, undo = injection.undo](OperationLink& link) { restore_work(link, host_, undo); },
      restore_deadline,
      [this, result](Operation& operation, const Value& word) {
        if (word.find("holders") != nullptr) return answer_holders(operation, word);
        *result = word;
      },
      [this, &injection, result](bool late) { restoring_ended(injection, *result, late); });
  if (started)
    injection.work = std::move(*started);
  else
    restoring_ended(injection, error_word(started.error()), false);
}

void Agent::restoring_ended(Injection& injection, const Value& word, bool late) {
  RestoreDone& done = injection.result;
  done.verified = word.bool_or("verified");
  done.gone = word.bool_or("gone") || injection.gone;
  done.why = late
                 ? fmt::format("taking it back took longer than {}", human(restore_deadline))
                 : word.text_or("why", word.text_or("error", "the process that took it back died"));
  const bool conflict = word.bool_or("conflict");
  if (done.verified) done.why.clear();
  if (done.verified || conflict) {
    UndoneLine line{injection.ask.injection, done.verified, injection.by, done.why};
    if (auto noted = ledger_->append(line); !noted && done.verified)
      done.why = "it was taken back, but the ledger could not say so: " + noted.error().message;
    if (conflict) {
      done.left =
          fmt::format("{} on {}: {}", injection.ask.fault, injection.ask.member.label, done.why);
      done.command = "look at it by hand; gunflint leaves what somebody else changed";
    }
    return close(injection);
  }
  injection.state = Injection::State::Stuck;
  injection.retry_at = monotonic_now() + 100ms * (1 << std::min(injection.attempts, 7));
  if (injection.attempts < attempts_before_report) return;
  done.left =
      fmt::format("{} on {}: {}", injection.ask.fault, injection.ask.member.label, done.why);
  done.command = "gunflint recover";
  report(injection);
}

void Agent::close(Injection& injection) {
  injection.state = Injection::State::Over;
  keys_.release(injection.ask.injection);
  report(injection);
}

void Agent::report(Injection& injection) {
  RestoreDone& done = injection.result;
  done.injection = injection.ask.injection;
  done.by = injection.by;
  if (injection.request != 0) {
    const Error why = injection.failure.value_or(
        Error{Cause::Gone, "it was taken back before it was in force", {}});
    say_failed(std::exchange(injection.request, 0), why, done.injection);
    if (done.verified && injection.restores.empty()) {
      injection.reported = true;
      return;
    }
  }
  if (!injection.restores.empty()) {
    for (const auto id : std::exchange(injection.restores, {})) say(id, done);
  } else if (!injection.reported || done.verified) {
    say(0, done);
  }
  injection.reported = true;
}

void Agent::start_bite(Injection& injection, Time now) {
  injection.next_bite = now + bite_every;
  auto unknown = [this, &injection](std::string why) {
    BiteSeen seen;
    seen.injection = injection.ask.injection;
    seen.unknown = std::move(why);
    say(0, seen);
  };
  auto started = Operation::start(
      [this, undo = injection.undo](OperationLink& link) { bite_work(link, host_, undo); },
      bite_deadline,
      [this, &injection, unknown](Operation& operation, const Value& word) {
        if (word.find("holders") != nullptr) return answer_holders(operation, word);
        const Value* bite = word.find("bite");
        auto decoded = decode<Bite>(bite != nullptr ? *bite : Value::map());
        if (bite != nullptr && decoded) {
          BiteSeen seen;
          seen.injection = injection.ask.injection;
          seen.bite = std::move(*decoded);
          return say(0, seen);
        }
        const Error why =
            error_in(word).value_or(Error{Cause::Io, "its measurement is unreadable", {}});
        injection.gone = why.cause == Cause::Gone;
        unknown(why.message);
      },
      [unknown](bool late) {
        if (late) unknown("measuring took longer than " + human(bite_deadline));
      });
  if (started)
    injection.biting = std::move(*started);
  else
    unknown(started.error().message);
}

void Agent::poll_injections(Time now) {
  for (std::size_t i = 0; i < injections_.size(); ++i) {
    Injection& injection = *injections_[i];
    // Out of its place while its callbacks run: they may put the next one there.
    if (auto work = std::move(injection.work))
      if (work->poll(now) && !injection.work && !(injection.state == Injection::State::Over))
        injection.work = std::move(work);
    if (auto biting = std::move(injection.biting))
      if (biting->poll(now)) injection.biting = std::move(biting);
    if (injection.gone && injection.state == Injection::State::InForce)
      take_back_now(injection, "agent");
    if (injection.state == Injection::State::Stuck && now >= injection.retry_at)
      take_back_now(injection, injection.by);
    if (injection.state == Injection::State::InForce && !injection.biting &&
        now >= injection.next_bite)
      start_bite(injection, now);
  }
}

std::vector<std::string> Agent::left() const {
  std::vector<std::string> lines;
  for (const auto& injection : injections_)
    if (is_open(*injection) || !injection->result.left.empty())
      lines.push_back(injection->result.left.empty() ? fmt::format("{} on {}", injection->ask.fault,
                                                                   injection->ask.member.label)
                                                     : injection->result.left);
  return lines;
}

}  // namespace gunflint
