#pragma once
/// Draws of a run: every one follows from the run's seed and a name ("lose one/2"), so the same
/// file with the same seed draws the same members in the same order on every machine.

#include <cstdint>
#include <string_view>

namespace gunflint {

/// SplitMix64 (Steele, Lea, Flood 2014), started from an FNV-1a hash of seed and name.
class Draw {
 public:
  Draw(std::uint64_t seed, std::string_view name) : state_(14695981039346656037ull) {
    for (int i = 0; i < 8; ++i) mix(static_cast<unsigned char>(seed >> (8 * i)));
    for (const char c : name) mix(static_cast<unsigned char>(c));
  }
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }
  /// Uniform in [0, n), n > 0; without bias.
  std::uint64_t below(std::uint64_t n) {
    const std::uint64_t rest = (0 - n) % n;
    for (;;)
      if (const std::uint64_t x = next(); x >= rest) return x % n;
  }
  /// Uniform in [0, 1).
  double share() { return static_cast<double>(next() >> 11) * 0x1p-53; }

 private:
  void mix(unsigned char byte) { state_ = (state_ ^ byte) * 1099511628211ull; }
  std::uint64_t state_;
};

}  // namespace gunflint
