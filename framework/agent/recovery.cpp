#include "agent/recovery.hpp"

#include <fmt/format.h>

#include "agent/fence.hpp"
#include "agent/guard_cgroup.hpp"
#include "agent/holder_keeper.hpp"
#include "agent/ledger_folder.hpp"
#include "agent/settled.hpp"

namespace gunflint {
namespace {

/// After a reboot no process of the record exists any more, whatever its number is used for now.
class ProcessesOfAnotherBoot final : public Processes {
 public:
  explicit ProcessesOfAnotherBoot(Processes& real) : real_(real) {}
  Result<Exit> run(const Command& command) override { return real_.run(command); }
  Result<ProcessInfo> look(int) override { return gone(); }
  Result<std::vector<ProcessInfo>> all() override { return real_.all(); }
  Result<void> signal(const ProcessId&, int) override { return gone(); }
  Result<SoftLimit> limit(const ProcessId&, int) override { return gone(); }
  Result<void> set_soft_limit(const ProcessId&, int, std::uint64_t) override { return gone(); }
  Result<std::vector<ProcessInfo>> descendants(int) override { return std::vector<ProcessInfo>{}; }

 private:
  static Failure gone() {
    return fail(Cause::Gone, "the machine was restarted since; the process is no more");
  }
  Processes& real_;
};

std::string described(const UndoRecord& record) {
  return fmt::format("{} on {}", record.fault,
                     record.member.label.empty() ? record.member.id : record.member.label);
}

/// Holders first: what they hold must not be put back under their hands. Faults stop their holders
/// themselves; this is for those that died between two steps.
TakenBack take_back_of(AgentHost& agent_host, const LedgerContent& content,
                       const UndoRecord& record) {
  const bool other_boot = record.boot_id != agent_host.facts().boot_id;
  OrphanHolders holders(other_boot ? std::vector<HolderLine>{} : content.holders);
  Host host = agent_host.with(holders);
  (void)holders.stop(Tag{record.tag});
  if (!other_boot) return take_back(host, record);
  ProcessesOfAnotherBoot processes(host.processes);
  Host after{processes, host.files,   host.cgroups, host.network, holders,
             host.http, host.sockets, host.clock,   host.facts};
  return take_back(after, record);
}

}  // namespace

Fields<LeftOver> LeftOver::fields() {
  using T = LeftOver;
  return {field("run", &T::run, "Run."),
          field("injection", &T::injection, "Id."),
          field("fault", &T::fault, "Type."),
          field("member", &T::member, "On whom."),
          field("what", &T::what, "What stays and why."),
          field("settled", &T::settled, "Told now; nobody tries again.")};
}
Fields<RecoveryReport> RecoveryReport::fields() {
  using T = RecoveryReport;
  return {field("done", &T::done, "Taken back."), field("left", &T::left, "Left behind."),
          field("alive", &T::alive, "Ledgers of living agents.")};
}

TakenBack take_back(Host& host, const UndoRecord& record) {
  TakenBack result;
  const FaultKind* fault = find_fault(record.fault);
  if (fault == nullptr) {
    result.why = fmt::format("this version does not know the fault `{}`; recover with version {}",
                             record.fault, record.version);
    return result;
  }
  const Tag tag{record.tag};
  if (auto done = fault->restore(host, record.saved, tag); !done) {
    result.gone = done.error().cause == Cause::Gone;
    result.conflict = done.error().cause == Cause::Conflict;
    if (!result.gone) {
      result.why = done.error().message;
      return result;
    }
  }
  auto looked = fault->restored(host, record.saved, tag);
  if (!looked && looked.error().cause == Cause::Gone) {
    result.gone = result.verified = true;
  } else if (!looked) {
    result.why = looked.error().message;
  } else if (!*looked) {
    result.why = "the old state was put back but is not there when looked at again";
  } else {
    result.verified = true;
  }
  return result;
}

namespace {

LeftOver left_over(const UndoRecord& record, std::string what) {
  return {record.run,      record.injection,
          record.fault,    record.member.label.empty() ? record.member.id : record.member.label,
          std::move(what), false};
}

/// What only a person can settle: changed by somebody else, or unreadable. A ledger is not closed
/// before they have heard it.
void add_for_a_person(AgentHost& host, Ledger& ledger, const Recoverer& who,
                      RecoveryReport& report) {
  const LedgerContent kept = ledger.content();
  for (const auto& conflict : kept.conflicts) {
    std::string what = conflict.why;
    if (!who.tells)
      what += fmt::format("; `gunflint recover` of user {} closes its record", host.facts().uid);
    LeftOver left = left_over(conflict.undo, std::move(what));
    // The record is closed only when the journal of its run can still learn of it.
    if (who.tells && keep_settled(ledger.folder(), left.run,
                                  {left.injection, left.fault, left.member, left.what}))
      left.settled = ledger.append(ToldLine{conflict.undo.injection, who.by}).has_value();
    report.left.push_back(std::move(left));
  }
  if (!kept.unread.empty())
    report.left.push_back({kept.head.run, "", "", "", unread_text(ledger.path(), kept), false});
}

}  // namespace

RecoveryReport recover_ledger(AgentHost& host, Ledger& ledger, const Recoverer& who) {
  RecoveryReport report;
  const LedgerContent found = ledger.content();
  for (auto record = found.open.rbegin(); record != found.open.rend(); ++record) {
    const TakenBack result = take_back_of(host, found, *record);
    if (result.verified || result.conflict) {
      const auto noted =
          ledger.append(UndoneLine{record->injection, result.verified, who.by, result.why});
      if (result.verified && noted)
        report.done.push_back(fmt::format("{}{}{}", described(*record),
                                          record->run.empty() ? "" : " of run " + record->run,
                                          result.gone ? " (it is no more)" : ""));
      if (noted) continue;  // a conflict is told with those of before
    }
    report.left.push_back(left_over(*record, result.why));
  }
  add_for_a_person(host, ledger, who, report);
  if (ledger.content().done()) {
    // The guardian itself still stands there, and goes back on its way out.
    if (who.by != "guardian") remove_guard_cgroup(host.cgroups(), found.head.guard_cgroup);
    (void)ledger.remove();
  }
  return report;
}

namespace {

/// Conflict when the ledger's agent lives and can be waited for.
Result<Ledger> get_ledger(const std::string& path, const Recoverer& who) {
  auto ledger = Ledger::take_over(path);
  if (ledger || ledger.error().cause != Cause::Conflict || !who.fences) return ledger;
  const auto text = read_text_file(path, 64u << 20);
  const auto content = text ? parse_ledger(*text) : fail(text.error());
  if (!content) return ledger;
  const bool lost = !who.lost.empty() && content->head.agent == who.lost;
  if (!lost && !helpless(path, *content)) return ledger;
  if (auto fenced = fence(path, *content); !fenced && fenced.error().cause != Cause::Gone)
    return fail(fenced.error().cause == Cause::Conflict ? Cause::Io : fenced.error().cause,
                fenced.error().message);
  return Ledger::take_over(path);
}

}  // namespace

Result<RecoveryReport> recover_folder(AgentHost& host, const std::string& folder,
                                      const Recoverer& who, const std::string& but) {
  RecoveryReport total;
  if (auto usable = check_ledger_folder(folder); !usable) {
    if (usable.error().cause == Cause::Gone) return total;  // nothing was ever written
    return fail(std::move(usable).error());
  }
  remove_dead_drafts(folder);
  GF_TRY_AS(const auto paths, list_ledgers(folder));
  for (const auto& path : paths) {
    if (path == but) continue;
    auto ledger = get_ledger(path, who);
    if (!ledger && ledger.error().cause == Cause::Conflict) ++total.alive;
    if (!ledger && ledger.error().cause != Cause::Conflict && ledger.error().cause != Cause::Gone)
      total.left.push_back({"", "", "", "", ledger.error().message, false});
    if (!ledger) continue;
    // The static host agent cannot speak to an API, the api agent has no network of the host.
    const Place place = ledger->content().head.place == "api" ? Place::Api : Place::Host;
    if (!host.serves(place)) continue;
    RecoveryReport one = recover_ledger(host, *ledger, who);
    for (auto& line : one.done) total.done.push_back(std::move(line));
    for (auto& line : one.left) total.left.push_back(std::move(line));
  }
  return total;
}

}  // namespace gunflint
