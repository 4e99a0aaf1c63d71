#pragma once
/// Names of moments turned into times (semantics 2 to 4): stages are fixed by the file, faults
/// begin and end when they do. `plan` asks with the earliest and the latest times, Run with what
/// has happened.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gunflint/model/experiment.hpp"
#include "gunflint/model/plan.hpp"

namespace gunflint {

struct StageSpan {
  Duration begin{}, end{};
};

/// What is known of a fault. `never`: it was skipped or failed, so nothing can follow it.
struct FaultMoments {
  std::optional<Duration> begin, end, recovered;
  bool never = false;
  bool never_recovers = false;
};
using MomentsOf = std::function<FaultMoments(const std::string& fault)>;

/// When something starts, as far as it is known. `end` is set for `while` only.
struct StartMoment {
  std::optional<Duration> begin, end;
  bool never = false;
};

class Schedule {
 public:
  explicit Schedule(const Experiment& experiment);

  const std::vector<PlannedStage>& stages() const { return stages_; }
  /// By "stage" or "load.stage".
  std::optional<StageSpan> stage(const std::string& name) const;
  /// When the last stage has had its `for`; 0 without load.
  Duration stages_end() const { return stages_end_; }
  /// When a fault without a start moment begins: when the windows of the gate can be full.
  Duration gate_end() const { return gate_end_; }
  /// The start moment: for `at`, `after`, `while`, `after_recovery`, or the gate, shifted by `plus`
  /// (for `while` the end stays).
  StartMoment resolve(const Start& start, const MomentsOf& faults) const;
  /// "while surge", "1m30s after the start of surge".
  static std::string in_words(const Start& start);

 private:
  StartMoment of_name(Start::How how, const std::string& name, const MomentsOf& faults) const;
  std::vector<PlannedStage> stages_;
  Duration stages_end_{}, gate_end_{};
};

}  // namespace gunflint
