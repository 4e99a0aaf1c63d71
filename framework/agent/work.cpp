#include "agent/work.hpp"

#include <fmt/format.h>

#include "agent/recovery.hpp"
#include "host/rehearsal.hpp"

namespace gunflint {
namespace {

/// Says the result, or its error.
void say_result(OperationLink& link, const Result<Value>& result) {
  (void)link.say(result ? *result : error_word(result.error()));
}

Value word_of(const char* key, Value value) {
  Value word = Value::map();
  word.set(key, std::move(value));
  return word;
}

Result<const FaultKind*> known_fault(const std::string& name) {
  if (const FaultKind* fault = find_fault(name)) return fault;
  return fail(Cause::Unsupported, fmt::format("this agent (version {}) has no fault `{}`; use the "
                                              "agent of the same version as gunflint",
                                              GUNFLINT_VERSION, name));
}

Result<Value> examine(Host& real, const ExamineFault& ask) {
  GF_TRY_AS(const FaultKind* fault, known_fault(ask.fault));
  FaultExamined found;
  for (const auto& need : fault->needs(real.facts, ask.params)) found.needs.push_back(encode(need));
  found.keys = fault->touches(ask.member, ask.params);
  GF_TRY_AS(const Value saved, fault->observe(real, ask.member, ask.params));
  found.nothing_to_do = fault->no_effect(ask.params, saved);
  const Tag tag{"gf-rehearsal0"};
  Rehearsal rehearsal(real);
  if (auto done = fault->inject(rehearsal.host(), ask.member, ask.params, saved, tag); !done) {
    // Nobody of these is ever a victim: the plan is refused, as the run would be (rule 10).
    if (done.error().cause == Cause::NotPermitted) return fail(done.error());
    rehearsal.note("then it would fail: " + done.error().message);
  }
  found.actions = rehearsal.take_notes();
  if (auto done = fault->restore(rehearsal.host(), saved, tag); !done)
    rehearsal.note("then it would fail: " + done.error().message);
  found.undo = rehearsal.take_notes();
  return encode(found);
}

Result<Value> inject(OperationLink& link, Host& host, const Inject& ask) {
  GF_TRY_AS(const FaultKind* fault, known_fault(ask.fault));
  for (const auto& need : fault->needs(host.facts, ask.params))
    if (!need.present)
      return fail(Cause::Unsupported,
                  fmt::format("{} is missing on {}, needed {}; {}", need.what, host.facts.hostname,
                              need.why, need.fix.empty() ? "see `gunflint doctor`" : need.fix));
  GF_TRY_AS(const Value saved, fault->observe(host, ask.member, ask.params));
  Value observed = word_of("observed", saved);
  const std::string nothing = fault->no_effect(ask.params, saved);
  if (!nothing.empty()) return word_of("nothing", Value(nothing));
  GF_TRY(link.ask(observed));
  const Tag tag{ask.tag};
  GF_TRY(fault->inject(host, ask.member, ask.params, saved, tag));
  GF_TRY(link.say(word_of("injected", Value(true))));
  const Time end = host.clock.now() + 2s;
  for (;;) {
    auto bite = fault->bite(host, ask.member, ask.params, saved, tag);
    if (bite && bite->in_force) return word_of("bite", encode(*bite));
    if (host.clock.now() >= end) {
      if (!bite) return fail(std::move(bite).error());
      return word_of("bite", encode(*bite));
    }
    host.clock.sleep(20ms);
  }
}

}  // namespace

void find_work(OperationLink& link, AgentHost& agent, const FindMembers& ask) {
  const auto holders = make_asking_holders(link);
  Host host = agent.with(*holders);
  auto members = agent.find(host, ask.target);
  say_result(link, members ? Result<Value>(word_of("members", encode(*members)))
                           : fail(std::move(members).error()));
}

void watch_work(OperationLink& link, AgentHost& agent, const WatchTarget& ask) {
  const auto holders = make_asking_holders(link);
  Host host = agent.with(*holders);
  const auto watch = agent.watch(ask.target);
  if (!watch) {
    MembersSeen seen;
    seen.target = ask.target.name;
    seen.unknown = watch.error().message;
    (void)link.say(encode(seen));
    return;
  }
  Time next = host.clock.now();
  for (;;) {
    MembersSeen seen;
    seen.target = ask.target.name;
    if (auto states = (*watch)->look(host))
      seen.members = std::move(*states);
    else
      seen.unknown = states.error().message;
    seen.desired = (*watch)->desired();
    seen.restarts = (*watch)->restarts();
    if (!link.say(encode(seen))) return;
    next += ask.every;
    const Time now = host.clock.now();
    if (next < now) next = now;  // a slow look is not made up for by looking twice
    host.clock.sleep(next - now);
  }
}

void examine_work(OperationLink& link, AgentHost& agent, const ExamineFault& ask) {
  const auto holders = make_asking_holders(link);
  Host host = agent.with(*holders);
  say_result(link, examine(host, ask));
}

void inject_work(OperationLink& link, AgentHost& agent, const Inject& ask) {
  const auto holders = make_asking_holders(link);
  Host host = agent.with(*holders);
  say_result(link, inject(link, host, ask));
}

void bite_work(OperationLink& link, AgentHost& agent, const UndoRecord& record) {
  const auto holders = make_asking_holders(link);
  Host host = agent.with(*holders);
  auto fault = known_fault(record.fault);
  if (!fault) return say_result(link, fail(std::move(fault).error()));
  auto bite = (*fault)->bite(host, record.member, record.params, record.saved, Tag{record.tag});
  say_result(link,
             bite ? Result<Value>(word_of("bite", encode(*bite))) : fail(std::move(bite).error()));
}

void restore_work(OperationLink& link, AgentHost& agent, const UndoRecord& record) {
  const auto holders = make_asking_holders(link);
  Host host = agent.with(*holders);
  const TakenBack result = take_back(host, record);
  Value word = Value::map();
  word.set("verified", Value(result.verified));
  word.set("gone", Value(result.gone));
  word.set("conflict", Value(result.conflict));
  word.set("why", Value(result.why));
  (void)link.say(word);
}

void recover_work(OperationLink& link, AgentHost& agent, const std::string& folder,
                  const Recoverer& who) {
  auto report = recover_folder(agent, folder, who);
  say_result(link, report ? Result<Value>(encode(*report)) : fail(std::move(report).error()));
}

}  // namespace gunflint
