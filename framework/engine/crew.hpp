#pragma once
/// Everything that does things: agents, load workers, probes. Crew starts tasks and puts what comes
/// of them into the inbox; it decides nothing. One owner thread.

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "engine/agent_link.hpp"
#include "engine/inbox.hpp"
#include "gunflint/concepts/probe.hpp"
#include "gunflint/concepts/worker.hpp"

namespace gunflint {

/// Until t = 0 is set, times run from this long before it.
constexpr Duration before_everything = 24h;

/// How the program reaches the world; made by the command line.
struct CrewParts {
  /// The command that is the agent of this key ("local", "root", "api").
  std::function<std::vector<std::string>(const std::string& agent)> agent_argv;
  /// Whether this user may start it; asked before anything is touched, and in the foreground: it
  /// may ask the person at the terminal for a password.
  std::function<Result<void>(const std::string& agent)> admit;
  std::function<Result<std::unique_ptr<Worker>>(const std::vector<LoadSpec>&, OnSlice,
                                                OnWorkerLost)>
      make_worker;  ///< for those loads
  std::function<Result<std::unique_ptr<Probe>>(const ProbeSpec&, const std::string& metric)>
      make_probe;
  std::function<Result<std::unique_ptr<Probe>>(const AlertExpectation&)> make_alert_probe;
  /// What is here instead of a target without a member, for people.
  std::function<std::string(const TargetSpec&)> nearby;
};

class Crew {
 public:
  Crew(CrewParts parts, Inbox& inbox, std::string run, Duration lease);
  ~Crew();

  /// The shortest lease of any fault: agents hear of us often enough for it, as long as `pulse` is
  /// felt, which must outlive the crew.
  void set_beats(AgentLink::Beats beats) { beats_ = beats; }
  /// Opens an agent and keeps it. The Welcome says what it took back of dead runs.
  Result<Welcome> open_agent(const std::string& key);
  Result<std::vector<Member>> find_members(const std::string& agent, const TargetSpec& target);
  /// What is here instead of a target without a member, for people; may be empty.
  std::string nearby(const TargetSpec& target) const {
    return parts_.nearby ? parts_.nearby(target) : std::string();
  }
  Result<FaultExamined> examine(const std::string& agent, const ExamineFault& what);
  Result<void> watch(const std::string& agent, const TargetSpec& target);
  /// Starts a worker and lets it check what it needs.
  Result<void> prepare_load(const std::vector<LoadSpec>& loads, std::uint64_t seed);
  Result<void> begin_load(Time at);

  /// t = 0; readings before it have negative times.
  void set_start(Time at) { start_ = at.time_since_epoch().count(); }
  void start(const Task& task);
  /// Asks every 5 s whether the alert fires.
  void watch_alert(const AlertExpectation& alert);

 private:
  struct Reader {
    std::jthread thread;
  };
  void start_probe(const std::string& key, Duration every, Result<std::unique_ptr<Probe>> made);
  void recover(const std::string& agent);
  void close_agents();
  Duration since_start() const;

  CrewParts parts_;
  Inbox& inbox_;
  std::string run_;
  Duration lease_;
  AgentLink::Beats beats_;
  std::atomic<Duration::rep> start_;
  std::map<std::string, std::unique_ptr<AgentLink>> agents_;
  std::unique_ptr<Worker> worker_;
  std::map<std::string, Reader> probes_;
  std::vector<std::jthread> recoveries_;
  std::set<std::string> recovering_;  ///< agents whose end a recovery tells, not their own farewell
};

}  // namespace gunflint
