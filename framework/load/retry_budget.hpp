#pragma once
/// How many requests may be tried again, as a share of those begun in the last ten seconds: so that
/// what was saved in a quiet hour is not spent on a system that is down.

#include <array>
#include <cstdint>

namespace gunflint {

class RetryBudget {
 public:
  static constexpr std::size_t seconds = 10;

  void begun() { ++now().begun; }
  /// Takes one from a budget of `share` (0 to 1), if one is left. At least one in ten seconds.
  bool take(double share) {
    std::uint64_t begun = 0, again = 0;
    for (const auto& second : ring_) begun += second.begun, again += second.again;
    if (again > 0 && static_cast<double>(again + 1) > share * static_cast<double>(begun))
      return false;
    ++now().again;
    return true;
  }
  void second_ended() {
    at_ = (at_ + 1) % seconds;
    ring_[at_] = {};
  }

 private:
  struct Second {
    std::uint64_t begun = 0, again = 0;
  };
  Second& now() { return ring_[at_]; }

  std::array<Second, seconds> ring_{};
  std::size_t at_ = 0;
};

}  // namespace gunflint
