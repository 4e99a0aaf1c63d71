#pragma once
/// All injections of a run: what was asked of which agent, what is in force, what is still to be
/// taken back. Nothing is forgotten here: an injection is open until its undo is confirmed or
/// reported as left behind.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/run_sink.hpp"

namespace gunflint {

struct OpenInjection {
  /// Asked: no answer yet. InForce: injected. Restoring: taken back on request. Lost: its agent is
  /// gone. Closed: nothing (more) to undo.
  enum class State { Asked, InForce, Restoring, Lost, Closed };
  std::string id, fault, agent;
  Member member;
  State state = State::Asked;
  bool instant = false;
  bool takes_away = false;    ///< its member serves nobody meanwhile
  bool heals_alone = false;   ///< and afterwards, until the platform has replaced it
  bool injected = false;      ///< an Injected event was written
  bool failed = false;        ///< it could not be injected
  std::string nothing_to_do;  ///< the host was already as asked
  bool abandoned = false;     ///< take it back as soon as it is in force
  bool told_left = false;     ///< that it was left behind, after it had failed
  Duration asked{};           ///< when inject, then restore, was asked, or its agent was lost
  Duration closed{};          ///< when State::Closed was reached
  Duration last_bite{};       ///< when it was last seen in force
  bool bite_lost = false;
  bool bite_doubted = false;  ///< since then it was not in force, or nobody could say
  std::string why_doubted;
};

class OpenInjections {
 public:
  /// `run` makes ids and tags unique: "<run>.1", "gf-" and ten characters.
  OpenInjections(RunSink& sink, std::string run) : sink_(sink), run_(std::move(run)) {}

  struct Order {
    std::string fault, type, agent;
    Value params;
    Member member;
    Duration lasting{};
    OnDisconnect on_disconnect = OnDisconnect::Restore;
    Duration lease{};  ///< 0: the agent's
    bool instant = false;
    bool takes_away = false, heals_alone = false;
  };
  /// Asks for one injection and returns its id.
  std::string start(Duration now, const Order& order);
  /// Asks for the undo; asking twice is once.
  void take_back(Duration now, const std::string& id);
  void take_back_all(Duration now);

  void on(Duration now, const std::string& agent, const Answer& answer);
  void agent_gone(Duration now, const std::string& agent);
  void agent_done(Duration now, const AgentDone& done);
  /// Bites that were lost, answers that never came.
  void check(Duration now);

  const OpenInjection& at(const std::string& id) const { return all_.at(id); }
  bool all_closed() const;
  /// Members under a fault right now, once for each injection.
  std::vector<Member> under_fault() const;
  /// Members that are away by our doing, whatever the last look at them (at `looked`) says: their
  /// fault is open, or closed so late that the look cannot have seen its end. Of every target: two
  /// may find the same process (`same_member`).
  std::vector<Member> taken(Duration looked) const;
  std::optional<Duration> next_wake() const;
  /// Injected events and closings are told to the fault's course.
  std::function<void(Duration, const OpenInjection&)> on_injected, on_closed;

 private:
  OpenInjection* find(const std::string& id);
  void injected(Duration now, OpenInjection& i, const InjectDone& done);
  void refused(Duration now, OpenInjection& i, const std::string& cause, const std::string& why);
  void restored(Duration now, OpenInjection& i, const RestoreDone& done);
  void bitten(Duration now, OpenInjection& i, const BiteSeen& seen);
  void check_bite(Duration now, OpenInjection& i);
  void close(Duration now, OpenInjection& i);
  void leave_behind(Duration now, OpenInjection& i, const std::string& why, const std::string& what,
                    const std::string& command);

  RunSink& sink_;
  std::string run_;
  int last_ = 0;
  std::map<std::string, OpenInjection> all_;
  std::vector<std::string> order_;  ///< ids in order of injection
};

}  // namespace gunflint
