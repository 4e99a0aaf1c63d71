// What agents are asked before anything begins: members, and what each fault would do to them.
#include <unistd.h>

#include "engine/coordinator.hpp"

namespace gunflint {

Inventory take_inventory(Crew& crew, const Experiment& experiment, const FindKind& find,
                         std::uint64_t seed, bool we_are_root) {
  Inventory inventory;
  inventory.asked = true;
  for (const auto& target : experiment.targets) {
    auto members = crew.find_members("local", target);
    if (members)
      inventory.members[target.name] = std::move(*members);
    else if (members.error().cause == Cause::Gone)
      inventory.members[target.name] = {};
    else
      inventory.trouble[target.name] = members.error().message;
    if (const auto found = inventory.members.find(target.name);
        found != inventory.members.end() && found->second.empty())
      if (auto near = crew.nearby(target); !near.empty())
        inventory.near[target.name] = std::move(near);
  }
  for (const auto& hit : would_hit(experiment, inventory, seed)) {
    const FaultKind* kind = find(hit.drawn->type);
    if (!kind) continue;
    Inventory::Examination examination;
    examination.fault = hit.fault->name;
    examination.member = hit.member;
    examination.agent = agent_for(*kind, hit.drawn->params, we_are_root);
    auto examined =
        crew.examine(examination.agent, {hit.drawn->type, hit.drawn->params, hit.member});
    if (examined)
      examination.examined = std::move(*examined);
    else
      examination.trouble = examined.error().message;
    inventory.examined.push_back(std::move(examination));
  }
  return inventory;
}

std::map<std::string, TargetLooked> first_looks(Inbox& inbox, const Experiment& experiment,
                                                const std::function<bool(const Arrived&)>& each) {
  std::map<std::string, TargetLooked> looks;
  const Time until = monotonic_now() + 5s;
  while (looks.size() < experiment.targets.size() && monotonic_now() < until) {
    const auto arrived = inbox.take(until);
    if (!arrived) break;
    if (const auto* look = std::get_if<TargetLooked>(&arrived->input))
      looks.insert_or_assign(look->seen.target, *look);
    if (!each(*arrived)) break;
  }
  return looks;
}

namespace {

/// Only of targets that say when a member is ready: every other one was found alive.
void look_at_readiness(Crew& crew, Inbox& inbox, Experiment asked, Inventory& inventory) {
  std::erase_if(asked.targets, [&](const TargetSpec& target) {
    const auto members = inventory.members.find(target.name);
    return target.ready.empty() || members == inventory.members.end() || members->second.empty() ||
           !crew.watch("local", target);
  });
  for (auto& [target, look] : first_looks(inbox, asked, [](const Arrived& a) {
         return !std::holds_alternative<AgentGone>(a.input);
       }))
    if (look.seen.unknown.empty()) inventory.states[target] = std::move(look.seen.members);
}

}  // namespace

Plan ask_and_plan(const Experiment& experiment, const FindKind& find, CrewParts parts,
                  std::uint64_t seed) {
  const bool root = ::geteuid() == 0;
  Inbox inbox;
  const auto admit = parts.admit;
  Crew crew(std::move(parts), inbox, "plan", 10s);
  Inventory inventory;
  for (const auto& [key, why] : agents_for(experiment, find, root))
    if (auto admitted = admit(key); !admitted)
      inventory.trouble["agent " + key] = admitted.error().message;
    else if (auto opened = crew.open_agent(key); !opened)
      inventory.trouble["agent " + key] = opened.error().message;
  if (inventory.trouble.empty()) {
    inventory = take_inventory(crew, experiment, find, seed, root);
    look_at_readiness(crew, inbox, experiment, inventory);
  }
  crew.start(CloseAgents{});
  for (Time until = monotonic_now() + 5s; monotonic_now() < until;) {
    const auto arrived = inbox.take(until);
    if (!arrived || std::holds_alternative<AgentDone>(arrived->input)) break;
  }
  return make_plan(experiment, find, inventory, seed, root);
}

}  // namespace gunflint
