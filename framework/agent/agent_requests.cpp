// What a coordinator asks of an agent, but for injections.
#include <algorithm>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "agent/agent.hpp"
#include "agent/ledger_folder.hpp"
#include "agent/recovery.hpp"
#include "agent/settled.hpp"
#include "agent/work.hpp"
#include "host/process_table.hpp"

namespace gunflint {
namespace {

constexpr Duration find_deadline = 10s, examine_deadline = 15s, recover_deadline = 60s;

/// Before our own ledger exists: opening and closing it would drop its lock.
std::vector<std::string> living_agents_of(const std::string& folder, const std::string& run,
                                          const std::string& place) {
  std::vector<std::string> alive;
  const auto paths = list_ledgers(folder);
  if (!paths) return alive;
  for (const auto& path : *paths) {
    const auto owner = ledger_owner(path);
    const auto text = read_text_file(path);
    const auto content = text ? parse_ledger(*text) : fail(text.error());
    if (!owner || *owner == 0 || !content) continue;
    if (content->head.run != run || content->head.place != place) continue;
    alive.push_back(
        fmt::format("its agent (pid {}) is alive and keeps {} fault{} in force to {} "
                    "end; `gunflint stop {}` ends {} now",
                    *owner, content->open.size(), content->open.size() == 1 ? "" : "s",
                    content->open.size() == 1 ? "its" : "their", run,
                    content->open.size() == 1 ? "it" : "them"));
  }
  return alive;
}

Value answer_of(const Result<void>& result) {
  return result ? Value::map() : error_word(result.error());
}

}  // namespace

void Agent::take(std::uint64_t id, const AgentRequest& request) {
  if (!greeted_ && !std::holds_alternative<Hello>(request) && !std::holds_alternative<Bye>(request))
    return say_failed(id, {Cause::BadInput, "an agent is greeted with hello first", {}});
  if (const auto* ask = std::get_if<Hello>(&request)) hello(id, *ask);
  if (const auto* ask = std::get_if<FindMembers>(&request)) find(id, *ask);
  if (const auto* ask = std::get_if<WatchTarget>(&request)) watch(*ask);
  if (const auto* ask = std::get_if<ExamineFault>(&request)) examine(id, *ask);
  if (const auto* ask = std::get_if<Inject>(&request)) inject(id, *ask);
  if (const auto* ask = std::get_if<Restore>(&request)) restore_asked(id, *ask);
  if (std::holds_alternative<Beat>(request)) beat(id);
  if (std::holds_alternative<Bye>(request)) {
    bye_ = id;
    said_bye_ = true;
    end_all("agent", true);
  }
}

void Agent::hello(std::uint64_t id, const Hello& ask) {
  if (ask.protocol != protocol_version)
    return say_failed(id, {Cause::Unsupported,
                           fmt::format("this agent (version {}) speaks protocol {}, not {}; use "
                                       "gunflint and gunflint-agent of one version",
                                       GUNFLINT_VERSION, protocol_version, ask.protocol),
                           {}});
  if (greeted_) return say_failed(id, {Cause::BadInput, "this agent was greeted already", {}});
  run_ = ask.run;
  keys_.set_run(run_);
  instead_of_ = ask.instead_of;
  recover_only_ = ask.recover_only;
  lease_ = ask.lease;
  // First what dead agents left: their keys are free, but their faults may be in force.
  run_task(
      id,
      [this](OperationLink& link) {
        recover_work(link, host_, seat_.folder,
                     {"recovery", false, recover_only_ || !instead_of_.empty(), instead_of_});
      },
      recover_deadline, [this, id](const Value& word) { welcome(id, word); },
      "to look for what dead agents left behind");
}

void Agent::welcome(std::uint64_t id, const Value& word) {
  if (auto error = error_in(word)) return say_failed(id, *error);
  auto report = decode<RecoveryReport>(word);
  if (!report) return say_failed(id, report.error());
  Welcome answer;
  answer.version = GUNFLINT_VERSION;
  answer.agent = seat_.id;
  answer.facts = encode(host_.facts());
  answer.recovered = static_cast<int>(report->done.size());
  answer.done = report->done;
  for (const auto& left : report->left)
    answer.left.push_back(left.fault.empty()
                              ? left.what
                              : fmt::format("{} on {}: {}", left.fault, left.member, left.what));
  // Whoever lost an agent wants to know that its ledger is closed, not only that ours is.
  if (!instead_of_.empty() &&
      ::access(fmt::format("{}/{}.ledger", seat_.folder, instead_of_).c_str(), F_OK) == 0)
    answer.left.push_back("the ledger of the lost agent is still open");
  const bool visits_a_dead_run = recover_only_ && instead_of_.empty();
  if (visits_a_dead_run) answer.settled = settled_of(seat_.folder, run_);
  if (visits_a_dead_run)
    for (auto& alive : living_agents_of(seat_.folder, run_, name_of_place()))
      answer.left.push_back(std::move(alive));
  LedgerHead head;
  head.agent = seat_.id;
  head.run = run_;
  head.version = GUNFLINT_VERSION;
  head.place = name_of_place();
  head.uid = host_.facts().uid;
  head.boot_id = host_.facts().boot_id;
  head.pid = ::getpid();
  if (auto self = read_process_stat(head.pid)) head.start_time = self->start_time;
  head.guard_cgroup = seat_.guard_cgroup;
  auto ready = prepare_ledger_folder(seat_.folder);
  if (!ready) return say_failed(id, ready.error());
  auto ledger = Ledger::create(seat_.folder, head);
  if (!ledger) return say_failed(id, ledger.error());
  ledger_.emplace(std::move(*ledger));
  greeted_ = true;
  say(id, answer);
}

void Agent::find(std::uint64_t id, const FindMembers& ask) {
  run_task(
      id, [this, ask](OperationLink& link) { find_work(link, host_, ask); }, find_deadline,
      [this, id, name = ask.target.name](const Value& word) {
        if (auto error = error_in(word)) return say_failed(id, *error);
        const Value* members = word.find("members");
        auto found = decode<std::vector<Member>>(members != nullptr ? *members : Value::list());
        if (!found) return say_failed(id, found.error());
        MembersFound answer;
        answer.target = name;
        answer.members = std::move(*found);
        say(id, answer);
      },
      "to find the members of " + ask.target.name);
}

void Agent::examine(std::uint64_t id, const ExamineFault& ask) {
  run_task(
      id, [this, ask](OperationLink& link) { examine_work(link, host_, ask); }, examine_deadline,
      [this, id](const Value& word) {
        if (auto error = error_in(word)) return say_failed(id, *error);
        auto found = decode<FaultExamined>(word);
        if (!found) return say_failed(id, found.error());
        say(id, *found);
      },
      "to examine the fault " + ask.fault);
}

void Agent::watch(const WatchTarget& ask) {
  Watching& watching = watches_[ask.target.name];
  watching.ask = ask;
  watching.operation.reset();
  watching.start_at = monotonic_now();
}

void Agent::beat(std::uint64_t id) {
  const auto clock = make_real_clock();
  BeatBack answer;
  answer.monotonic_ns = clock->now().time_since_epoch().count();
  answer.wall_ns = clock->wall().time_since_epoch().count();
  say(id, answer);
}

void Agent::run_task(std::uint64_t id, const Operation::Body& body, Duration deadline,
                     std::function<void(const Value&)> on_word, const std::string& what) {
  auto heard = std::make_shared<bool>(false);
  auto started = Operation::start(
      body, deadline,
      [this, heard, on_word = std::move(on_word)](Operation& operation, const Value& word) {
        if (word.find("holders") != nullptr) return answer_holders(operation, word);
        *heard = true;
        on_word(word);
      },
      [this, id, heard, what, deadline](bool late) {
        if (*heard) return;
        say_failed(
            id, late ? Error{Cause::TimedOut,
                             fmt::format("the agent took longer than {} {}", human(deadline), what),
                             {}}
                     : Error{Cause::Io, "the agent's child ended while it was " + what, {}});
      });
  if (!started) return say_failed(id, started.error());
  tasks_.push_back({id, std::move(*started)});
}

void Agent::poll_tasks(Time now) {
  // By index: an answer may start another task.
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    auto operation = std::move(tasks_[i].operation);
    if (operation->poll(now)) tasks_[i].operation = std::move(operation);
  }
  std::erase_if(tasks_, [](const Task& task) { return task.operation == nullptr; });
  for (auto& [name, watching] : watches_) {
    if (watching.operation && !watching.operation->poll(now)) {
      watching.operation.reset();
      watching.start_at = now + watching.ask.every;
    }
    if (watching.operation || now < watching.start_at || ending_) continue;
    const Duration patience = watching.ask.every + 10s;
    auto started = Operation::start(
        [this, ask = watching.ask](OperationLink& link) { watch_work(link, host_, ask); }, patience,
        [this, patience](Operation& operation, const Value& word) {
          if (word.find("holders") != nullptr) return answer_holders(operation, word);
          operation.set_deadline(monotonic_now() + patience);
          if (auto seen = decode<MembersSeen>(word)) say(0, *seen);
        },
        [this, target = name](bool late) {
          MembersSeen seen;
          seen.target = target;
          seen.unknown = late ? "looking at the members took too long"
                              : "the process that looks at the members has ended";
          say(0, seen);
        });
    if (started) watching.operation = std::move(*started);
    watching.start_at = now + watching.ask.every;
  }
}

void Agent::answer_holders(Operation& operation, const Value& word) {
  const std::string what = word.text_or("holders");
  const Tag tag{word.text_or("tag")};
  // The operation may be over when a holder answers; it is known by its descriptor's number only
  // while it lives, so the answer goes to a copy of that descriptor.
  auto reply = [fd = std::make_shared<Fd>(::fcntl(operation.fd(), F_DUPFD_CLOEXEC, 3))](
                   const Result<void>& result) {
    (void)write_frame(fd->get(), answer_of(result), 1s);
  };
  if (what == "start") {
    const Value* config = word.find("config");
    return holders_.start(word.text_or("kind"), config != nullptr ? *config : Value::map(), tag,
                          reply);
  }
  if (what == "stop") return holders_.stop(tag, reply);
  Value answer = Value::map();
  if (what == "running") answer.set("value", Value(holders_.running(tag)));
  if (what == "stats") {
    auto stats = holders_.stats(tag);
    if (!stats) return operation.answer(error_word(stats.error()));
    answer.set("value", std::move(*stats));
  }
  operation.answer(answer);
}

}  // namespace gunflint
