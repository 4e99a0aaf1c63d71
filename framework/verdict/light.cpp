#include "verdict/light.hpp"

#include <algorithm>

namespace gunflint {

void LightHistory::put(int second, const Look& look) {
  if (second < 0) return;
  if (second >= end()) seconds_.resize(static_cast<std::size_t>(second) + 1);
  auto narrow = [](std::uint64_t n) {
    return static_cast<std::uint32_t>(
        std::min<std::uint64_t>(n, std::numeric_limits<std::uint32_t>::max()));
  };
  seconds_[static_cast<std::size_t>(second)] = {static_cast<float>(look.value), narrow(look.bad),
                                                narrow(look.total), look.light};
  if (look.light == Colour::Red && !look.why.empty()) whys_[second] = look.why;
}

JudgedSecond LightHistory::at(int second) const {
  return second >= 0 && second < end() ? seconds_[static_cast<std::size_t>(second)]
                                       : JudgedSecond{};
}

std::string LightHistory::why(int second) const {
  const auto found = whys_.find(second);
  return found == whys_.end() ? std::string() : found->second;
}

}  // namespace gunflint
