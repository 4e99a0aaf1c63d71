#include "agent/agent.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <fmt/format.h>

#include "agent/guard_cgroup.hpp"
#include "agent/guardian.hpp"
#include "agent/settled.hpp"

namespace gunflint {
namespace {

constexpr Duration longest_ending = 30s;  ///< then what is stuck is left to the guardian
constexpr Duration greeting_deadline = 30s;
constexpr Duration silent_end = 60s;  ///< without a word and with nothing open
constexpr std::size_t output_limit = 8u << 20;

}  // namespace

Agent::Agent(const AgentParts& parts, AgentHost& host, AgentSeat seat)
    : parts_(parts),
      host_(host),
      seat_(std::move(seat)),
      holders_(
          seat_.program,
          [&] {
            auto words = parts.self;
            words.emplace_back("holder");
            return words;
          }(),
          [this](const HolderLine& line) -> Result<void> {
            if (!ledger_) return fail(Cause::Conflict, "there is no ledger; say hello first");
            return ledger_->append(line);
          }) {
  ::fcntl(seat_.in, F_SETFL, ::fcntl(seat_.in, F_GETFL) | O_NONBLOCK);
  ::fcntl(seat_.out, F_SETFL, ::fcntl(seat_.out, F_GETFL) | O_NONBLOCK);
  if (seat_.to_guardian)
    ::fcntl(seat_.to_guardian.get(), F_SETFL,
            ::fcntl(seat_.to_guardian.get(), F_GETFL) | O_NONBLOCK);
  opened_ = monotonic_now();
  last_heard_ = boottime_now();
}

Agent::~Agent() = default;

int Agent::run() {
  while (!finished()) {
    wait_and_take();
    check_times();
  }
  return finish();
}

Duration Agent::until_next() const {
  Duration wait = guardian_beat;
  const Time now = monotonic_now();
  const Duration boot = boottime_now();
  for (const auto& injection : injections_) {
    if (injection->state == Injection::State::InForce)
      wait = std::min(wait, injection->next_bite - now);
    if (injection->until) wait = std::min(wait, *injection->until - boot);
  }
  return std::clamp(wait, Duration(0), guardian_beat);
}

void Agent::wait_and_take() {
  std::vector<pollfd> polls;
  if (listening_) polls.push_back({seat_.in, POLLIN, 0});
  if (seat_.signals) polls.push_back({seat_.signals.get(), POLLIN, 0});
  if (seat_.guardian) polls.push_back({seat_.guardian.get(), POLLIN, 0});
  if (!output_.empty()) polls.push_back({seat_.out, POLLOUT, 0});
  for (const auto& injection : injections_) {
    if (injection->work) polls.push_back({injection->work->fd(), POLLIN, 0});
    if (injection->biting) polls.push_back({injection->biting->fd(), POLLIN, 0});
  }
  for (const auto& task : tasks_) polls.push_back({task.operation->fd(), POLLIN, 0});
  for (const auto& [name, watch] : watches_)
    if (watch.operation) polls.push_back({watch.operation->fd(), POLLIN, 0});
  holders_.add_polls(polls);
  const Duration wait = until_next();
  planned_wake_ = monotonic_now() + wait;
  const timespec time{wait / 1s, (wait % 1s).count()};
  ::ppoll(polls.data(), polls.size(), &time, nullptr);
  const Time now = monotonic_now();
  take_signals();
  if (listening_) take_input();
  holders_.poll(now - planned_wake_);
  poll_injections(now);
  poll_tasks(now);
  flush();
}

void Agent::take_input() {
  auto outcome = read_some(seat_.in, input_);
  if (outcome && *outcome == ReadOutcome::Nothing) return;
  if (outcome && *outcome == ReadOutcome::Data) {
    last_heard_ = boottime_now();
    lease_over_ = false;
  }
  for (;;) {
    auto document = input_.next();
    if (document && !*document) break;
    auto request = document ? unpack<AgentRequest>(**document)
                            : Result<Envelope<AgentRequest>>(fail(document.error()));
    if (request) {
      take(request->id, request->say);
      continue;
    }
    say_failed(document ? static_cast<std::uint64_t>((*document)->integer_or("id")) : 0,
               request.error());
    if (!document) outcome = ReadOutcome::End;  // out of step for good
    if (!document) break;
  }
  if (outcome && *outcome != ReadOutcome::End) return;
  // The end without BYE: the coordinator is no more. What may go on, goes on to its deadline.
  listening_ = false;
  if (!ending_) end_all("agent", false);
}

void Agent::take_signals() {
  if (seat_.signals) {
    signalfd_siginfo info{};
    while (::read(seat_.signals.get(), &info, sizeof info) == sizeof info) {
      if (!ending_) ended_why_ = "signal";
      end_all("agent", true);
    }
  }
  if (seat_.guardian) {
    pollfd end{seat_.guardian.get(), POLLIN, 0};
    if (::poll(&end, 1, 0) > 0) {
      seat_.guardian.close();
      if (!ending_) ended_why_ = "guardian";
      end_all("agent", true);
    }
  }
}

void Agent::end_all(const std::string& by, bool also_kept) {
  if (!ending_) ending_since_ = monotonic_now();
  ending_ = true;
  // Newest first; injections on one key never overlap, so they may go back side by side.
  for (auto at = injections_.rbegin(); at != injections_.rend(); ++at) {
    Injection& injection = **at;
    if (!also_kept && injection.ask.on_disconnect == OnDisconnect::Keep && injection.until &&
        injection.state == Injection::State::InForce)
      continue;
    take_back_now(injection, by);
  }
}

void Agent::check_times() {
  const Time now = monotonic_now();
  const Duration boot = boottime_now();
  if (now >= next_beat_) {
    next_beat_ = now + guardian_beat;
    if (seat_.to_guardian) (void)!::write(seat_.to_guardian.get(), "b", 1);
  }
  for (const auto& injection : injections_)
    if (injection->until && boot >= *injection->until) take_back_now(*injection, "deadline");
  if (greeted_ && listening_) leases_over(boot - last_heard_);
  const bool nothing_open =
      std::none_of(injections_.begin(), injections_.end(), [](const Kept& i) { return i->open(); });
  const bool forgotten = (!greeted_ && now - opened_ > greeting_deadline) ||
                         (lease_over_ && nothing_open && boot - last_heard_ > silent_end);
  if (forgotten && !ending_) {
    ended_why_ = "silence";
    end_all("agent", true);
  }
}

/// An injection has the lease of its fault, or the agent's.
void Agent::leases_over(Duration silence) {
  lease_over_ = lease_over_ || silence > lease_;
  for (auto at = injections_.rbegin(); at != injections_.rend(); ++at) {
    const Injection& injection = **at;
    const bool acts = injection.state == Injection::State::Preparing ||
                      injection.state == Injection::State::Acting ||
                      injection.state == Injection::State::InForce;
    const Duration lease = injection.ask.lease > Duration::zero() ? injection.ask.lease : lease_;
    if (acts && injection.ask.on_disconnect == OnDisconnect::Restore && silence > lease)
      take_back_now(**at, "lease");
  }
}

bool Agent::finished() const {
  if (!ending_) return false;
  const bool busy = std::any_of(injections_.begin(), injections_.end(), [](const Kept& i) {
    return i->state != Injection::State::Over && i->state != Injection::State::Stuck;
  });
  if (!busy) return true;
  const bool kept = std::any_of(injections_.begin(), injections_.end(), [](const Kept& i) {
    return i->state == Injection::State::InForce && i->until;
  });
  return !kept && monotonic_now() - ending_since_ > longest_ending;
}

int Agent::finish() {
  const auto rest = left();
  Closed closed;
  closed.clean = rest.empty();
  closed.left = rest;
  closed.why = ended_why_;
  say(bye_, closed);
  watches_.clear();
  tasks_.clear();
  const Time end = monotonic_now() + 1s;
  while (!output_.empty() && monotonic_now() < end) {
    flush();
    pollfd wait{seat_.out, POLLOUT, 0};
    if (!output_.empty()) ::poll(&wait, 1, 50);
  }
  // The coordinator that says BYE has heard of every conflict and tells a person.
  if (ledger_ && said_bye_)
    for (const auto& conflict : std::vector<KeptConflict>(ledger_->content().conflicts))
      (void)ledger_->append(ToldLine{conflict.undo.injection, "agent"});
  if (recover_only_ && instead_of_.empty() && said_bye_) forget_settled(seat_.folder, run_);
  const bool clean = !ledger_ || ledger_->content().open.empty();
  // Before the ledger, which names it: nobody would look for it afterwards.
  if (ledger_ && clean)
    stand_back(host_.cgroups(), seat_.guardian ? ::getppid() : 0, seat_.home, seat_.guard_cgroup);
  if (ledger_ && ledger_->content().done()) (void)ledger_->remove();
  if (clean && seat_.to_guardian) (void)!::write(seat_.to_guardian.get(), "q", 1);
  return rest.empty() ? 0 : 5;
}

void Agent::say_document(const Value& document) {
  if (output_.size() > output_limit) return;  // nobody listens; the lease will tell
  output_ += to_frame(document);
  flush();
}

void Agent::say_failed(std::uint64_t id, const Error& error, const std::string& injection) {
  Failed failed;
  failed.cause = std::string(name_of(error.cause));
  failed.message = error.message;
  failed.injection = injection;
  say(id, failed);
}

void Agent::flush() {
  while (!output_.empty()) {
    const ssize_t n = ::write(seat_.out, output_.data(), output_.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n < 0) return output_.clear();  // the other side is gone; the end of the input says so too
    output_.erase(0, static_cast<std::size_t>(n));
  }
}

}  // namespace gunflint
