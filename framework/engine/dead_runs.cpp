#include "engine/dead_runs.hpp"

#include <algorithm>
#include <fstream>
#include <set>

#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "engine/agent_link.hpp"
#include "engine/journal.hpp"
#include "gunflint/model/plan.hpp"
#include "host/host_name.hpp"

namespace gunflint {
namespace {

/// A guardian may still hold the ledger of an agent that has just died.
constexpr int attempts = 6;
constexpr Duration pause_between = 400ms;

/// Most runs ended by themselves; their last line says so, and the rest need not be read.
bool ended_clean(const std::string& journal) {
  std::ifstream in(journal, std::ios::binary | std::ios::ate);
  const auto size = static_cast<std::int64_t>(in.tellg());
  const std::int64_t from = std::max<std::int64_t>(0, size - 4096);
  std::string tail(static_cast<std::size_t>(std::max<std::int64_t>(0, size - from)), '\0');
  in.seekg(from);
  in.read(tail.data(), static_cast<std::streamsize>(tail.size()));
  if (!in || tail.empty() || tail.back() != '\n') return false;
  tail.pop_back();
  const auto event = parse_journal_line(std::string_view(tail).substr(tail.rfind('\n') + 1));
  const auto* ended = event ? std::get_if<RunEnded>(&event->what) : nullptr;
  return ended != nullptr && ended->exit != exit_code(Outcome::UndoIncomplete);
}

/// Whose run it was; none when the journal cannot be seen.
std::optional<uid_t> owner_of(const std::string& journal) {
  struct stat state {};
  if (::stat(journal.c_str(), &state) != 0) return std::nullopt;
  return state.st_uid;
}

/// Ledgers lie with the user whose run it was: nobody else's agent sees whether anything is left.
std::string why_not_by_us(const std::string& journal, const std::string& agent) {
  const auto owner = owner_of(journal);
  if (!owner)
    return fmt::format("the owner of {} cannot be seen; run `gunflint recover` again", journal);
  // An agent of root's is opened through sudo, whoever asks.
  if (*owner == ::geteuid() || (agent == "root" && ::geteuid() == 0)) return {};
  return fmt::format("agent `{}` ran for user {}, and this is user {}; run {}", agent, *owner,
                     ::geteuid(),
                     *owner == 0 ? "`sudo gunflint recover`" : "`gunflint recover` as that user");
}

/// Empty: it can be opened again from here.
std::string why_not(const AgentOpened& opened) {
  if (opened.agent != "local" && opened.agent != "root" && opened.agent != "api")
    return fmt::format(
        "agent `{}` is reached in a way that this version does not know; run "
        "`gunflint-agent recover` on its host",
        opened.agent);
  if (opened.host != host_name())
    return fmt::format(
        "agent `{}` ran on the host {}, and this is {}; run `gunflint recover` there", opened.agent,
        opened.host, host_name());
  return {};
}

Visit visit(const RunFolder& run, const AgentOpened& opened, const Visitor& visitor) {
  Visit result;
  result.run = run.id;
  result.agent = opened.agent;
  std::string why = why_not(opened);
  if (why.empty()) why = why_not_by_us(run.journal(), opened.agent);
  if (!why.empty()) {
    result.left = {std::move(why)};
    return result;
  }
  if (auto admitted = visitor.admit(opened.agent); !admitted) {
    result.left = {admitted.error().message};
    return result;
  }
  Hello hello;
  hello.version = GUNFLINT_VERSION;
  hello.run = run.id;
  hello.recover_only = true;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    if (attempt > 0) std::this_thread::sleep_for(pause_between * attempt);
    result.left.clear();
    auto link = AgentLink::open(visitor.agent_argv(opened.agent), hello);
    if (!link) {
      result.left = {link.error().message};
      continue;
    }
    const Welcome& welcome = (*link)->welcome();
    if (auto noted = note_settled(run.journal(), welcome.settled); !noted) {
      result.left = {"its journal could not be told what stays: " + noted.error().message};
      return result;  // without a farewell: the agent keeps what it knows
    }
    result.done.insert(result.done.end(), welcome.done.begin(), welcome.done.end());
    result.left = welcome.left;
    if (auto closed = (*link)->farewell(20s); closed && !closed->clean)
      result.left.insert(result.left.end(), closed->left.begin(), closed->left.end());
    if (result.left.empty()) break;
  }
  if (!result.left.empty()) return result;
  result.closed = true;
  if (auto noted = append_to_journal(run.journal(), AgentClosed{opened.agent, true}); !noted)
    result.left = {"nothing is left of it, but its journal could not be told so: " +
                   noted.error().message};
  return result;
}

}  // namespace

Fields<Visit> Visit::fields() {
  using T = Visit;
  return {field("run", &T::run, "Of which dead run."), field("agent", &T::agent, "Which agent."),
          field("closed", &T::closed, "Nothing of it is left."),
          field("done", &T::done, "Taken back."),
          field("left", &T::left, "What stays, or why it was not visited.")};
}

Result<std::vector<AgentOpened>> unclosed_agents(const std::string& journal) {
  std::vector<AgentOpened> open;
  GF_TRY(read_journal(journal, [&](Event event) {
    if (auto* opened = std::get_if<AgentOpened>(&event.what)) open.push_back(std::move(*opened));
    if (const auto* closed = std::get_if<AgentClosed>(&event.what); closed && closed->clean)
      std::erase_if(open, [&](const AgentOpened& o) { return o.agent == closed->agent; });
    return true;
  }));
  return open;
}

namespace {

/// What a journal tells no end of.
struct Unended {
  std::vector<Injected> injections;
  std::set<std::string> left;     ///< injections of which something is told to stay
  std::set<std::string> instant;  ///< faults whose act has no duration
};

Result<Unended> unended(const std::string& journal) {
  Unended open;
  GF_TRY(read_journal(journal, [&](Event event) {
    if (const auto* started = std::get_if<RunStarted>(&event.what))
      if (const auto plan = decode<Plan>(started->plan))
        for (const auto& fault : plan->faults)
          if (fault.instant) open.instant.insert(fault.name);
    if (auto* injected = std::get_if<Injected>(&event.what))
      open.injections.push_back(std::move(*injected));
    // One that was told otherwise keeps its own word.
    if (const auto* undone = std::get_if<Undone>(&event.what))
      std::erase_if(open.injections,
                    [&](const Injected& i) { return i.injection == undone->injection; });
    if (const auto* ended = std::get_if<FaultEnded>(&event.what))
      std::erase_if(open.injections, [&](const Injected& i) { return i.fault == ended->fault; });
    if (const auto* left = std::get_if<LeftBehind>(&event.what)) open.left.insert(left->injection);
    return true;
  }));
  return open;
}

}  // namespace

Result<void> note_settled(const std::string& journal, const std::vector<Settled>& settled) {
  if (settled.empty()) return {};
  GF_TRY_AS(const Unended open, unended(journal));
  for (const Settled& s : settled) {
    const auto injected =
        std::find_if(open.injections.begin(), open.injections.end(),
                     [&](const Injected& i) { return i.injection == s.injection; });
    std::string fault = s.fault, member = s.member;
    if (injected != open.injections.end()) {
      fault = injected->fault, member = injected->member;
      Undone undone;
      undone.injection = s.injection, undone.fault = fault, undone.member = member;
      undone.why = s.what;
      undone.by = "recovery";
      GF_TRY(append_to_journal(journal, std::move(undone)));
    }
    if (!open.left.contains(s.injection)) {
      GF_TRY(append_to_journal(journal, LeftBehind{s.injection, fault, member, s.what, ""}));
    }
  }
  return {};
}

Result<void> confirm_undone(const std::string& journal) {
  GF_TRY_AS(const Unended open, unended(journal));
  std::set<std::string> acts;
  for (const Injected& i : open.injections) {
    // Nobody takes an act back: it is done, and the system heals, or does not.
    if (open.instant.contains(i.fault)) {
      if (acts.insert(i.fault).second) {
        GF_TRY(append_to_journal(journal, FaultEnded{i.fault}));
      }
      continue;
    }
    Undone undone;
    undone.injection = i.injection, undone.fault = i.fault, undone.member = i.member;
    undone.verified = true;
    undone.by = "recovery";
    GF_TRY(append_to_journal(journal, std::move(undone)));
  }
  return {};
}

Result<std::vector<Visit>> visit_dead_runs(const std::string& out, const Visitor& visitor) {
  GF_TRY_AS(const auto runs, list_runs(out));
  std::vector<Visit> visits;
  for (const auto& run : runs) {
    if (run_is_alive(run.journal()) || ended_clean(run.journal())) continue;
    if (visitor.everybody && owner_of(run.journal()) != ::geteuid()) continue;
    const auto open = unclosed_agents(run.journal());
    if (!open)
      visits.push_back({run.id, "", false, {}, {open.error().message}});
    else
      for (const auto& opened : *open) visits.push_back(visit(run, opened, visitor));
    // What no agent has any more is taken back; without this, `judge` would ask for `recover` for
    // ever.
    const auto still = unclosed_agents(run.journal());
    if (!still || !still->empty()) continue;
    if (auto told = confirm_undone(run.journal()); !told)
      visits.push_back({run.id,
                        "",
                        true,
                        {},
                        {"nothing is left of it, but its journal could not be told so: " +
                         told.error().message}});
  }
  return visits;
}

std::string visits_text(const std::vector<Visit>& visits) {
  std::string text;
  for (const auto& visit : visits) {
    for (const auto& done : visit.done) text += "taken back: " + done + "\n";
    if (visit.closed && visit.left.empty())
      text += fmt::format("visited: agent `{}` of run {}, which had died; nothing of it is left\n",
                          visit.agent, visit.run);
    for (const auto& left : visit.left) text += fmt::format("left: run {}: {}\n", visit.run, left);
  }
  return text;
}

}  // namespace gunflint
