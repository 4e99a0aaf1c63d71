#include "gunflint/model/event.hpp"

#include <fmt/format.h>

namespace gunflint {

Fields<Bite> Bite::fields() {
  return {field("in_force", &Bite::in_force, "The promised state is in force."),
          field("sentence", &Bite::sentence, "What was measured, for people."),
          field("asked", &Bite::asked, "The asked magnitude."),
          field("got", &Bite::got, "The measured magnitude.")};
}

Fields<RunStarted> RunStarted::fields() {
  using T = RunStarted;
  return {field("run", &T::run, "Id of the run.").required(),
          field("series", &T::series, "Id of the series the run belongs to."),
          field("trial", &T::trial, "Number of the run in its series."),
          field("name", &T::name, "Name of the experiment."),
          field("file", &T::file, "Its file, as given."),
          field("version", &T::version, "Version of gunflint."),
          field("host", &T::host, "Where the coordinator ran."),
          field("seed", &T::seed, "Seed of every draw."),
          field("experiment_text", &T::experiment_text, "The file as written."),
          field("experiment", &T::experiment,
                "The experiment with every name resolved, secrets redacted."),
          field("plan", &T::plan, "What was going to happen.")};
}
Fields<LoadStarted> LoadStarted::fields() { return {}; }
Fields<StageStarted> StageStarted::fields() {
  return {field("load", &StageStarted::load, "Load."),
          field("stage", &StageStarted::stage, "Stage.")};
}
Fields<PhaseStarted> PhaseStarted::fields() {
  return {field("phase", &PhaseStarted::phase, "before, fault, recovery, after or drain.")};
}
Fields<GatePassed> GatePassed::fields() { return {}; }
Fields<GateFailed> GateFailed::fields() {
  return {field("why", &GateFailed::why, "Which hypothesis, and its value.")};
}
Fields<SecondClosed> SecondClosed::fields() {
  return {field("second", &SecondClosed::second, "Nothing more comes for seconds up to this one.")
              .required()};
}
Fields<Drained> Drained::fields() { return {}; }

Fields<AgentOpened> AgentOpened::fields() {
  using T = AgentOpened;
  return {field("agent", &T::agent, "Key of the agent in this run."),
          field("host", &T::host, "Its host."), field("how", &T::how, "How to reach it again.")};
}
Fields<AgentClosed> AgentClosed::fields() {
  return {field("agent", &AgentClosed::agent, "Key of the agent."),
          field("clean", &AgentClosed::clean, "Its ledger holds no open record.")};
}
Fields<AgentLost> AgentLost::fields() {
  return {field("agent", &AgentLost::agent, "Key of the agent."),
          field("why", &AgentLost::why, "How it was lost.")};
}

Fields<SliceTaken> SliceTaken::fields() {
  return {field("slice", &SliceTaken::slice, "One second of one load from one worker.").required()};
}
Fields<ReadingTaken> ReadingTaken::fields() {
  using T = ReadingTaken;
  return {field("probe", &T::probe, "Which probe.").required(),
          field("series", &T::series, "Value of each series."), field("text", &T::text, "Body."),
          field("unknown", &T::unknown, "Why there is no value.")};
}
Fields<TargetSeen> TargetSeen::fields() {
  using T = TargetSeen;
  return {
      field("target", &T::target, "Target.").required(),
      field("ready", &T::ready, "Members alive and ready."),
      field("desired", &T::desired, "Members wanted by the orchestrator, else ready at the gate."),
      field("restarts", &T::restarts, "Restarts and replacements so far."),
      field("members", &T::members, "States, when the set changed and every 10 s."),
      field("cpu", &T::cpu, "Mean share of the limit or host."),
      field("memory", &T::memory, "Mean share of the limit or host."),
      field("queue", &T::queue, "Mean accept queue length."),
      field("unknown", &T::unknown, "Why it could not be seen.")};
}

Fields<FaultStarted> FaultStarted::fields() {
  using T = FaultStarted;
  return {field("fault", &T::fault, "Fault.").required(),
          field("repetition", &T::repetition, "From 0."),
          field("members", &T::members, "Ids of the members drawn.")};
}
Fields<FaultWaiting> FaultWaiting::fields() {
  return {field("fault", &FaultWaiting::fault, "Fault.").required(),
          field("condition", &FaultWaiting::condition, "What it waits for.")};
}
Fields<FaultSkipped> FaultSkipped::fields() {
  using T = FaultSkipped;
  return {field("fault", &T::fault, "Fault.").required(),
          field("why", &T::why, "Why it was left out."),
          field("counts", &T::counts, "Makes the run inconclusive.")};
}
Fields<Injected> Injected::fields() {
  using T = Injected;
  return {field("injection", &T::injection, "Id of the injection.").required(),
          field("fault", &T::fault, "Fault."), field("member", &T::member, "Member id."),
          field("label", &T::label, "Member, for people."),
          field("bite", &T::bite, "First measured effect.")};
}
Fields<InjectionFailed> InjectionFailed::fields() {
  using T = InjectionFailed;
  return {field("injection", &T::injection, "Id of the injection."),
          field("fault", &T::fault, "Fault."), field("member", &T::member, "Member id."),
          field("why", &T::why, "What went wrong."),
          field("cause", &T::cause, "Cause, as in error values.")};
}
Fields<BiteRead> BiteRead::fields() {
  return {field("injection", &BiteRead::injection, "Id of the injection.").required(),
          field("bite", &BiteRead::bite, "Measured effect.")};
}
Fields<BiteLost> BiteLost::fields() {
  return {field("injection", &BiteLost::injection, "Id of the injection.").required(),
          field("why", &BiteLost::why, "What is known.")};
}
Fields<Undone> Undone::fields() {
  using T = Undone;
  return {field("injection", &T::injection, "Id of the injection.").required(),
          field("fault", &T::fault, "Fault."),
          field("member", &T::member, "Member id."),
          field("verified", &T::verified, "Looked again: the old state is back."),
          field("gone", &T::gone, "The member no longer exists."),
          field("why", &T::why, "Why not verified."),
          field("by", &T::by, "Who took it back: agent, guardian, recovery, deadline.")};
}
Fields<FaultEnded> FaultEnded::fields() {
  return {field("fault", &FaultEnded::fault, "Fault.").required()};
}
Fields<LeftBehind> LeftBehind::fields() {
  using T = LeftBehind;
  return {field("injection", &T::injection, "Id of the injection."),
          field("fault", &T::fault, "Fault."), field("member", &T::member, "Member id."),
          field("what", &T::what, "What is still there."),
          field("command", &T::command, "What removes it.")};
}
Fields<LeftChanged> LeftChanged::fields() {
  return {field("fault", &LeftChanged::fault, "Fault."),
          field("member", &LeftChanged::member,
                "Member id; empty: the target could not be seen at the end, nobody knows."),
          field("what", &LeftChanged::what, "What the system did not heal.")};
}

Fields<HypothesisTurned> HypothesisTurned::fields() {
  using T = HypothesisTurned;
  return {field("hypothesis", &T::hypothesis, "Hypothesis.").required(),
          field("state", &T::state, "green, red or unknown."),
          field("value", &T::value, "Measured value."),
          field("second", &T::second, "The second of the run that it speaks of.")};
}
Fields<RecoveredEvent> RecoveredEvent::fields() {
  using T = RecoveredEvent;
  return {field("fault", &T::fault, "Fault."),
          field("took_s", &T::took_s, "Seconds from all clear."), field("ok", &T::ok, "In time.")};
}
Fields<ReactionDecided> ReactionDecided::fields() {
  using T = ReactionDecided;
  return {field("reaction", &T::reaction, "Reaction.").required(),
          field("met", &T::met, "In time."),
          field("took_s", &T::took_s, "Seconds from its start moment.")};
}
Fields<GuardTripped> GuardTripped::fields() {
  return {field("guard", &GuardTripped::guard, "Guard.").required(),
          field("why", &GuardTripped::why, "Its value.")};
}
Fields<Signalled> Signalled::fields() {
  return {field("signal", &Signalled::signal, "Signal number.").required()};
}
Fields<ClockJumped> ClockJumped::fields() {
  return {field("by_s", &ClockJumped::by_s, "Seconds by which the clocks differ.")};
}
Fields<ToolFailed> ToolFailed::fields() { return {field("why", &ToolFailed::why, "What failed.")}; }
Fields<Note> Note::fields() {
  return {field("level", &Note::level, "info or warning."),
          field("text", &Note::text, "One sentence.")};
}
Fields<VerdictReached> VerdictReached::fields() {
  return {field("verdict", &VerdictReached::verdict, "What follows.").required()};
}
Fields<RunEnded> RunEnded::fields() {
  return {field("exit", &RunEnded::exit, "Exit code.").required()};
}

Value encode(const Event& event) {
  Value line = Value::map();
  line.set("n", Value(event.sequence));
  line.set("at", Value(static_cast<std::int64_t>(event.at.count())));
  line.set("wall", Value(print(event.wall)));
  Value what = encode(event.what);
  for (auto& entry : what.entries()) line.entries().push_back(std::move(entry));
  return line;
}

Result<Event> decode_event(const Value& value) {
  if (!value.is_map()) return fail(Cause::BadInput, "an event is a map");
  Event event;
  event.sequence = static_cast<std::uint64_t>(value.integer_or("n"));
  event.at = Duration(value.integer_or("at"));
  if (auto wall = parse_wall_time(value.text_or("wall"))) event.wall = *wall;
  Value what = Value::map();
  for (const auto& entry : value.entries())
    if (entry.key != "n" && entry.key != "at" && entry.key != "wall")
      what.entries().push_back(entry);
  GF_TRY_AS(event.what, decode<Happening>(what));
  return event;
}

}  // namespace gunflint
