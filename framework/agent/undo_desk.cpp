#include "agent/undo_desk.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>

#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "agent/fence.hpp"
#include "agent/ledger_folder.hpp"
#include "host/frame.hpp"
#include "host/process_table.hpp"

namespace gunflint {
namespace {

constexpr Duration user_deadline = 60s;

LedgerStatus look_at(const std::string& path) {
  LedgerStatus status;
  status.path = path;
  auto owner = ledger_owner(path);
  auto text = read_text_file(path, 64u << 20);
  if (!owner || !text) {
    status.problem = owner ? text.error().message : owner.error().message;
    return status;
  }
  status.owner = *owner;
  auto content = parse_ledger(*text);
  if (!content) {
    status.problem = path + " cannot be read: " + content.error().message;
    return status;
  }
  status.agent = content->head.agent;
  status.run = content->head.run;
  status.place = content->head.place;
  if (!content->unread.empty()) status.problem = unread_text(path, *content);
  status.conflicts = std::move(content->conflicts);
  status.open = std::move(content->open);
  return status;
}

void add(RecoveryReport& total, RecoveryReport more) {
  for (auto& line : more.done) total.done.push_back(std::move(line));
  for (auto& line : more.left) total.left.push_back(std::move(line));
  total.alive += more.alive;
}

/// Everything of root is given up before the first byte of the user's files is read.
[[noreturn]] void recover_as(const LocalUser& user, AgentHost& host, const std::string& by,
                             int out) {
  if (::setgroups(0, nullptr) != 0 || ::setresgid(user.gid, user.gid, user.gid) != 0 ||
      ::setresuid(user.uid, user.uid, user.uid) != 0 || ::geteuid() != user.uid)
    ::_exit(1);
  auto report = recover_folder(host, ledger_folder_of(user.home), {by, true, true});
  RecoveryReport said;
  if (report)
    said = std::move(*report);
  else
    said.left.push_back({"", "", "", "", report.error().message, false});
  for (auto& line : said.done) line += " (user " + user.name + ")";
  (void)write_frame(out, encode(said), 5s);
  ::_exit(0);
}

/// A child that has become the user, and what it says.
struct UserVisit {
  const LocalUser* user = nullptr;
  int child = 0;
  Fd link;
};

Result<UserVisit> visit_user(const LocalUser& user, AgentHost& host, const std::string& by) {
  GF_TRY_AS(FdPair link, make_socket_pair());
  const int child = ::fork();
  if (child < 0) return fail_errno(errno, "start a process for user " + user.name);
  if (child == 0) recover_as(user, host, by, link.second.get());
  return UserVisit{&user, child, std::move(link.first)};
}

Result<RecoveryReport> end_visit(const UserVisit& visit, const Result<Value>& word) {
  ::kill(visit.child, SIGKILL);
  while (::waitpid(visit.child, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (!word)
    return fail(word.error().cause,
                fmt::format("the ledgers of user {} could not be taken back ({}); run `gunflint "
                            "recover` as that user",
                            visit.user->name, word.error().message));
  return decode<RecoveryReport>(*word);
}

/// Side by side, some at a time: one whose restore hangs costs nobody else's time or result.
constexpr std::size_t users_at_once = 16;
void hear_all(std::vector<UserVisit>& visits, RecoveryReport& total) {
  std::vector<int> links;
  for (const auto& visit : visits) links.push_back(visit.link.get());
  const auto words = read_frames(links, user_deadline);
  for (std::size_t i = 0; i < visits.size(); ++i)
    if (auto one = end_visit(visits[i], words[i]))
      add(total, std::move(*one));
    else
      total.left.push_back({"", "", "", "", one.error().message, false});
  visits.clear();
}

}  // namespace

Result<std::vector<LedgerStatus>> look_at_ledgers() {
  GF_TRY_AS(const std::string folder, ledger_folder());
  GF_TRY_AS(const auto paths, list_ledgers(folder));
  std::vector<LedgerStatus> all;
  for (const auto& path : paths) all.push_back(look_at(path));
  return all;
}

Result<RecoveryReport> recover_machine(AgentHost& host, bool everybody, const std::string& by) {
  if (everybody && ::geteuid() != 0)
    return fail(Cause::NotPermitted,
                "the ledgers of other users are taken back by root only; use sudo, or leave --all");
  GF_TRY_AS(const std::string own, ledger_folder());
  GF_TRY_AS(RecoveryReport total, recover_folder(host, own, {by, true, true}));
  if (!everybody) return total;
  std::vector<std::string> seen;
  std::vector<UserVisit> visits;
  const auto users = local_users();
  for (const auto& user : users) {
    struct stat state {};
    const std::string folder = ledger_folder_of(user.home);
    const bool twice = std::find(seen.begin(), seen.end(), folder) != seen.end();
    if (user.uid == 0 || twice || ::stat(folder.c_str(), &state) != 0) continue;
    seen.push_back(folder);
    if (visits.size() == users_at_once) hear_all(visits, total);
    if (auto visit = visit_user(user, host, by))
      visits.push_back(std::move(*visit));
    else
      total.left.push_back({"", "", "", "", visit.error().message, false});
  }
  hear_all(visits, total);
  return total;
}

namespace {

/// A stopped agent takes no SIGTERM. What it had in force is then left to `recover`.
void fence_helpless(const std::string& path) {
  const auto text = read_text_file(path, 64u << 20);
  const auto content = text ? parse_ledger(*text) : fail(text.error());
  if (content && helpless(path, *content)) (void)fence(path, *content);
}

}  // namespace

Result<std::vector<LedgerStatus>> stop_agents(const std::string& run, Duration patience) {
  auto concerned = [&](const LedgerStatus& status) {
    return status.owner != 0 && (run.empty() || status.run == run);
  };
  GF_TRY_AS(const auto found, look_at_ledgers());
  for (const auto& status : found) {
    if (!concerned(status)) continue;
    const auto stat = read_process_stat(status.owner);
    if (!stat) continue;
    if (auto handle = open_pidfd(status.owner, stat->start_time))
      (void)signal_pidfd(*handle, SIGTERM);
  }
  const Time begin = monotonic_now(), end = begin + patience;
  for (;;) {
    GF_TRY_AS(auto left, look_at_ledgers());
    std::erase_if(left, [&](const LedgerStatus& status) { return !concerned(status); });
    if (left.empty() || monotonic_now() >= end) return left;
    if (monotonic_now() - begin >= helpless_after)
      for (const auto& status : left) fence_helpless(status.path);
    ::usleep(20'000);
  }
}

std::string recovery_text(const RecoveryReport& report) {
  std::string text;
  for (const auto& line : report.done) text += "taken back: " + line + "\n";
  for (const auto& left : report.left)
    text += left.fault.empty() ? "left: " + left.what + "\n"
                               : fmt::format("left: {} on {} (run {}): {}\n", left.fault,
                                             left.member, left.run, left.what);
  if (report.alive > 0)
    text += fmt::format("{} agent{} at work and {} left alone; `gunflint stop` ends {}\n",
                        report.alive, report.alive == 1 ? " is" : "s are",
                        report.alive == 1 ? "was" : "were", report.alive == 1 ? "it" : "them");
  if (text.empty()) text = "nothing was left behind\n";
  return text;
}

}  // namespace gunflint
