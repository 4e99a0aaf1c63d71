// gunflint stop: what an on-call person types. Every agent of the run takes back what it has in
// force and ends; the run itself then ends as if it had been sent SIGTERM.
#include <algorithm>
#include <cstdio>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "agent/undo_desk.hpp"
#include "cli/commands.hpp"
#include "cli/undo.hpp"

namespace gunflint {
namespace {

constexpr Duration patience = 30s;

int refuse(const std::string& why) {
  std::fprintf(stderr, "gunflint stop: %s\n", why.c_str());
  return exit_code(Outcome::Invalid);
}

/// The runs at work that are meant: all of them, or the one with this id or with this end of it.
std::set<std::string> meant(const std::vector<LedgerStatus>& all, const StopOptions& options) {
  std::set<std::string> runs;
  for (const auto& status : all)
    if (status.owner != 0 && (options.all || status.run.ends_with(options.run)))
      runs.insert(status.run);
  return runs;
}

void tell(const std::string& run, const std::vector<LedgerStatus>& before) {
  std::string undone;
  for (const auto& status : before)
    if (status.run == run && status.owner != 0)
      for (const auto& undo : status.open)
        undone += fmt::format("{}{} on {}", undone.empty() ? "; taken back: " : ", ", undo.fault,
                              undo.member.label.empty() ? undo.member.id : undo.member.label);
  std::puts(fmt::format("stopped run {}{}", run, undone.empty() ? "; nothing was in force" : undone)
                .c_str());
}

/// Of one run. How many of its agents have not ended.
Result<std::size_t> stop(const std::string& run, const std::vector<LedgerStatus>& before) {
  GF_TRY_AS(const auto left, stop_agents(run, patience));
  for (const auto& status : left)
    std::fputs(fmt::format("gunflint stop: the agent of run {} (pid {}) has not ended within {}; "
                           "`gunflint recover` can do it when it is dead\n",
                           status.run, status.owner, human(patience))
                   .c_str(),
               stderr);
  if (left.empty()) tell(run, before);
  return left.size();
}

}  // namespace

int stop_command(const StopOptions& options) {
  if (options.run.empty() == !options.all)
    return refuse("name a run, or use --all; `gunflint status` shows them");
  const auto before = look_at_ledgers();
  if (!before) {
    std::fprintf(stderr, "gunflint stop: %s\n", before.error().message.c_str());
    return exit_code(Outcome::ToolError);
  }
  const auto runs = meant(*before, options);
  if (runs.empty() && !options.all)
    return refuse(
        fmt::format("no run of this user that is called `{}` is at work on this machine; "
                    "`gunflint status` shows what is",
                    options.run));
  if (runs.size() > 1 && !options.all)
    return refuse(
        fmt::format("several runs end in `{}`: {}; name one", options.run, fmt::join(runs, ", ")));
  std::size_t alive = 0;
  for (const auto& run : runs) {
    const auto left = stop(run, *before);
    alive += left ? *left : 1;
    if (!left) std::fprintf(stderr, "gunflint stop: %s\n", left.error().message.c_str());
  }
  // What an agent could not take back before it ended, or a dead one left.
  auto report = recover_here(false);
  if (!report) {
    std::fprintf(stderr, "gunflint stop: %s\n", report.error().message.c_str());
    return exit_code(Outcome::UndoIncomplete);
  }
  if (runs.empty() && report->done.empty() && report->left.empty())
    std::puts("no run of this user is at work on this machine");
  report->alive = 0;  // those are not meant
  if (!report->done.empty() || !report->left.empty())
    std::fputs(recovery_text(*report).c_str(), stdout);
  return exit_code(alive == 0 && report->left.empty() ? Outcome::Held : Outcome::UndoIncomplete);
}

}  // namespace gunflint
