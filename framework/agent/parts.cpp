#include "agent/parts.hpp"

#include "host/no_http.hpp"

namespace gunflint {

AgentHost::AgentHost(const AgentParts& parts)
    : parts_(parts),
      network_(parts.network ? parts.network(real_) : make_no_network()),
      http_(parts.http ? parts.http() : std::make_unique<NoHttp>()) {}

Result<std::vector<Member>> AgentHost::find(Host& host, const TargetSpec& spec) const {
  if (parts_.find != nullptr) return parts_.find(host, spec);
  return fail(Cause::Unsupported, "this agent finds no members, so " + spec.name +
                                      " was not looked for; ask the agent on its host");
}

Result<std::unique_ptr<MemberWatch>> AgentHost::watch(const TargetSpec& spec) const {
  if (parts_.watch != nullptr) return parts_.watch(spec);
  return fail(Cause::Unsupported, "this agent watches no members, so " + spec.name +
                                      " is not watched; ask the agent on its host");
}

}  // namespace gunflint
