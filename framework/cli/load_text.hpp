#pragma once
/// What a load came to, for people: a page of text.

#include <string>
#include <vector>

#include "cli/load_order.hpp"
#include "cli/load_stage_sums.hpp"
#include "cli/load_thresholds.hpp"
#include "load/summary.hpp"
#include "report/style.hpp"

namespace gunflint {

/// The end of `gunflint load`.
struct LoadResult {
  std::vector<LoadSummary> each;  ///< as the order's loads
  LoadSummary all;                ///< of all loads together
  std::vector<double> lengths;    ///< as `each`: seconds of traffic, warm-up left out
  double length = 0;              ///< of all
  std::vector<StageSum> stages;   ///< of all loads that have several, in order
  bool stopped = false;           ///< a signal ended it before its time
  std::vector<JudgedThreshold> judged;
};

std::string load_report(const LoadOrder& order, const LoadResult& result, const Style& style);

/// How far the generator itself was the limit. One sentence.
std::string generator_sentence(const LoadSummary& summary);

}  // namespace gunflint
