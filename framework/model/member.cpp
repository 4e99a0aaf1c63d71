#include "gunflint/model/target_spec.hpp"
#include "gunflint/model/undo.hpp"

namespace gunflint {

Fields<Member> Member::fields() {
  using T = Member;
  return {field("target", &T::target, "Target."),
          field("id", &T::id, "Identity."),
          field("label", &T::label, "For people."),
          field("pid", &T::pid, "0: the host itself."),
          field("start_time", &T::start_time, "Field 22 of /proc/pid/stat."),
          field("boot_id", &T::boot_id, "Boot of the host."),
          field("pid_namespace", &T::pid_namespace, "Inode."),
          field("cgroups", &T::cgroups, "Controller to path."),
          field("address", &T::address, "${member.host}"),
          field("ports", &T::ports, "TCP ports it listens on."),
          field("with", &T::with, "Further ${member.<key>}.")};
}

namespace {
std::optional<std::string> value_of(const std::string& key, const Member& member) {
  if (key == "host" && !member.address.empty()) return member.address;
  if (key == "port" && !member.ports.empty()) return std::to_string(member.ports.front());
  if (key == "pid" && member.pid != 0) return std::to_string(member.pid);
  if (key == "id") return member.id;
  if (key == "label") return member.label;
  const auto found = member.with.find(key);
  if (found == member.with.end()) return std::nullopt;
  return found->second;
}
}  // namespace

Result<std::string> expand_member(const std::string& text, const Member& member) {
  static constexpr std::string_view opening = "${member.";
  std::string out;
  for (std::size_t at = 0;;) {
    const auto begin = text.find(opening, at);
    const auto end = begin == std::string::npos ? begin : text.find('}', begin);
    if (end == std::string::npos) return out + text.substr(at);
    const std::string key = text.substr(begin + opening.size(), end - begin - opening.size());
    const auto value = value_of(key, member);
    if (!value)
      return fail(Cause::BadInput, "member " + member.label + " has no value for ${member." + key +
                                       "}; write it out, or add it under `with:` of the target");
    out += text.substr(at, begin - at) + *value;
    at = end + 1;
  }
}

Fields<MemberState> MemberState::fields() {
  using T = MemberState;
  return {field("member", &T::member, "Who.").required(),
          field("alive", &T::alive, "Exists."),
          field("ready", &T::ready, "Passes its readiness check."),
          field("cpu", &T::cpu, "Share."),
          field("memory", &T::memory, "Share."),
          field("queue", &T::queue, "Accept queue.")};
}

Fields<UndoRecord> UndoRecord::fields() {
  using T = UndoRecord;
  return {field("format", &T::format, "Version of the record.").required(),
          field("run", &T::run, "Run."),
          field("injection", &T::injection, "Id.").required(),
          field("fault", &T::fault, "Fault type.").required(),
          field("version", &T::version, "Version of the agent."),
          field("tag", &T::tag, "Tag.").required(),
          field("uid", &T::uid, "User of the agent."),
          field("boot_id", &T::boot_id, "Boot."),
          field("member", &T::member, "Member."),
          field("keys", &T::keys, "Touched resources."),
          field("params", &T::params, "Its fields."),
          field("saved", &T::saved, "The state before."),
          field("deadline_boottime_ns", &T::deadline_boottime_ns, "When it ends by itself.")};
}

}  // namespace gunflint
