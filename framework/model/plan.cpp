#include "gunflint/model/plan.hpp"

#include <algorithm>

namespace gunflint {

Fields<PlannedStage> PlannedStage::fields() {
  using T = PlannedStage;
  return {field("load", &T::load, "Load."),
          field("stage", &T::stage, "Stage."),
          field("begin", &T::begin, "Start, since t = 0."),
          field("end", &T::end, "End, since t = 0."),
          field("from_rate", &T::from_rate, "Journeys per second at the start."),
          field("to_rate", &T::to_rate, "Journeys per second at the end."),
          field("users", &T::users, "Users of a closed loop."),
          field("replay", &T::replay, "The log whose requests are sent, in words."),
          field("timed", &T::timed, "The log says when."),
          field("last", &T::last, "Held until everything is decided.")};
}
Fields<PlannedInjection> PlannedInjection::fields() {
  using T = PlannedInjection;
  return {field("member", &T::member, "Member id."),
          field("label", &T::label, "Member, for people."),
          field("agent", &T::agent, "Which agent acts."),
          field("actions", &T::actions, "What is done, exactly."),
          field("undo", &T::undo, "What takes it back, exactly."),
          field("keys", &T::keys, "Resources touched."),
          field("missing", &T::missing, "Needs that are absent."),
          field("nothing_to_do", &T::nothing_to_do, "Why nothing would change.")};
}
Fields<PlannedFault> PlannedFault::fields() {
  using T = PlannedFault;
  return {field("name", &T::name, "Name."),
          field("type", &T::type, "Fault type."),
          field("target", &T::target, "Target."),
          field("when", &T::when, "Start, in words."),
          field("whom", &T::whom, "Pick, in words."),
          field("start", &T::start, "Earliest start."),
          field("latest_start", &T::latest_start, "Latest start."),
          field("end", &T::end, "End, since t = 0."),
          field("latest_end", &T::latest_end, "Latest end."),
          field("repetitions", &T::repetitions, "Most repetitions; 0: as many as fit."),
          field("members_found", &T::members_found, "Members right now."),
          field("members_hit", &T::members_hit, "Members picked."),
          field("instant", &T::instant, "Its act has no duration."),
          field("healing", &T::healing, "Who heals it."),
          field("injections", &T::injections, "One per member.")};
}
Fields<PlannedHypothesis> PlannedHypothesis::fields() {
  using T = PlannedHypothesis;
  return {field("name", &T::name, "Name."), field("of", &T::of, "What it looks at."),
          field("limit", &T::limit, "Its condition."),
          field("red_from", &T::red_from, "How many bad samples make a window red.")};
}
Fields<PlannedTarget> PlannedTarget::fields() {
  using T = PlannedTarget;
  return {field("name", &T::name, "Name."), field("kind", &T::kind, "Kind."),
          field("members", &T::members, "Labels of the members."),
          field("trouble", &T::trouble, "Why it could not be asked.")};
}
Fields<PlannedAgent> PlannedAgent::fields() {
  using T = PlannedAgent;
  return {field("key", &T::key, "Key of the agent."), field("why", &T::why, "Why it is needed."),
          field("argv", &T::argv, "How it is started.")};
}
Fields<PlanNote> PlanNote::fields() {
  using T = PlanNote;
  return {field("kind", &T::kind, "Kind."),
          field("fault", &T::fault, "Fault."),
          field("sentence", &T::sentence, "What is so."),
          field("fix", &T::fix, "What to do."),
          field("file", &T::file, "File."),
          field("line", &T::line, "Line.")};
}
Fields<Plan> Plan::fields() {
  using T = Plan;
  return {field("experiment", &T::experiment, "Name of the experiment."),
          field("seed", &T::seed, "Seed of every draw."),
          field("gate", &T::gate, "Length of the gate."),
          field("first_injection", &T::first_injection, "Earliest injection."),
          field("shortest", &T::shortest, "Shortest length."),
          field("longest", &T::longest, "Longest length."),
          field("hard_stop", &T::hard_stop, "When the run ends whatever happens."),
          field("journeys", &T::journeys, "Journeys due over the stages."),
          field("stages", &T::stages, "Stages."),
          field("faults", &T::faults, "Faults."),
          field("hypotheses", &T::hypotheses, "Hypotheses."),
          field("targets", &T::targets, "Targets."),
          field("agents", &T::agents, "Agents."),
          field("probes", &T::probes, "What is asked."),
          field("notes", &T::notes, "What to know.")};
}

int Plan::exit() const {
  const auto has = [&](std::string_view kind) {
    return std::any_of(notes.begin(), notes.end(), [&](const auto& n) { return n.kind == kind; });
  };
  return has("error") ? 2 : has("missing") ? 6 : has("absent") ? 3 : 0;
}

}  // namespace gunflint
