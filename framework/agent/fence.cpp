#include "agent/fence.hpp"

#include <algorithm>
#include <csignal>
#include <set>
#include <vector>

#include <poll.h>
#include <unistd.h>

#include <fmt/format.h>

#include "agent/ledger.hpp"
#include "host/fd.hpp"
#include "host/process_table.hpp"

namespace gunflint {
namespace {

constexpr Duration end_patience = 5s;

/// The agent that the ledger names, if it is the one that holds the lock.
std::optional<ProcessStat> owner_of(const std::string& path, const LedgerContent& content) {
  const auto owner = ledger_owner(path);
  if (!owner || *owner == 0 || *owner != content.head.pid) return std::nullopt;
  auto stat = read_process_stat(*owner);
  if (!stat || stat->start_time != content.head.start_time) return std::nullopt;
  return std::move(*stat);
}

bool is_stopped(const ProcessStat& stat) { return stat.state == 'T' || stat.state == 't'; }

bool is_overdue(const UndoRecord& record) {
  return record.deadline_boottime_ns != 0 &&
         boottime_now() > Duration(record.deadline_boottime_ns) + overdue_after;
}

/// Operations and their commands; once the agent is dead nobody would find them.
std::vector<Fd> workers_of(int agent, const LedgerContent& content) {
  std::set<int> holders, family{agent};
  for (const auto& line : content.holders) holders.insert(line.pid);
  std::vector<Fd> handles;
  const auto all = read_process_stats();
  for (std::size_t before = 0; before != family.size();) {
    before = family.size();
    for (const auto& stat : all) {
      if (!family.contains(stat.parent) || holders.contains(stat.pid)) continue;
      if (!family.insert(stat.pid).second) continue;
      if (auto handle = open_pidfd(stat.pid, stat.start_time))
        handles.push_back(std::move(*handle));
    }
  }
  return handles;
}

}  // namespace

std::optional<std::string> helpless(const std::string& path, const LedgerContent& content) {
  auto owner = owner_of(path, content);
  if (!owner) return std::nullopt;
  if (is_stopped(*owner)) {
    ::poll(nullptr, 0, static_cast<int>(helpless_after / 1ms));
    owner = owner_of(path, content);
    if (owner && is_stopped(*owner))
      return fmt::format("the agent of run {} (pid {}) is stopped", content.head.run, owner->pid);
  }
  if (owner && std::any_of(content.open.begin(), content.open.end(), is_overdue))
    return fmt::format("the agent of run {} (pid {}) keeps a fault in force beyond its deadline",
                       content.head.run, owner->pid);
  return std::nullopt;
}

Result<void> fence(const std::string& path, const LedgerContent& content) {
  const auto owner = owner_of(path, content);
  if (!owner) return fail(Cause::Gone, "the agent of " + path + " is no more");
  auto agent = open_pidfd(owner->pid, owner->start_time);
  if (!agent) return {};  // it has just ended
  const auto parent = read_process_stat(owner->parent);
  const auto guardian = parent && parent->name == "gunflint-guard"
                            ? open_pidfd(parent->pid, parent->start_time)
                            : Result<Fd>(fail(Cause::Gone, "there is no guardian"));
  const std::vector<Fd> workers = workers_of(owner->pid, content);
  if (guardian) (void)signal_pidfd(*guardian, SIGKILL);
  const auto sent = signal_pidfd(*agent, SIGKILL);
  for (const auto& worker : workers) (void)signal_pidfd(worker, SIGKILL);
  pollfd ended{agent->get(), POLLIN, 0};
  if (sent || sent.error().cause == Cause::Gone)
    if (::poll(&ended, 1, static_cast<int>(end_patience / 1ms)) > 0) return {};
  return fail(sent ? Cause::TimedOut : sent.error().cause,
              fmt::format("the agent of run {} (pid {}) does not end ({}); kill it, then `gunflint "
                          "recover`",
                          content.head.run, owner->pid,
                          sent ? "it was sent SIGKILL" : sent.error().message));
}

}  // namespace gunflint
