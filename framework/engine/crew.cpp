#include "engine/crew.hpp"

#include <cmath>
#include <condition_variable>
#include <mutex>

#include "verdict/judge.hpp"

namespace gunflint {
namespace {

/// A recovery agent comes again until the guardian has let go of the ledger.
constexpr int recovery_attempts = 10;

/// Waits until then, or until it is asked to stop.
void sleep_until(const std::stop_token& stop, Time until) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  const auto wait = until - monotonic_now();
  if (wait > 0s) never.wait_for(lock, stop, wait, [] { return false; });
}

ReadingTaken taken(const std::string& key, Result<Reading> read) {
  ReadingTaken reading;
  reading.probe = key;
  if (!read) {
    reading.unknown = read.error().message;
    return reading;
  }
  reading.text = std::move(read->text);
  // A NaN is no value (semantics 16), and JSON has no word for it.
  for (const auto& [series, value] : read->series)
    if (std::isfinite(value)) reading.series[series] = value;
  if (reading.series.empty() && reading.text.empty())
    reading.unknown = read->series.empty() ? "the answer is empty" : "the value is not a number";
  return reading;
}

}  // namespace

Crew::Crew(CrewParts parts, Inbox& inbox, std::string run, Duration lease)
    : parts_(std::move(parts)),
      inbox_(inbox),
      run_(std::move(run)),
      lease_(lease),
      start_((monotonic_now() + before_everything).time_since_epoch().count()) {}

Crew::~Crew() {
  for (auto& [key, reader] : probes_) reader.thread.request_stop();
  probes_.clear();
  worker_.reset();
  recoveries_.clear();
  agents_.clear();
}

Duration Crew::since_start() const {
  return monotonic_now().time_since_epoch() - Duration(start_.load());
}

Result<Welcome> Crew::open_agent(const std::string& key) {
  Hello hello;
  hello.version = GUNFLINT_VERSION;
  hello.run = run_;
  hello.lease = lease_;
  const auto answered = [this, key](Answer answer) {
    const Time now = monotonic_now();
    if (auto* seen = std::get_if<MembersSeen>(&answer))
      inbox_.put(TargetLooked{std::move(*seen), since_start()}, now);
    else
      inbox_.put(AgentSaid{key, std::move(answer)}, now);
  };
  const auto gone = [this, key](const std::string& why) {
    inbox_.put(AgentGone{key, why}, monotonic_now());
  };
  GF_TRY_AS(auto link, AgentLink::open(parts_.agent_argv(key), hello, answered, gone, beats_));
  const Welcome welcome = link->welcome();
  agents_[key] = std::move(link);
  return welcome;
}

Result<std::vector<Member>> Crew::find_members(const std::string& agent, const TargetSpec& target) {
  GF_TRY_AS(auto answer, agents_.at(agent)->call(FindMembers{target}, 15s));
  if (auto* found = std::get_if<MembersFound>(&answer)) return std::move(found->members);
  return fail(Cause::Unsupported, "the agent answered `find` with something else");
}

Result<FaultExamined> Crew::examine(const std::string& agent, const ExamineFault& what) {
  GF_TRY_AS(auto answer, agents_.at(agent)->call(what, 20s));
  if (auto* examined = std::get_if<FaultExamined>(&answer)) return std::move(*examined);
  return fail(Cause::Unsupported, "the agent answered `examine` with something else");
}

Result<void> Crew::watch(const std::string& agent, const TargetSpec& target) {
  return agents_.at(agent)->send(WatchTarget{target, 1s});
}

Result<void> Crew::prepare_load(const std::vector<LoadSpec>& loads, std::uint64_t seed) {
  if (loads.empty()) return {};
  GF_TRY_AS(
      worker_,
      parts_.make_worker(
          loads, [this](Slice slice) { inbox_.put(Sliced{std::move(slice)}, monotonic_now()); },
          [this](std::string why) {
            const bool as_asked = is_overload_abort(why);
            inbox_.put(WorkerGone{std::move(why), as_asked}, monotonic_now());
          }));
  return worker_->prepare(loads, seed, WorkShare{});
}

Result<void> Crew::begin_load(Time at) { return worker_ ? worker_->begin(at) : Result<void>(); }

void Crew::start(const Task& task) {
  if (const auto* ask = std::get_if<AskAgent>(&task)) {
    const auto link = agents_.find(ask->agent);
    if (link == agents_.end()) return;
    // A link that cannot be written to is lost, and says so itself: the inbox gets AgentGone.
    (void)link->second->send(ask->request);
  } else if (std::holds_alternative<StopLoad>(task)) {
    if (worker_) worker_->stop();
  } else if (const auto* probe = std::get_if<StartProbe>(&task)) {
    start_probe(probe->key, probe->every, parts_.make_probe(probe->of, probe->metric));
  } else if (const auto* stop = std::get_if<StopProbe>(&task)) {
    // Not joined here: a read may take its whole deadline.
    if (const auto it = probes_.find(stop->key); it != probes_.end())
      it->second.thread.request_stop();
  } else if (const auto* recovery = std::get_if<RecoverAgent>(&task)) {
    recover(recovery->agent);
  } else {
    close_agents();
  }
}

void Crew::watch_alert(const AlertExpectation& alert) {
  start_probe(probe_key(alert), 5s, parts_.make_alert_probe(alert));
}

void Crew::start_probe(const std::string& key, Duration every,
                       Result<std::unique_ptr<Probe>> made) {
  if (!made) {
    ReadingTaken reading;
    reading.probe = key;
    reading.unknown = made.error().message;
    inbox_.put(ReadingCame{reading, since_start()}, monotonic_now());
    return;
  }
  auto body = [this, key, every,
               reader = std::shared_ptr<Probe>(std::move(*made))](const std::stop_token& stop) {
    // On the beat, whatever a read takes; beats that a slow read has missed are left out.
    for (Time next = monotonic_now(); !stop.stop_requested();) {
      auto reading = taken(key, reader->read());
      if (stop.stop_requested()) return;
      inbox_.put(ReadingCame{std::move(reading), since_start()}, monotonic_now());
      const Time now = monotonic_now();
      next += every * (1 + std::max<Duration::rep>(0, (now - next) / every));
      sleep_until(stop, next);
    }
  };
  probes_[key].thread = std::jthread(std::move(body));
}

/// The agent is gone without a word: a new one in its place takes back what it left.
void Crew::recover(const std::string& agent) {
  recovering_.insert(agent);
  std::string lost;
  if (const auto link = agents_.find(agent); link != agents_.end()) {
    lost = link->second->welcome().agent;
    link->second->fence();
  }
  recoveries_.emplace_back([this, agent, lost, argv = parts_.agent_argv(agent),
                            run = run_](const std::stop_token& stop) {
    Hello hello;
    hello.version = GUNFLINT_VERSION;
    hello.run = run;
    hello.lease = 3s;
    hello.recover_only = true;
    hello.instead_of = lost;
    AgentDone done{agent, false, true, {}};
    for (int attempt = 0; attempt < recovery_attempts && !stop.stop_requested(); ++attempt) {
      if (attempt > 0) sleep_until(stop, monotonic_now() + attempt * 400ms);
      auto link = AgentLink::open(argv, hello);
      done.left.clear();
      if (!link) {
        done.left = {link.error().message};
        continue;
      }
      done.left = (*link)->welcome().left;
      if (auto closed = (*link)->farewell(20s); closed && !closed->clean)
        for (auto& left : closed->left) done.left.push_back(left);
      if (done.left.empty()) {
        done.clean = true;
        break;
      }
    }
    inbox_.put(std::move(done), monotonic_now());
  });
}

void Crew::close_agents() {
  for (auto& [key, link] : agents_) {
    if (recovering_.contains(key)) continue;
    link->farewell_later([this, agent = key](const Closed& closed) {
      inbox_.put(AgentDone{agent, closed.clean, false, closed.left, closed.why}, monotonic_now());
    });
  }
}

}  // namespace gunflint
