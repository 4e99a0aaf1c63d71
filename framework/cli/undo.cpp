// recover, status: what a person asks about things that are, or were left, in force. And the agent
// beside the coordinator, `gunflint api-agent`.
#include <algorithm>
#include <cstdio>

#include <unistd.h>

#include <fmt/format.h>

#include "agent/agent_main.hpp"
#include "agent/undo_desk.hpp"
#include "cli/commands.hpp"
#include "cli/complain.hpp"
#include "cli/crew_parts.hpp"
#include "cli/undo.hpp"
#include "engine/dead_runs.hpp"
#include "gunflint/concepts/target.hpp"
#include "holder/holder.hpp"
#include "host/fd.hpp"
#include "host/http_curl.hpp"
#include "host/network_real.hpp"

namespace gunflint {
namespace {

/// Everything that this binary can take back: of hosts and of APIs.
AgentParts desk_parts() {
  AgentParts parts;
  parts.every_place = true;
  parts.self = {"gunflint", "api-agent"};
  parts.network = [](RealHost& real) { return make_real_network(*real.processes); };
  parts.http = [] { return std::make_unique<CurlHttp>(); };
  return parts;
}

Value as_document(const LedgerStatus& status) {
  Value v = Value::map();
  v.set("agent", Value(status.agent));
  v.set("run", Value(status.run));
  v.set("place", Value(status.place));
  v.set("pid", Value(status.owner));
  v.set("ledger", Value(status.path));
  if (!status.problem.empty()) v.set("problem", Value(status.problem));
  Value open = Value::list();
  for (const auto& undo : status.open) open.push(encode(undo));
  v.set("open", std::move(open));
  Value conflicts = Value::list();
  for (const auto& conflict : status.conflicts) conflicts.push(encode(conflict.undo));
  v.set("conflicts", std::move(conflicts));
  return v;
}

std::string ends_in(const UndoRecord& undo) {
  if (undo.deadline_boottime_ns == 0) return "until it is taken back";
  const Duration left = Duration(undo.deadline_boottime_ns) - boottime_now();
  return left > Duration::zero() ? "ends in " + human(left) : "its time is over";
}

void print_status(const LedgerStatus& status) {
  if (!status.problem.empty()) std::puts(status.problem.c_str());
  if (status.agent.empty() && status.open.empty()) return;
  std::puts(
      fmt::format("run {}: {} agent {}", status.run, status.place,
                  status.owner != 0 ? fmt::format("at work (pid {})", status.owner) : "is dead")
          .c_str());
  for (const auto& undo : status.open)
    std::puts(fmt::format("  in force: {} on {}, {}", undo.fault,
                          undo.member.label.empty() ? undo.member.id : undo.member.label,
                          ends_in(undo))
                  .c_str());
  for (const auto& conflict : status.conflicts)
    std::puts(fmt::format("  left: {} on {}: {}; `gunflint recover` closes its record",
                          conflict.undo.fault,
                          conflict.undo.member.label.empty() ? conflict.undo.member.id
                                                             : conflict.undo.member.label,
                          conflict.why)
                  .c_str());
  if (status.open.empty() && status.conflicts.empty() && status.problem.empty())
    std::puts("  nothing is in force");
}

}  // namespace

Result<RecoveryReport> recover_here(bool everybody) {
  const AgentParts parts = desk_parts();
  AgentHost host(parts);
  return recover_machine(host, everybody, "recovery");
}

/// First the agents of dead runs, in the way they were opened; then what else lies in ledgers.
int recover_command(const RecoverOptions& options) {
  const CrewParts parts = crew_parts({});
  const Visitor visitor{parts.agent_argv, parts.admit, options.all};
  const auto visits = visit_dead_runs(options.out, visitor);
  if (!visits)
    return complain("recover", visits.error().message, Outcome::UndoIncomplete, options.json);
  const bool clean =
      std::all_of(visits->begin(), visits->end(), [](const Visit& v) { return v.left.empty(); });
  if (!options.json) std::fputs(visits_text(*visits).c_str(), stdout);
  const auto report = recover_here(options.all);
  if (!report)
    return complain("recover", report.error().message, Outcome::UndoIncomplete, options.json);
  // What was told now, and nobody takes back, is known to the journals of its runs from here on.
  if (std::any_of(report->left.begin(), report->left.end(),
                  [](const LeftOver& left) { return left.settled; }))
    (void)visit_dead_runs(options.out, visitor);
  if (options.json) {
    Value all = encode(*report);
    all.set("visits", encode(*visits));
    std::puts(to_json(all).c_str());
  } else if (visits->empty() || !report->done.empty() || !report->left.empty() ||
             report->alive > 0) {
    std::fputs(recovery_text(*report).c_str(), stdout);
  }
  return exit_code(clean && report->clean() ? Outcome::Held : Outcome::UndoIncomplete);
}

int status_command(const StatusOptions& options) {
  const auto all = look_at_ledgers();
  if (!all) return complain("status", all.error().message, Outcome::ToolError, options.json);
  Value list = Value::list();
  bool dead_and_open = false;
  for (const auto& status : *all) {
    dead_and_open = dead_and_open || (status.owner == 0 && !status.open.empty());
    if (options.json)
      list.push(as_document(status));
    else
      print_status(status);
  }
  if (options.json)
    std::puts(to_json(list).c_str());
  else if (all->empty())
    std::puts("nothing is in force, and no agent of this user is at work");
  if (dead_and_open && !options.json)
    std::puts("What dead agents left is taken back by `gunflint recover`.");
  if (!options.json && ::geteuid() != 0)
    std::puts("Agents that run as root are shown by `sudo gunflint status`.");
  return exit_code(Outcome::Held);
}

int api_agent_command(const ApiAgentOptions& options) {
  if (options.words.size() == 2 && options.words[0] == "holder")
    return holder_main(options.words[1]);
  AgentParts parts;
  parts.place = Place::Api;
  parts.self = {"gunflint", "api-agent"};
  parts.http = [] { return std::make_unique<CurlHttp>(); };
  return agent_main(parts);
}

}  // namespace gunflint
