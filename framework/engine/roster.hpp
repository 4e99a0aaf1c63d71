#pragma once
/// What is known of the targets' members, from what agents see each second.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gunflint/model/experiment.hpp"
#include "gunflint/model/message.hpp"

namespace gunflint {

class Roster {
 public:
  explicit Roster(const Experiment& experiment);

  /// Takes in one look and returns the event for the journal: with the members when their set or
  /// readiness changed, every 10 s, and always for targets whose values are not taken as a mean.
  TargetSeen saw(const MembersSeen& seen, Duration at);
  /// From now on `desired` is what was ready at the gate, unless an orchestrator says otherwise
  /// (semantics 29).
  void gate_passed();

  /// Members as last seen; empty also when the target was never or not lately seen (5 s).
  std::vector<MemberState> members(const std::string& target, Duration now) const;
  std::vector<Member> ready(const std::string& target, Duration now) const;
  bool seen_lately(const std::string& target, Duration now) const;
  /// Seen at or after `since`: what happened then is in that look.
  bool seen_since(const std::string& target, Duration since) const;
  /// When it was looked at last; nothing: never.
  std::optional<Duration> looked_at(const std::string& target) const;
  int desired(const std::string& target) const;

 private:
  struct Known {
    std::vector<MemberState> members;
    std::optional<Duration> seen, written;
    std::optional<int> at_gate, wanted;
    bool always_write = false;
  };
  std::map<std::string, Known> targets_;
  bool gate_passed_ = false;
};

}  // namespace gunflint
