#pragma once
/// Log-linear histogram of durations: 128 buckets per octave, so a value read back is within 0.8 %
/// of the one recorded (HdrHistogram's idea; Tene 2012). Merging adds counts and loses nothing.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gunflint/base/units.hpp"

namespace gunflint {

class Histogram {
 public:
  /// Values are nanoseconds; negative ones count as 0, those above ~1 h as the last bucket.
  void record(Duration value, std::uint64_t times = 1);
  void merge(const Histogram& other);
  /// Requires that `other` was merged into this before (cumulative sums, bootstrap blocks).
  void subtract(const Histogram& other);
  void clear();

  std::uint64_t count() const { return count_; }
  bool empty() const { return count_ == 0; }
  /// The smallest value such that at least `q` of all are not above it (bucket's upper edge, but
  /// never above max()); q in [0, 1]. 0 when empty.
  Duration quantile(double q) const;
  Duration max() const { return max_; }  ///< exact; after subtract(): of the remaining buckets
  Duration mean() const;                 ///< from bucket centres
  /// How many fell into each bucket, from the smallest value on; not longer than needed. The layout
  /// is HdrHistogram's with 2 significant digits, 1 ns being the lowest value (load/hdr_log.hpp).
  const std::vector<std::uint64_t>& counts() const { return counts_; }
  /// How many are above `limit`. The bucket that holds `limit` counts by linear interpolation.
  double above(Duration limit) const;

  /// Sparse: varint pairs (gap, count), base64. decode(encode(h)) == h.
  std::string encode() const;
  static Result<Histogram> decode(std::string_view text);

  bool operator==(const Histogram& other) const;

 private:
  std::vector<std::uint64_t> counts_;  ///< grown on demand
  std::uint64_t count_ = 0;
  Duration max_{};
};

template <class T>
struct Codec;
class Reader;
class Value;
struct Shape;
template <>
struct Codec<Histogram> {
  static bool read(const Value&, Histogram& out, Reader&);
  static Value write(const Histogram&);
  static Shape shape();
};

}  // namespace gunflint
