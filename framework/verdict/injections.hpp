#pragma once
/// What became of each fault and of each undo.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gunflint/model/event.hpp"
#include "gunflint/model/experiment.hpp"
#include "gunflint/model/verdict.hpp"

namespace gunflint {

class Injections {
 public:
  explicit Injections(const Experiment& experiment) : experiment_(experiment) {}

  void on(double at, const Happening& what);

  /// The fault was left out or could not be injected: what waits for it waits in vain.
  std::optional<std::string> why_never(const std::string& fault) const;

  /// Did it happen, and did it bite?
  Finding fault_finding(const FaultSpec& fault, bool gate_failed) const;
  /// Is everything taken back, and was that seen?
  Finding undo_finding() const;
  /// Something stays behind, of this run or of its agents: a finding also without a fault.
  bool something_left() const { return !left_behind_.empty(); }
  bool nothing_injected() const { return injections_.empty(); }
  /// Names of faults that were injected at least once, in order of the file.
  std::vector<std::string> injected_faults() const;

 private:
  struct Injection {
    std::string fault, member, label;
    Bite bite;
    double from = 0, lost = 0;
    std::optional<double> lost_since, to;
    std::string lost_why;
    bool undone = false, gone = false;
    std::string undo_why;
    bool by_lease = false;  ///< ended before its time, because nobody told the agent to go on
  };
  struct Story {
    std::string skipped, refused;
    bool refused_fails = false;  ///< `on_timeout: fail`, `on_empty: fail`
    bool skip_counts = true, ended = false, started = false;
    std::set<std::string> not_injected;  ///< members that were asked and refused; not those gone
    std::vector<std::string> left_changed;
    std::string end_unknown;  ///< whether the victims were replaced could not be seen
  };
  void hear(double at, const FaultStarted&);
  void hear(double at, const FaultSkipped&);
  void hear(double at, const Injected&);
  void hear(double at, const InjectionFailed&);
  void hear(double at, const BiteRead&);
  void hear(double at, const BiteLost&);
  void hear(double at, const Undone&);
  void hear(double at, const FaultEnded&);
  void hear(double at, const LeftBehind&);
  void hear(double at, const LeftChanged&);
  /// How many were undone, lost their process, or were acts (a kill), in a sentence.
  static std::string taken_back(int undone, int gone, int acts);
  Finding bite_finding(const FaultSpec& fault, const Story& story) const;
  /// Semantics 27 and 32: of those that were to be under the fault, were enough?
  static void count_members(Finding& bitten, const FaultSpec& fault, const Story& story,
                            const std::set<std::string>& members);

  const Experiment& experiment_;
  std::map<std::string, Injection> injections_;
  std::map<std::string, Story> stories_;
  std::vector<LeftBehind> left_behind_;
};

}  // namespace gunflint
