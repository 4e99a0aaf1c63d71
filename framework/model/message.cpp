#include "gunflint/model/message.hpp"

namespace gunflint {

Fields<Hello> Hello::fields() {
  using T = Hello;
  return {field("protocol", &T::protocol, "Version of the protocol.").required(),
          field("version", &T::version, "Version of the coordinator."),
          field("run", &T::run, "Run."),
          field("lease", &T::lease, "Longest silence."),
          field("recover_only", &T::recover_only, "Take back what is open and end."),
          field("instead_of", &T::instead_of, "Id of a lost agent.")};
}
Fields<FindMembers> FindMembers::fields() {
  return {field("target", &FindMembers::target, "Target.").required()};
}
Fields<WatchTarget> WatchTarget::fields() {
  return {field("target", &WatchTarget::target, "Target.").required(),
          field("every", &WatchTarget::every, "Interval.")};
}
Fields<ExamineFault> ExamineFault::fields() {
  using T = ExamineFault;
  return {field("fault", &T::fault, "Fault.").required(),
          field("params", &T::params, "Its fields."), field("member", &T::member, "Member.")};
}
Fields<Inject> Inject::fields() {
  using T = Inject;
  return {field("injection", &T::injection, "Id.").required(),
          field("fault", &T::fault, "Fault type.").required(),
          field("tag", &T::tag, "Tag of everything created.").required(),
          field("params", &T::params, "Its fields."),
          field("member", &T::member, "Member."),
          field("lasting", &T::lasting, "Deadline from now."),
          field("on_disconnect", &T::on_disconnect, "What a lost coordinator means."),
          field("lease", &T::lease, "Longest silence for this one; 0: the agent's.")};
}
Fields<Restore> Restore::fields() {
  return {field("injection", &Restore::injection, "Id.").required()};
}
Fields<Beat> Beat::fields() { return {}; }
Fields<Bye> Bye::fields() { return {}; }

Fields<Settled> Settled::fields() {
  using T = Settled;
  return {field("injection", &T::injection, "Id.").required(), field("fault", &T::fault, "Type."),
          field("member", &T::member, "On whom."), field("what", &T::what, "What stays and why.")};
}
Fields<Welcome> Welcome::fields() {
  using T = Welcome;
  return {field("protocol", &T::protocol, "Version of the protocol.").required(),
          field("version", &T::version, "Version of the agent."),
          field("agent", &T::agent, "Its ledger."),
          field("facts", &T::facts, "What the machine is and can do."),
          field("recovered", &T::recovered, "Records of dead agents taken back."),
          field("done", &T::done, "What was taken back."),
          field("left", &T::left, "What could not be taken back."),
          field("settled", &T::settled, "What a person was told and nobody takes back.")};
}
Fields<MembersFound> MembersFound::fields() {
  return {field("target", &MembersFound::target, "Target."),
          field("members", &MembersFound::members, "Members.")};
}
Fields<MembersSeen> MembersSeen::fields() {
  using T = MembersSeen;
  return {field("target", &T::target, "Target."), field("members", &T::members, "States."),
          field("desired", &T::desired, "Wanted by the orchestrator."),
          field("restarts", &T::restarts, "So far."),
          field("unknown", &T::unknown, "Why it could not be seen.")};
}
Fields<FaultExamined> FaultExamined::fields() {
  using T = FaultExamined;
  return {field("needs", &T::needs, "What the host must have."),
          field("keys", &T::keys, "Touched resources."),
          field("actions", &T::actions, "What inject would do."),
          field("undo", &T::undo, "What restore would do."),
          field("nothing_to_do", &T::nothing_to_do, "Why there is nothing to change.")};
}
Fields<InjectDone> InjectDone::fields() {
  using T = InjectDone;
  return {field("injection", &T::injection, "Id.").required(),
          field("bite", &T::bite, "First measured effect."),
          field("nothing_to_do", &T::nothing_to_do, "Why nothing was changed.")};
}
Fields<BiteSeen> BiteSeen::fields() {
  using T = BiteSeen;
  return {field("injection", &T::injection, "Id.").required(),
          field("bite", &T::bite, "Measured effect."),
          field("unknown", &T::unknown, "Why it could not be measured.")};
}
Fields<RestoreDone> RestoreDone::fields() {
  using T = RestoreDone;
  return {field("injection", &T::injection, "Id.").required(),
          field("verified", &T::verified, "Looked again."),
          field("gone", &T::gone, "The member is no more."),
          field("why", &T::why, "Why not verified."),
          field("by", &T::by, "Who took it back."),
          field("left", &T::left, "What stays."),
          field("command", &T::command, "What removes it.")};
}
Fields<BeatBack> BeatBack::fields() {
  return {field("monotonic_ns", &BeatBack::monotonic_ns, "CLOCK_MONOTONIC of the host."),
          field("wall_ns", &BeatBack::wall_ns, "CLOCK_REALTIME of the host.")};
}
Fields<Closed> Closed::fields() {
  return {field("clean", &Closed::clean, "No open record."),
          field("left", &Closed::left, "What is open."),
          field("why", &Closed::why, "What ended the agent; empty: it was asked.")};
}
Fields<Failed> Failed::fields() {
  using T = Failed;
  return {field("cause", &T::cause, "Cause."), field("message", &T::message, "Why."),
          field("injection", &T::injection, "Id.")};
}

}  // namespace gunflint
