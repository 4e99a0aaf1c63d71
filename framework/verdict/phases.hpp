#pragma once
/// When it was before, fault, recovery and after (semantics 7 and 8), which seconds are excused and
/// in which ones a fault did not bite. Derived from injections and undos alone.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gunflint/model/event.hpp"
#include "gunflint/model/experiment.hpp"

namespace gunflint {

enum class Phase { Before, Fault, Recovery, After, Drain };
constexpr std::string_view name_of(Phase phase) {
  constexpr std::string_view names[] = {"before", "fault", "recovery", "after", "drain"};
  return names[static_cast<int>(phase)];
}

/// A stretch of whole seconds [from, to) and what it is.
struct Stretch {
  int from = 0, to = 0;
  Phase phase = Phase::Before;
  double lasted = 0;  ///< exact seconds; an instant fault has nearly none
};

class Phases {
 public:
  explicit Phases(const Experiment& experiment);

  void on(double at, const Injected& injected);
  void on(double at, const BiteRead& read);
  void on(double at, const BiteLost& lost);
  void on(double at, const FaultEnded& ended);
  void on(double at, const Undone& undone);
  void drain(double at);
  /// The recovery that began at the last all clear ended at this second.
  void recovered(int second);

  /// Whole seconds at which windows must restart, since the last call.
  std::vector<int> take_restarts();

  Phase phase() const { return stretches_.back().phase; }
  Phase phase_of(int second) const;
  /// All stretches, the last one open until `end`.
  std::vector<Stretch> stretches(int end) const;
  /// Inside the grace of an injection.
  bool in_grace(int second) const;
  /// The second at which windows begin anew after the last grace; 0 without any.
  int grace_over() const;
  /// A fault was active and known not to be in force.
  bool toothless(int second) const;

  bool any_active() const { return !active_.empty(); }
  const std::set<std::string>& active() const { return active_; }
  std::optional<double> first_injection() const { return first_injection_; }
  std::optional<double> all_clear() const { return all_clear_; }
  /// Start (first verified injection) and end of a fault.
  std::optional<double> began(const std::string& fault) const;
  std::optional<double> ended(const std::string& fault) const;

 private:
  struct Spell {  ///< [from, to) in exact seconds; open while `to` is absent
    double from = 0;
    std::optional<double> to;
  };
  struct Segment {
    int from = 0;
    Phase phase = Phase::Before;
    double exactly = 0;
  };
  void begin(Phase phase, int second, double exactly);
  void lose_bite(const std::string& injection, double at);
  void regain_bite(const std::string& injection, double at);

  std::map<std::string, double> graces_;  ///< fault -> seconds
  std::vector<Segment> stretches_{Segment{}};
  std::vector<Spell> in_grace_;
  std::vector<Spell> lost_;
  std::map<std::string, std::size_t> losing_;  ///< injection -> open entry of lost_
  std::map<std::string, std::string> fault_of_;
  std::set<std::string> active_;
  std::map<std::string, double> began_, ended_;
  std::optional<double> first_injection_, all_clear_;
  std::vector<int> restarts_;
};

}  // namespace gunflint
