#pragma once
/// What a load came to, stage by stage. A second belongs to the stage in which it begins; what is
/// answered after the last stage is the last one's.

#include <string>
#include <vector>

#include "gunflint/model/load_spec.hpp"
#include "load/summary.hpp"

namespace gunflint {

struct StageSum {
  std::string load;
  std::string name;   ///< as written, or what it asks: "100/s for 30s"
  int number = 1;     ///< within the load, from 1
  double from = 0;    ///< its first second since t = 0
  double length = 0;  ///< seconds of it that passed, warm-up left out; 0: none counts
  LoadSummary sum;
};

/// Collects the seconds of one load. A load of one stage has no sums: they would be the load's.
class StageSums {
 public:
  explicit StageSums(const LoadSpec& load);
  void add(const Slice& slice);
  /// `ran`: when the traffic ended, since t = 0.
  std::vector<StageSum> finish(Duration ran) const;

 private:
  std::vector<StageSum> stages_;
  std::vector<int> ends_;  ///< first second that is no longer in the stage
};

}  // namespace gunflint
