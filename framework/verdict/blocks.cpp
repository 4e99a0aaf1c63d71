#include "verdict/blocks.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace gunflint {
namespace {

constexpr int resamples = 500;

/// As many blocks as there are, drawn with replacement.
Block draw(const std::vector<Block>& blocks, std::mt19937_64& random) {
  Block sum;
  for (std::size_t i = 0; i < blocks.size(); ++i) sum.add(blocks[random() % blocks.size()]);
  return sum;
}

Block sum_of(const std::vector<Block>& blocks) {
  Block sum;
  for (const auto& block : blocks) sum.add(block);
  return sum;
}

double ratio(double value, double base) {
  if (base == 0) return value == 0 ? 1 : std::numeric_limits<double>::infinity();
  return value / base;
}

Interval points_of(std::vector<double> drawn, double estimate) {
  std::sort(drawn.begin(), drawn.end());
  const auto last = static_cast<double>(drawn.size() - 1);
  return {estimate, drawn[static_cast<std::size_t>(std::lround(0.05 * last))],
          drawn[static_cast<std::size_t>(std::lround(0.95 * last))]};
}

}  // namespace

void Block::add(const Block& other) {
  load.add(other.load);
  sum += other.sum;
  readings += other.readings;
  seconds += other.seconds;
}

std::optional<double> value_of(const Block& block, const std::string& metric) {
  if (block.readings > 0) return block.sum / block.readings;
  return block.load.seconds > 0 ? value_of(block.load, metric) : std::nullopt;
}

void Blocks::push(const Block& second) {
  ++seconds_;
  if (blocks_.empty() || blocks_.back().seconds >= length_) {
    if (blocks_.size() == most) {
      for (std::size_t i = 0; i < most / 2; ++i) {
        Block joined = std::move(blocks_[2 * i]);
        joined.add(blocks_[2 * i + 1]);
        blocks_[i] = std::move(joined);
      }
      blocks_.resize(most / 2);
      length_ *= 2;
    }
    blocks_.emplace_back();
  }
  blocks_.back().add(second);
}

std::vector<Block> Blocks::whole() const {
  std::vector<Block> out = blocks_;
  if (!out.empty() && 2 * out.back().seconds < length_) out.pop_back();
  return out;
}

Block Blocks::total() const { return sum_of(blocks_); }

std::optional<Interval> bootstrap(const std::vector<Block>& blocks, const std::string& metric,
                                  std::uint64_t seed) {
  const auto estimate = value_of(sum_of(blocks), metric);
  if (!estimate) return std::nullopt;
  std::mt19937_64 random(seed);
  std::vector<double> drawn;
  for (int i = 0; i < resamples; ++i)
    if (const auto value = value_of(draw(blocks, random), metric)) drawn.push_back(*value);
  if (drawn.empty()) return std::nullopt;
  return points_of(std::move(drawn), *estimate);
}

std::optional<Interval> bootstrap_ratio(const std::vector<Block>& blocks,
                                        const std::vector<Block>& baseline,
                                        const std::string& metric, std::uint64_t seed) {
  const auto value = value_of(sum_of(blocks), metric), base = value_of(sum_of(baseline), metric);
  if (!value || !base) return std::nullopt;
  std::mt19937_64 random(seed);
  std::vector<double> drawn;
  for (int i = 0; i < resamples; ++i) {
    const auto v = value_of(draw(blocks, random), metric);
    const auto b = value_of(draw(baseline, random), metric);
    if (v && b) drawn.push_back(ratio(*v, *b));
  }
  if (drawn.empty()) return std::nullopt;
  return points_of(std::move(drawn), ratio(*value, *base));
}

}  // namespace gunflint
