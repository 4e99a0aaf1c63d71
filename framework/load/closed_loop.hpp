#pragma once
/// The users of a closed loop on one loop's share: who is there, and how many there shall be.

#include <vector>

#include "gunflint/base/units.hpp"
#include "gunflint/concepts/worker.hpp"
#include "gunflint/model/load_spec.hpp"

namespace gunflint {

class ClosedLoop {
 public:
  ClosedLoop(const std::vector<Stage>& stages, WorkShare share);

  /// How many the schedule wants at `t`, of all shares and of this one. The last stage's are kept.
  int wanted_of_all(Duration t) const;
  std::uint32_t wanted(Duration t) const;
  /// When that changes next, after `t`; never: Duration::max().
  Duration next_change(Duration t) const;

  std::uint32_t present() const { return present_; }
  /// Lets the first one in who is not there. Members are numbered across all shares, from 0.
  std::uint32_t add();
  /// Whether a member is still wanted.
  bool stays(std::uint32_t member, Duration t) const { return position_of(member) < wanted(t); }
  void leave(std::uint32_t member);

 private:
  struct Step {
    Duration from;
    int users;
  };
  std::uint32_t position_of(std::uint32_t member) const {
    return member / static_cast<std::uint32_t>(share_.n);
  }

  WorkShare share_;
  std::vector<Step> steps_;
  std::vector<bool> there_;
  std::uint32_t present_ = 0;
};

}  // namespace gunflint
