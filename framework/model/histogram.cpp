#include "gunflint/model/histogram.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "base/base64.hpp"
#include "gunflint/base/fields.hpp"

namespace gunflint {
namespace {

// Values below 2^7 ns have a bucket each; above, every octave has 2^7 buckets.
constexpr int sub_bits = 7;
constexpr std::uint64_t sub_count = 1u << sub_bits;
constexpr int top_octave = 42;  // 2^42 ns is 73 minutes
constexpr std::size_t bucket_count = (top_octave - sub_bits + 1) * sub_count;

std::size_t bucket_of(std::uint64_t ns) {
  if (ns < sub_count) return ns;
  const int octave = 63 - std::countl_zero(ns);
  if (octave >= top_octave) return bucket_count - 1;
  const int shift = octave - sub_bits;
  return static_cast<std::size_t>(shift + 1) * sub_count + ((ns >> shift) - sub_count);
}
std::uint64_t lower_edge(std::size_t bucket) {
  if (bucket < sub_count) return bucket;
  const auto shift = bucket / sub_count - 1;
  return (sub_count + bucket % sub_count) << shift;
}
/// First value that no longer belongs to the bucket.
std::uint64_t upper_edge(std::size_t bucket) { return lower_edge(bucket + 1); }

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::optional<std::vector<std::uint8_t>> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i < text.size(); i += 4) {
    std::uint32_t group = 0;
    int padding = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const char c = text[i + k];
      if (c == '=' && i + 4 == text.size() && k >= 2) {
        ++padding;
        group <<= 6;
        continue;
      }
      const auto at = alphabet.find(c);
      if (at == alphabet.npos || padding > 0) return std::nullopt;
      group = group << 6 | static_cast<std::uint32_t>(at);
    }
    bytes.push_back(static_cast<std::uint8_t>(group >> 16));
    if (padding < 2) bytes.push_back(static_cast<std::uint8_t>(group >> 8));
    if (padding < 1) bytes.push_back(static_cast<std::uint8_t>(group));
  }
  return bytes;
}

void put_varint(std::vector<std::uint8_t>& out, std::uint64_t n) {
  for (; n >= 128; n >>= 7) out.push_back(static_cast<std::uint8_t>(n | 128));
  out.push_back(static_cast<std::uint8_t>(n));
}
std::optional<std::uint64_t> take_varint(const std::vector<std::uint8_t>& in, std::size_t& at) {
  std::uint64_t n = 0;
  for (int shift = 0; shift < 64 && at < in.size(); shift += 7) {
    const auto byte = in[at++];
    n |= static_cast<std::uint64_t>(byte & 127) << shift;
    if (byte < 128) return n;
  }
  return std::nullopt;
}

}  // namespace

void Histogram::record(Duration value, std::uint64_t times) {
  if (times == 0) return;
  value = std::max(value, Duration(0));
  const auto bucket = bucket_of(static_cast<std::uint64_t>(value.count()));
  if (bucket >= counts_.size()) counts_.resize(bucket + 1);
  counts_[bucket] += times;
  count_ += times;
  max_ = std::max(max_, value);
}

void Histogram::merge(const Histogram& other) {
  if (other.counts_.size() > counts_.size()) counts_.resize(other.counts_.size());
  for (std::size_t i = 0; i < other.counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

void Histogram::subtract(const Histogram& other) {
  for (std::size_t i = 0; i < std::min(counts_.size(), other.counts_.size()); ++i)
    counts_[i] -= std::min(counts_[i], other.counts_[i]);
  count_ -= std::min(count_, other.count_);
  while (!counts_.empty() && counts_.back() == 0) counts_.pop_back();
  if (counts_.empty())
    max_ = Duration(0);
  else
    max_ = std::min(max_, Duration(static_cast<std::int64_t>(upper_edge(counts_.size() - 1) - 1)));
}

void Histogram::clear() {
  counts_.clear();
  count_ = 0;
  max_ = Duration(0);
}

Duration Histogram::quantile(double q) const {
  if (count_ == 0) return Duration(0);
  const auto rank = std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(
             std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_) - 1e-9)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= rank) return std::min(max_, Duration(static_cast<std::int64_t>(upper_edge(i) - 1)));
  }
  return max_;
}

Duration Histogram::mean() const {
  if (count_ == 0) return Duration(0);
  double sum = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i)
    if (counts_[i])
      sum += static_cast<double>(counts_[i]) *
             (static_cast<double>(lower_edge(i)) + static_cast<double>(upper_edge(i) - 1)) / 2;
  return Duration(static_cast<std::int64_t>(sum / static_cast<double>(count_)));
}

double Histogram::above(Duration limit) const {
  if (limit >= max_) return 0;
  const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(0, limit.count()));
  const auto bucket = bucket_of(ns);
  double above = 0;
  for (std::size_t i = bucket + 1; i < counts_.size(); ++i)
    above += static_cast<double>(counts_[i]);
  if (bucket < counts_.size()) {
    const auto low = static_cast<double>(lower_edge(bucket)),
               high = static_cast<double>(upper_edge(bucket));
    above +=
        static_cast<double>(counts_[bucket]) * (high - 1 - static_cast<double>(ns)) / (high - low);
  }
  return above;
}

std::string Histogram::encode() const {
  if (count_ == 0) return {};
  std::vector<std::uint8_t> bytes;
  put_varint(bytes, static_cast<std::uint64_t>(max_.count()));
  std::size_t last = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (!counts_[i]) continue;
    put_varint(bytes, i - last);
    put_varint(bytes, counts_[i]);
    last = i;
  }
  return to_base64({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

Result<Histogram> Histogram::decode(std::string_view text) {
  Histogram h;
  if (text.empty()) return h;
  const auto bytes = from_base64(text);
  auto broken = [] { return fail(Cause::BadInput, "not a histogram: the text is damaged"); };
  if (!bytes) return broken();
  std::size_t at = 0, bucket = 0;
  const auto max = take_varint(*bytes, at);
  if (!max || *max > static_cast<std::uint64_t>(INT64_MAX)) return broken();
  while (at < bytes->size()) {
    const auto gap = take_varint(*bytes, at);
    const auto count = gap ? take_varint(*bytes, at) : std::nullopt;
    if (!count || *gap >= bucket_count || (bucket += *gap) >= bucket_count) return broken();
    if (bucket >= h.counts_.size()) h.counts_.resize(bucket + 1);
    h.counts_[bucket] += *count;
    h.count_ += *count;
  }
  h.max_ = Duration(static_cast<std::int64_t>(*max));
  return h;
}

bool Histogram::operator==(const Histogram& other) const {
  if (count_ != other.count_ || max_ != other.max_) return false;
  const auto& longer = counts_.size() >= other.counts_.size() ? counts_ : other.counts_;
  const auto& shorter = counts_.size() >= other.counts_.size() ? other.counts_ : counts_;
  return std::equal(shorter.begin(), shorter.end(), longer.begin()) &&
         std::all_of(longer.begin() + static_cast<std::ptrdiff_t>(shorter.size()), longer.end(),
                     [](auto n) { return n == 0; });
}

bool Codec<Histogram>::read(const Value& v, Histogram& out, Reader& r) {
  if (!v.is_text()) return detail::wrong_kind(r, v, "a histogram");
  auto decoded = Histogram::decode(v.text());
  if (!decoded) return detail::report(r, v.mark, decoded.error());
  out = std::move(*decoded);
  return true;
}
Value Codec<Histogram>::write(const Histogram& h) { return Value(h.encode()); }
Shape Codec<Histogram>::shape() { return {.kind = Shape::Kind::Text, .title = "a histogram"}; }

}  // namespace gunflint
