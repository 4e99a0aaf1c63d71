#pragma once
/// One execution, as a pure state machine: it is told the time and what happened, and answers with
/// events for the journal and tasks for the crew. No clock, no thread, no file.

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/fault_course.hpp"
#include "engine/phase_turns.hpp"
#include "engine/seconds.hpp"

namespace gunflint {

struct RunSetup {
  std::string id;
  Experiment experiment;
  std::uint64_t seed = 0;
  Duration hard_stop = 24h;
  int workers = 1;
  bool fail_fast = false;
  std::vector<std::string> agents;  ///< keys of those that are open
  std::function<std::string(const FaultKind&, const Value& params)> agent_of;
  std::function<const FaultKind*(const std::string&)> kind_of;
};

class Run : private RunSink {
 public:
  explicit Run(RunSetup setup);

  /// Times are since t = 0 and never go back. Events come in the journal's order.
  std::vector<Event> on(Duration now, const Input& input);
  /// What the crew has to start, in order; each task is handed out once.
  std::vector<Task> due() { return std::exchange(tasks_, {}); }
  /// When to send a Tick at the latest.
  std::optional<Duration> next_wake() const;

  bool over() const { return state_ == State::Over; }
  /// Draining, closing or over: nothing new is begun.
  bool ending() const { return state_ != State::Opening && state_ != State::Running; }
  const Judge& judge() const { return judge_; }
  const std::string& phase() const { return phases_.phase(); }
  const std::optional<Verdict>& verdict() const { return verdict_; }

 private:
  enum class State { Opening, Running, Draining, Closing, Over };

  void happen(Duration at, Happening what) override;
  void ask(Task task) override { tasks_.push_back(std::move(task)); }

  void take(Duration now, const Input& input);
  void begin(Duration now);
  void advance(Duration now);
  void run_on(Duration now);
  void start_stages(Duration now);
  void close_seconds(Duration now);
  void tell_news(Duration now);
  void follow_recoveries(Duration now);
  void follow_faults(Duration now);
  bool pass_gate(Duration now);
  bool everything_decided(Duration now) const;
  /// Ends the run: no arrival and no injection any more, everything is taken back.
  void end(Duration now, bool at_once);
  void drain(Duration now);
  void close(Duration now);
  void agent_done(Duration now, const AgentDone& done);
  void agent_ended(Duration now, const std::string& agent, const Closed& closed);
  void stopped_by_agent(Duration now, const std::string& agent);
  void finish(Duration now);
  void name_left_changed(Duration now);
  bool victims_are_seen() const;

  RunSetup setup_;
  Schedule schedule_;
  Judge judge_;
  Roster roster_;
  OpenInjections injections_;
  PhaseTurns phases_;
  Seconds seconds_;
  Surroundings around_;
  std::vector<std::unique_ptr<FaultCourse>> courses_;
  std::vector<Event> events_;
  std::vector<Task> tasks_;
  State state_ = State::Opening;
  std::size_t stages_started_ = 0;
  std::vector<PlannedStage> stages_;  ///< by begin
  bool gate_passed_ = false, failed_fast_ = false, signalled_ = false;
  Duration now_{};
  Duration deadline_{};  ///< of draining or closing
  Duration lost_at_{};   ///< when the last agent was lost
  std::set<std::string> open_agents_;
  std::set<std::string> recovering_;   ///< of these: lost, and a new one takes back what they left
  std::set<std::string> ended_;        ///< by themselves, with a word; nothing more comes of them
  std::set<std::string> left_behind_;  ///< what was told to be
  std::optional<Verdict> verdict_;
  std::optional<Refused> refused_;
};

}  // namespace gunflint
