#pragma once
/// Quantities with their unit in the type, and how people write them.

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "gunflint/base/result.hpp"

namespace gunflint {

using Duration = std::chrono::nanoseconds;
using namespace std::chrono_literals;

/// CLOCK_MONOTONIC of one machine. Inside a run, times are Durations since t = 0 (load start).
struct MonotonicClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicClock, Duration>;
  static constexpr bool is_steady = true;
};
using Time = MonotonicClock::time_point;
/// CLOCK_REALTIME, for people and for Prometheus.
using WallTime = std::chrono::sys_time<Duration>;

constexpr double seconds(Duration d) { return std::chrono::duration<double>(d).count(); }
constexpr Duration from_seconds(double s) {
  return Duration(static_cast<Duration::rep>(s * 1e9 + (s < 0 ? -0.5 : 0.5)));
}

/// Events per second.
struct Rate {
  double per_second = 0;
  auto operator<=>(const Rate&) const = default;
};

/// A share of a whole: 1.0 is 100 %.
struct Share {
  double of_one = 0;
  auto operator<=>(const Share&) const = default;
};

struct Bytes {
  std::uint64_t count = 0;
  auto operator<=>(const Bytes&) const = default;
};

/// "400ms", "1m30s", "1m 30s", "1min", "2h", "250us". A bare number is BadInput with the fix.
/// Whole text must match; negative durations are refused.
Result<Duration> parse_duration(std::string_view text);
/// "50/s", "100/min", "500rps", "3.5/s".
Result<Rate> parse_rate(std::string_view text);
/// "90%", "0.5 %". A bare fraction is BadInput ("did you mean 1%?").
Result<Share> parse_share(std::string_view text);
/// "512MiB", "10MB", "4KiB", "100B". "10mb" is BadInput ("MB or MiB?").
Result<Bytes> parse_bytes(std::string_view text);

/// Shortest exact spelling that parses back to the same value: "1m30s", "400ms", "1.5s" is
/// "1s500ms".
std::string print(Duration duration);
std::string print(Rate rate);
std::string print(Share share);
std::string print(Bytes bytes);

/// For people: three significant digits and one unit: "412ms", "1.25s", "2m05s".
std::string human(Duration duration);
/// "2026-11-22T18:20:05.123Z"
std::string print(WallTime time);
Result<WallTime> parse_wall_time(std::string_view text);

/// A double without trailing zeros and without an exponent for ordinary sizes: "0.5", "3", "1250".
std::string print_number(double value);

}  // namespace gunflint
