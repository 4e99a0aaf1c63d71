#pragma once
/// The hand on a host: one thread, one poll loop. It injects what its coordinator asks for and
/// takes it back when asked, at the deadline, when the coordinator is silent or gone, when its
/// guardian is gone, and when it is told to end.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/holder_keeper.hpp"
#include "agent/injection.hpp"
#include "agent/ledger.hpp"
#include "agent/parts.hpp"
#include "host/keys.hpp"

namespace gunflint {

/// What an agent needs from the process it is in.
struct AgentSeat {
  int in = 0, out = 1;       ///< the coordinator
  int program = -1;          ///< this binary, for holders
  Fd guardian;               ///< pidfd; readable when the guardian is no more
  Fd to_guardian;            ///< one byte per beat, and words of one byte
  Fd signals;                ///< signalfd of SIGTERM and SIGHUP
  std::string id;            ///< of agent and ledger
  std::string folder;        ///< where ledgers lie
  std::string home;          ///< v2 cgroup of this process
  std::string guard_cgroup;  ///< of the guardian, while undo records exist
};

class Agent {
 public:
  Agent(const AgentParts& parts, AgentHost& host, AgentSeat seat);
  ~Agent();
  /// Until the end. 0: nothing is open; 5: something is, and the ledger says what.
  int run();

 private:
  using Kept = std::unique_ptr<Injection>;

  // agent.cpp: the loop
  Duration until_next() const;
  void wait_and_take();
  void take_input();
  void take_signals();
  void check_times();
  void leases_over(Duration silence);
  bool finished() const;
  int finish();
  void end_all(const std::string& by, bool also_kept);
  template <class Message>
  void say(std::uint64_t id, const Message& message) {
    say_document(pack<Answer>(id, message));
  }
  void say_document(const Value& document);
  void say_failed(std::uint64_t id, const Error& error, const std::string& injection = {});
  void flush();

  // agent_requests.cpp: what is asked
  void take(std::uint64_t id, const AgentRequest& request);
  void hello(std::uint64_t id, const Hello& ask);
  void welcome(std::uint64_t id, const Value& report);
  void find(std::uint64_t id, const FindMembers& ask);
  void watch(const WatchTarget& ask);
  void examine(std::uint64_t id, const ExamineFault& ask);
  void beat(std::uint64_t id);
  void run_task(std::uint64_t id, const Operation::Body& body, Duration deadline,
                std::function<void(const Value&)> on_word, const std::string& what);
  void poll_tasks(Time now);
  void answer_holders(Operation& operation, const Value& word);

  // agent_injections.cpp
  void inject(std::uint64_t id, const Inject& ask);
  void injecting_said(Injection& injection, Operation& operation, const Value& word);
  void injecting_ended(Injection& injection, bool late);
  Result<void> record(Injection& injection, const Value& saved);
  void restore_asked(std::uint64_t id, const Restore& ask);
  void take_back_now(Injection& injection, const std::string& by);
  void restoring_ended(Injection& injection, const Value& word, bool late);
  void close(Injection& injection);
  void report(Injection& injection);
  void start_bite(Injection& injection, Time now);
  void poll_injections(Time now);
  std::vector<std::string> left() const;

  struct Task {
    std::uint64_t id = 0;
    std::unique_ptr<Operation> operation;
  };
  struct Watching {
    WatchTarget ask;
    std::unique_ptr<Operation> operation;
    Time start_at{};
  };

  const AgentParts& parts_;
  AgentHost& host_;
  AgentSeat seat_;
  std::optional<Ledger> ledger_;
  KeyLocks keys_;
  HolderKeeper holders_;
  FrameReader input_;
  std::string output_;
  std::vector<Kept> injections_;
  std::vector<Task> tasks_;
  std::map<std::string, Watching> watches_;
  std::string run_, instead_of_;
  Duration lease_ = 3s;
  Duration last_heard_{};  ///< CLOCK_BOOTTIME
  Time opened_{}, next_beat_{}, planned_wake_{}, ending_since_{};
  std::string name_of_place() const { return parts_.place == Place::Api ? "api" : "host"; }
  bool recover_only_ = false;
  bool greeted_ = false, listening_ = true, ending_ = false, lease_over_ = false;
  std::string ended_why_;  ///< Closed::why
  std::uint64_t bye_ = 0;
  bool said_bye_ = false;
};

}  // namespace gunflint
