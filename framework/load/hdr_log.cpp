#include "load/hdr_log.hpp"

#include <bit>
#include <ctime>

#include <fmt/format.h>

#include "base/base64.hpp"
#include "load/deflate.hpp"

namespace gunflint {
namespace {

// The lowest nibble's 0x10 says "word size 1: LEB128", as V2 has it.
constexpr std::uint32_t payload_cookie = 0x1c849303 | 0x10;
constexpr std::uint32_t compressed_cookie = 0x1c849304 | 0x10;
constexpr std::uint32_t significant_digits = 2;
constexpr std::uint64_t lowest = 1;
constexpr std::uint64_t highest = (std::uint64_t{1} << 42) - 1;  // 73 minutes in nanoseconds

void put_big_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i) & 0xff);
}

/// LEB128 of at most 9 bytes: the ninth holds 8 bits.
void put_zig_zag(std::string& out, std::int64_t value) {
  std::uint64_t left =
      static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
  for (int i = 0; i < 8 && left >= 0x80; ++i, left >>= 7) out += static_cast<char>(left | 0x80);
  out += static_cast<char>(left);
}

std::string without_separators(std::string text) {
  for (char& c : text)
    if (c == ',' || static_cast<unsigned char>(c) <= ' ') c = '_';
  return text;
}

}  // namespace

std::string hdr_payload(const Histogram& histogram) {
  std::string counts;
  const auto& all = histogram.counts();
  for (std::size_t i = 0; i < all.size();) {
    std::size_t zeros = 0;
    while (i + zeros < all.size() && all[i + zeros] == 0) ++zeros;
    if (i + zeros == all.size()) break;  // nothing above the largest value
    if (zeros > 1)
      put_zig_zag(counts, -static_cast<std::int64_t>(zeros));
    else
      put_zig_zag(counts, static_cast<std::int64_t>(all[i]));
    i += std::max<std::size_t>(zeros, 1);
  }
  std::string out;
  put_big_endian(out, payload_cookie, 4);
  put_big_endian(out, counts.size(), 4);
  put_big_endian(out, 0, 4);  // normalizing index offset
  put_big_endian(out, significant_digits, 4);
  put_big_endian(out, lowest, 8);
  put_big_endian(out, highest, 8);
  put_big_endian(out, std::bit_cast<std::uint64_t>(1.0), 8);  // integer to double
  return out + counts;
}

std::string hdr_text(const Histogram& histogram) {
  const std::string compressed = deflate(hdr_payload(histogram));
  std::string out;
  put_big_endian(out, compressed_cookie, 4);
  put_big_endian(out, compressed.size(), 4);
  return to_base64(out + compressed);
}

HdrLog::HdrLog(const std::vector<LoadSpec>& loads) : several_loads_(loads.size() > 1) {
  for (const auto& load : loads) several_journeys_ |= load.journeys.size() > 1;
}

std::string HdrLog::head(WallTime start) const {
  const double epoch = std::chrono::duration<double>(start.time_since_epoch()).count();
  return fmt::format(
      "#[gunflint {}: latency in nanoseconds, from the time each request was due]\n"
      "#[Histogram log format version 1.3]\n"
      "#[BaseTime: {:.3f} (seconds since epoch)]\n"
      "#[StartTime: {:.3f} (seconds since epoch), {}]\n"
      "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n",
      GUNFLINT_VERSION, epoch, epoch, print(start));
}

std::string HdrLog::tag(const Slice& slice, const StepSlice& step) const {
  std::string name;
  if (several_loads_) name += slice.load + "/";
  if (several_loads_ || several_journeys_) name += step.journey + "/";
  return without_separators(name + step.step);
}

namespace {
/// Interval_Max is in milliseconds, by custom; readers take the true one from the histogram.
std::string interval(int second, const Histogram& histogram) {
  return fmt::format("{:.3f},1.000,{:.3f},{}\n", static_cast<double>(second),
                     seconds(histogram.max()) * 1e3, hdr_text(histogram));
}
}  // namespace

std::string HdrLog::add(const Slice& slice) {
  std::string out;
  if (slice.second != second_) out = end();
  second_ = slice.second;
  if (slice.warm_up) return out;
  for (const auto& step : slice.steps) {
    if (step.latency.empty()) continue;
    whole_.merge(step.latency);
    tagged_ += "Tag=" + tag(slice, step) + "," + interval(slice.second, step.latency);
  }
  return out;
}

std::string HdrLog::end() {
  std::string out;
  if (!whole_.empty()) out = interval(second_, whole_) + tagged_;
  whole_.clear();
  tagged_.clear();
  return out;
}

}  // namespace gunflint
