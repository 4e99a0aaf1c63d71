// gunflint stop: what an on-call person types. Every agent of the run takes back what it has in
// force and ends; the run itself then ends as if it had been sent SIGTERM.
#include <algorithm>
#include <cstdio>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "agent/undo_desk.hpp"
#include "cli/commands.hpp"
#include "cli/complain.hpp"
#include "cli/stopped.hpp"
#include "cli/undo.hpp"

namespace gunflint {
namespace {

constexpr Duration patience = 30s;

/// The runs at work that are meant: all of them, or the one with this id or with this end of it.
std::set<std::string> meant(const std::vector<LedgerStatus>& all, const StopOptions& options) {
  std::set<std::string> runs;
  for (const auto& status : all)
    if (status.owner != 0 && (options.all || status.run.ends_with(options.run)))
      runs.insert(status.run);
  return runs;
}

/// What is said at the end, to a person or as one document.
class Told {
 public:
  explicit Told(bool json) : json_(json) {}
  void stopped(const std::string& run, const Stopped& what) {
    if (!json_) return (void)std::puts(stopped_text(run, what).c_str());
    Value one = Value::map();
    one.set("run", run);
    one.set("taken_back", encode(what.taken_back));
    one.set("left_by_agent", encode(what.left));
    runs_.push(std::move(one));
  }
  void trouble(const std::string& why) {
    std::fprintf(stderr, "gunflint stop: %s\n", why.c_str());
    trouble_.push(Value(why));
  }
  int end(const RecoveryReport& report, Outcome outcome) {
    const bool anything = !report.done.empty() || !report.left.empty();
    if (json_) {
      Value document = Value::map();
      document.set("stopped", std::move(runs_));
      document.set("trouble", std::move(trouble_));
      document.set("recovered", encode(report));
      document.set("exit", Value(exit_code(outcome)));
      std::puts(to_json_pretty(document).c_str());
    } else if (anything) {
      std::fputs(recovery_text(report).c_str(), stdout);
    }
    return exit_code(outcome);
  }

 private:
  bool json_;
  Value runs_ = Value::list(), trouble_ = Value::list();
};

/// Of one run. How many of its agents have not ended.
std::size_t stop(const std::string& run, const std::vector<LedgerStatus>& before, Told& told) {
  const auto left = stop_agents(run, patience);
  if (!left) {
    told.trouble(left.error().message);
    return 1;
  }
  for (const auto& status : *left)
    told.trouble(
        fmt::format("the agent of run {} (pid {}) has not ended within {}; `gunflint recover` can "
                    "do it when it is dead",
                    status.run, status.owner, human(patience)));
  if (!left->empty()) return left->size();
  // Before `recover` closes what it has told.
  if (const auto after = look_at_ledgers())
    told.stopped(run, became_of(run, before, *after));
  else
    told.trouble(after.error().message);
  return 0;
}

}  // namespace

int stop_command(const StopOptions& options) {
  const auto refuse = [&](const std::string& why, Outcome outcome = Outcome::Invalid) {
    return complain("stop", why, outcome, options.json);
  };
  if (options.run.empty() == !options.all)
    return refuse("name a run, or use --all; `gunflint status` shows them");
  const auto before = look_at_ledgers();
  if (!before) return refuse(before.error().message, Outcome::ToolError);
  const auto runs = meant(*before, options);
  if (runs.empty() && !options.all)
    return refuse(
        fmt::format("no run of this user that is called `{}` is at work on this machine; "
                    "`gunflint status` shows what is",
                    options.run));
  if (runs.size() > 1 && !options.all)
    return refuse(
        fmt::format("several runs end in `{}`: {}; name one", options.run, fmt::join(runs, ", ")));
  Told told(options.json);
  std::size_t alive = 0;
  for (const auto& run : runs) alive += stop(run, *before, told);
  // What an agent could not take back before it ended, or a dead one left.
  auto report = recover_here(false);
  if (!report) return refuse(report.error().message, Outcome::UndoIncomplete);
  if (!options.json && runs.empty() && report->done.empty() && report->left.empty())
    std::puts("no run of this user is at work on this machine");
  report->alive = 0;  // those are not meant
  return told.end(*report,
                  alive == 0 && report->left.empty() ? Outcome::Held : Outcome::UndoIncomplete);
}

}  // namespace gunflint
