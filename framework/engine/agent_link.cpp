#include "engine/agent_link.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <csignal>

namespace gunflint {
namespace {

constexpr Duration greeting = 75s;  ///< an agent first takes back what dead ones left
constexpr Duration write_patience = 2s;

Cause cause_named(const std::string& name) {
  for (const Cause cause : {Cause::BadInput, Cause::NotPermitted, Cause::Unreachable,
                            Cause::TimedOut, Cause::Unsupported, Cause::Conflict, Cause::Gone})
    if (name_of(cause) == name) return cause;
  return Cause::Io;
}

}  // namespace

AgentLink::AgentLink(AgentProcess child, Duration lease, Beats beats, OnAnswer on_answer,
                     OnGone on_gone)
    : child_(std::move(child)),
      lease_(lease),
      beats_(beats),
      on_answer_(std::move(on_answer)),
      on_gone_(std::move(on_gone)) {}

Result<std::unique_ptr<AgentLink>> AgentLink::open(const std::vector<std::string>& argv,
                                                   const Hello& hello, OnAnswer on_answer,
                                                   OnGone on_gone, Beats beats) {
  GF_TRY_AS(AgentProcess child, AgentProcess::start(argv));
  std::unique_ptr<AgentLink> link(new AgentLink(std::move(child), hello.lease, beats,
                                                std::move(on_answer), std::move(on_gone)));
  link->reader_ = std::jthread([l = link.get()](const std::stop_token& stop) { l->read_on(stop); });
  auto answer = link->call(hello, greeting);
  if (answer && std::holds_alternative<Welcome>(*answer)) {
    link->welcome_ = std::get<Welcome>(*answer);
    link->greeted_ = true;
    return link;
  }
  {
    const std::lock_guard lock(link->mutex_);
    link->leaving_ = true;
  }
  const std::string why = answer ? "it does not speak this protocol" : answer.error().message;
  return fail(answer ? Cause::Unsupported : answer.error().cause,
              fmt::format("the agent `{}` did not open: {}", fmt::join(argv, " "), why));
}

AgentLink::~AgentLink() {
  reader_.request_stop();
  if (reader_.joinable()) reader_.join();
}

Result<std::uint64_t> AgentLink::write(const AgentRequest& request, bool awaited) {
  const std::lock_guard lock(mutex_);
  if (gone_) return fail(Cause::Unreachable, "the agent is gone: " + why_gone_);
  if (!broken_.empty()) return fail(Cause::Unreachable, broken_);
  const std::uint64_t id = ++last_;
  auto written = write_frame(child_.in(), pack(id, request), write_patience);
  if (!written) {
    // Half a frame may be in the pipe: nothing that follows would be understood. An agent that does
    // not read is stopped, and must not wake up in the middle of somebody else's undo.
    broken_ = "it could not be told something: " + written.error().message;
    silent_ = silent_ || written.error().cause == Cause::TimedOut;
    return fail(std::move(written).error());
  }
  if (awaited) awaited_[id] = std::nullopt;
  return id;
}

Result<void> AgentLink::send(const AgentRequest& request) {
  GF_TRY(write(request, false));
  return {};
}

Result<Answer> AgentLink::call(const AgentRequest& request, Duration deadline) {
  GF_TRY_AS(const auto id, write(request, true));
  return wait_for(id, deadline);
}

Result<Answer> AgentLink::wait_for(std::uint64_t id, Duration deadline) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, deadline, [&] { return awaited_[id].has_value() || gone_; });
  auto answer = std::move(awaited_[id]);
  awaited_.erase(id);
  if (!answer && gone_) return fail(Cause::Unreachable, "the agent is gone: " + why_gone_);
  if (!answer) return fail(Cause::TimedOut, "the agent did not answer within " + print(deadline));
  if (const auto* failed = std::get_if<Failed>(&*answer))
    return fail(cause_named(failed->cause), failed->message);
  return std::move(*answer);
}

Result<Closed> AgentLink::farewell(Duration deadline) {
  {
    const std::lock_guard lock(mutex_);
    leaving_ = true;
  }
  GF_TRY_AS(auto answer, call(Bye{}, deadline));
  if (const auto* closed = std::get_if<Closed>(&answer)) return *closed;
  return fail(Cause::Unsupported, "the agent answered Bye with something else");
}

void AgentLink::farewell_later(std::function<void(Closed)> on_closed) {
  {
    const std::lock_guard lock(mutex_);
    leaving_ = true;
    on_closed_ = std::move(on_closed);
  }
  if (send(Bye{})) return;
  // An agent that has ended by itself said its good-bye before that: it may be in the pipe still.
  // The reader comes to it, or finds the link lost and says so. Unless it is through with that.
  std::function<void(Closed)> unheard;
  Closed lost{false, {}};
  {
    const std::lock_guard lock(mutex_);
    if (gone_) unheard = std::exchange(on_closed_, nullptr);
    lost.left = {"the agent is gone: " + why_gone_};
  }
  if (unheard) unheard(lost);
}

void AgentLink::deliver(std::uint64_t id, Answer answer) {
  std::function<void(Closed)> on_closed;
  {
    const std::lock_guard lock(mutex_);
    if (const auto it = awaited_.find(id); it != awaited_.end()) {
      it->second = std::move(answer);
      changed_.notify_all();
      return;
    }
    if (std::holds_alternative<Closed>(answer)) on_closed = std::exchange(on_closed_, nullptr);
  }
  if (on_closed) return on_closed(std::get<Closed>(answer));
  if (on_answer_) on_answer_(std::move(answer));
}

void AgentLink::lose(std::string why) {
  std::function<void(Closed)> on_closed;
  bool tell = false;
  {
    const std::lock_guard lock(mutex_);
    if (gone_) return;
    gone_ = true;
    why_gone_ = why;
    tell = !leaving_;
    on_closed = std::exchange(on_closed_, nullptr);
  }
  changed_.notify_all();
  if (on_closed) on_closed(Closed{false, {"its agent ended before it answered Bye: " + why}});
  if (tell && greeted_ && on_gone_) on_gone_(std::move(why));
}

void AgentLink::fence() {
  const std::lock_guard lock(mutex_);
  // It leads a group of its own, and as it has not been waited for, its pid is still its own.
  if (silent_ && child_.pid() > 1) ::kill(-child_.pid(), SIGKILL);
}

/// False: the link is over, `lose` was called.
bool AgentLink::take(FrameReader& frames, bool* heard) {
  auto outcome = read_some(child_.out(), frames);
  if (!outcome || *outcome == ReadOutcome::End) return lose("its pipe was closed"), false;
  *heard = *outcome == ReadOutcome::Data;
  for (;;) {
    auto document = frames.next();
    if (!document) return lose(document.error().message), false;
    if (!*document) return true;
    auto envelope = unpack<Answer>(**document);
    if (!envelope)
      return lose("it said what nobody understands: " + envelope.error().message), false;
    if (!std::holds_alternative<BeatBack>(envelope->say))
      deliver(envelope->id, std::move(envelope->say));
  }
}

std::string AgentLink::what_is_broken() {
  const std::lock_guard lock(mutex_);
  return broken_;
}

/// Reads, beats, and notices silence: an agent that answers no beat for a lease and two seconds is
/// stopped or stuck, and somebody else has to take back what it did.
void AgentLink::read_on(const std::stop_token& stop) {
  FrameReader frames;
  Heartbeat heartbeat(lease_, beats_.shortest_lease, monotonic_now());
  while (!stop.stop_requested()) {
    pollfd ready{child_.out(), POLLIN, 0};
    const std::string broken = what_is_broken();
    const Duration wait = std::clamp<Duration>(heartbeat.next() - monotonic_now(), 0ms, 100ms);
    ::poll(&ready, 1, static_cast<int>(wait / 1ms) + 1);
    bool heard = false;
    if (ready.revents != 0 && !take(frames, &heard)) return;
    // What it had said before that comes first: it may have said good-bye.
    if (!broken.empty() && !heard) return lose(broken);
    const Time now = monotonic_now();
    if (heard || !greeted_) heartbeat.heard(now);  // it may be taking back what others left
    switch (heartbeat.at(now, beats_.pulse ? beats_.pulse->age(now) : Duration(0))) {
      case Heartbeat::Due::Nothing:
        break;
      case Heartbeat::Due::Beat:
        if (greeted_) (void)send(Beat{});  // a failure breaks the link, which the next round sees
        break;
      case Heartbeat::Due::Lost: {
        {
          const std::lock_guard lock(mutex_);
          silent_ = true;
        }
        return lose("it has said nothing for " + human(heartbeat.silence(now)));
      }
    }
  }
}

}  // namespace gunflint
