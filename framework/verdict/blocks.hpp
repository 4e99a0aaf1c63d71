#pragma once
/// A phase of the run for the bootstrap (semantics 13): its seconds, summed in blocks of at least
/// 10 s. Neighbouring seconds resemble each other, so blocks are drawn, not seconds
/// (notes: Künsch 1989, moving-block bootstrap, here with disjoint blocks).

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "verdict/load_second.hpp"

namespace gunflint {

/// Traffic, or readings (their sum and number).
struct Block {
  SecondOfLoad load;
  double sum = 0;
  int readings = 0;
  int seconds = 0;

  void add(const Block& other);
};
std::optional<double> value_of(const Block& block, const std::string& metric);

/// At most 64 blocks: when there are more, neighbours are joined and all blocks are twice as long.
/// Memory is bounded however long a phase lasts.
class Blocks {
 public:
  void push(const Block& second);
  /// Whole blocks, and the last one when it is at least half full.
  std::vector<Block> whole() const;
  Block total() const;
  int seconds() const { return seconds_; }

 private:
  static constexpr std::size_t most = 64;
  int length_ = 10;  ///< seconds per block
  int seconds_ = 0;
  std::vector<Block> blocks_;
};

/// 5 % and 95 % points of a statistic under resampling.
struct Interval {
  double estimate = 0, low = 0, high = 0;
};
/// Of the metric over `blocks`. None when it has no value.
std::optional<Interval> bootstrap(const std::vector<Block>& blocks, const std::string& metric,
                                  std::uint64_t seed);
/// Of the metric over `blocks`, divided by that over `baseline`; both are resampled.
std::optional<Interval> bootstrap_ratio(const std::vector<Block>& blocks,
                                        const std::vector<Block>& baseline,
                                        const std::string& metric, std::uint64_t seed);

}  // namespace gunflint
