#pragma once
/// What one second says about one condition.

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gunflint {

enum class Colour : std::uint8_t {
  Filling,  ///< the window has not been full since it was restarted; not judged
  Idle,     ///< nothing was due; not judged
  Unknown,  ///< there should be a value and there is none
  Green,
  Red
};
constexpr std::string_view name_of(Colour light) {
  switch (light) {
    case Colour::Green:
      return "green";
    case Colour::Red:
      return "red";
    default:
      return "unknown";
  }
}

/// One look at a value at the end of a second.
struct Look {
  Colour light = Colour::Filling;
  double value = std::numeric_limits<double>::quiet_NaN();
  double at = 0;                     ///< when the value was taken, seconds since t = 0
  std::uint64_t bad = 0, total = 0;  ///< samples behind a percentile or a ratio
  std::string which;                 ///< the series that decided, when there are several
  std::string why;                   ///< why it is unknown; why requests failed, when red
};

/// What is kept of a look for the whole run: 17 bytes a second.
struct JudgedSecond {
  float value = std::numeric_limits<float>::quiet_NaN();
  std::uint32_t bad = 0, total = 0;
  Colour light = Colour::Filling;
};

/// All seconds of one hypothesis, from second 0. Seconds that were never looked at are Filling.
class LightHistory {
 public:
  void put(int second, const Look& look);
  JudgedSecond at(int second) const;
  /// Why requests failed in the window that ends there; only of red seconds.
  std::string why(int second) const;
  int end() const { return static_cast<int>(seconds_.size()); }

 private:
  std::vector<JudgedSecond> seconds_;
  std::map<int, std::string> whys_;
};

}  // namespace gunflint
