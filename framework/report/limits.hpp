#pragma once
/// The limits of an experiment that can be drawn: where the plots put a line, and on which side of
/// it the values may lie.

#include <string>
#include <vector>

#include "report/run_view.hpp"

namespace gunflint {

struct Limit {
  std::string name;                 ///< of the hypothesis or reaction
  std::string load, journey, step;  ///< for traffic
  std::string target;               ///< for members
  std::string metric;               ///< "p95", "error_rate", "ready"
  std::string text;                 ///< "p95 < 400ms"
  double value = 0;                 ///< base unit: seconds, share of one, count
  bool from_above = true;           ///< values must stay below
};

/// Of steady_state and reactions, those with a fixed number. Empty when the journal carries no
/// experiment that this version can read.
std::vector<Limit> limits_of(const RunView& view);

}  // namespace gunflint
