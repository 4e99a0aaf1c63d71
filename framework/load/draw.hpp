#pragma once
/// Random numbers that depend only on (seed, number, purpose): every worker can draw for its own
/// arrivals without walking through those of the others.

#include <cstdint>

namespace gunflint {

enum class Purpose : std::uint64_t {
  Gap = 1,
  Journey = 2,
  Think = 3,
  Pause = 4,
  Row = 5,
  Trace = 6
};

/// SplitMix64's finaliser (Steele, Lea, Flood 2014).
constexpr std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

/// 64 even bits. `extra` tells apart several draws for one arrival.
constexpr std::uint64_t draw_bits(std::uint64_t seed, std::uint64_t number, Purpose purpose,
                                  std::uint64_t extra = 0) {
  constexpr std::uint64_t golden = 0x9e3779b97f4a7c15ull;
  const auto stream = mixed(seed + golden * static_cast<std::uint64_t>(purpose) + (extra << 8));
  return mixed(stream + golden * (number + 1));
}

/// Uniform in [0, 1), 53 bits.
constexpr double draw(std::uint64_t seed, std::uint64_t number, Purpose purpose,
                      std::uint64_t extra = 0) {
  return static_cast<double>(draw_bits(seed, number, purpose, extra) >> 11) * 0x1p-53;
}

}  // namespace gunflint
