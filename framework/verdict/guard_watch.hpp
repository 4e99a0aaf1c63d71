#pragma once
/// Abort conditions (semantics 41).

#include <optional>
#include <string>

#include "gunflint/model/experiment.hpp"
#include "gunflint/model/verdict.hpp"
#include "verdict/sli.hpp"

namespace gunflint {

class GuardWatch {
 public:
  explicit GuardWatch(const Guard& guard);

  Sli& sli() { return sli_; }
  void second(int second);

  bool tripped() const { return tripped_at_.has_value(); }
  std::optional<int> tripped_at() const { return tripped_at_; }
  const std::string& why() const { return why_; }
  const Guard& guard() const { return guard_; }
  Finding finding() const;

 private:
  Guard guard_;
  Sli sli_;
  int true_for_ = 0, blind_for_ = 0;
  std::optional<int> tripped_at_;
  std::string why_;
  Look last_, worst_;
};

}  // namespace gunflint
