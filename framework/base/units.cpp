#include "gunflint/base/units.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <ctime>

#include <fmt/format.h>

namespace gunflint {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};
constexpr std::array duration_units{
    Unit{"ns", 1},
    Unit{"us", 1'000},
    Unit{"µs", 1'000},
    Unit{"ms", 1'000'000},
    Unit{"s", 1'000'000'000},
    Unit{"sec", 1'000'000'000},
    Unit{"m", 60'000'000'000},
    Unit{"min", 60'000'000'000},
    Unit{"h", 3'600'000'000'000},
    Unit{"d", 86'400'000'000'000},
};

bool is_space(char c) { return c == ' ' || c == '\t'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// Takes "12", "1.5" from the front of `text`.
std::optional<double> take_number(std::string_view& text) {
  std::size_t n = 0;
  while (n < text.size() && (is_digit(text[n]) || text[n] == '.')) ++n;
  if (n == 0) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + n, value);
  if (error != std::errc() || end != text.data() + n || !std::isfinite(value)) return std::nullopt;
  text.remove_prefix(n);
  return value;
}

std::string_view take_word(std::string_view& text) {
  std::size_t n = 0;
  while (n < text.size() && !is_digit(text[n]) && !is_space(text[n])) ++n;
  const auto word = text.substr(0, n);
  text.remove_prefix(n);
  return word;
}

Failure bad(std::string message) { return fail(Cause::BadInput, std::move(message)); }

}  // namespace

Result<Duration> parse_duration(std::string_view whole) {
  std::string_view text = trim(whole);
  if (text.empty()) return bad("an empty text is no duration; write for example `30s` or `1m30s`");
  if (text.front() == '-') return bad(fmt::format("`{}` is negative; a duration is not", whole));
  if (text.find(':') != text.npos) {
    int minutes = 0, secs = 0;
    if (std::sscanf(std::string(text).c_str(), "%d:%d", &minutes, &secs) == 2)
      return bad(
          fmt::format("`{}` could mean minutes or hours; write `{}m{}s`", whole, minutes, secs));
  }
  double total = 0;
  while (!text.empty()) {
    const auto number = take_number(text);
    if (!number)
      return bad(
          fmt::format("`{}` is no duration; write for example `400ms`, `30s` or `1m30s`", whole));
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    const auto word = take_word(text);
    if (word.empty())
      return bad(
          fmt::format("`{}` has no unit; write `{}s` or `{}ms`", whole, trim(whole), trim(whole)));
    std::int64_t scale = 0;
    for (const auto& unit : duration_units)
      if (unit.name == word) scale = unit.nanoseconds;
    if (scale == 0)
      return bad(fmt::format("`{}` is no unit of time; write `us`, `ms`, `s`, `m` or `h`", word));
    total += *number * static_cast<double>(scale);
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  }
  constexpr double longest = 366.0 * 86'400e9;
  if (total > longest) return bad(fmt::format("`{}` is longer than a year", whole));
  return Duration(static_cast<std::int64_t>(std::llround(total)));
}

Result<Rate> parse_rate(std::string_view whole) {
  std::string_view text = trim(whole);
  const auto number = take_number(text);
  if (!number) return bad(fmt::format("`{}` is no rate; write for example `50/s`", whole));
  const auto unit = trim(text);
  if (unit == "/s" || unit == "/sec" || unit == "rps" || unit == "/second") return Rate{*number};
  if (unit == "/m" || unit == "/min" || unit == "/minute") return Rate{*number / 60};
  if (unit == "/h" || unit == "/hour") return Rate{*number / 3600};
  if (unit.empty())
    return bad(
        fmt::format("`{}` has no unit; write `{}/s` or `{}/min`", whole, trim(whole), trim(whole)));
  return bad(
      fmt::format("`{}` is no rate; write for example `50/s`, `100/min` or `500rps`", whole));
}

Result<Share> parse_share(std::string_view whole) {
  std::string_view text = trim(whole);
  const auto number = take_number(text);
  if (!number) return bad(fmt::format("`{}` is no share; write for example `50%`", whole));
  const auto unit = trim(text);
  if (unit == "%") return Share{*number / 100};
  if (unit.empty()) {
    if (*number < 1 && *number > 0)
      return bad(
          fmt::format("`{}` has no unit; did you mean `{}%`?", whole, print_number(*number * 100)));
    return bad(fmt::format("`{}` has no unit; did you mean `{}%`?", whole, print_number(*number)));
  }
  return bad(fmt::format("`{}` is no share; write for example `50%`", whole));
}

Result<Bytes> parse_bytes(std::string_view whole) {
  std::string_view text = trim(whole);
  const auto number = take_number(text);
  if (!number) return bad(fmt::format("`{}` is no size; write for example `512MiB`", whole));
  const auto unit = trim(text);
  struct Size {
    std::string_view name;
    double factor;
  };
  constexpr std::array sizes{Size{"B", 1},
                             Size{"kB", 1e3},
                             Size{"KB", 1e3},
                             Size{"MB", 1e6},
                             Size{"GB", 1e9},
                             Size{"TB", 1e12},
                             Size{"KiB", 1024},
                             Size{"MiB", 1048576},
                             Size{"GiB", 1073741824.0},
                             Size{"TiB", 1099511627776.0}};
  for (const auto& size : sizes)
    if (size.name == unit)
      return Bytes{static_cast<std::uint64_t>(std::llround(*number * size.factor))};
  if (unit.empty())
    return bad(
        fmt::format("`{}` has no unit; write `{}MiB` or `{}B`", whole, trim(whole), trim(whole)));
  if (!unit.empty()) {
    const char c = static_cast<char>(std::toupper(static_cast<unsigned char>(unit.front())));
    if (c == 'K' || c == 'M' || c == 'G' || c == 'T')
      return bad(fmt::format("`{}`: {}B (powers of 1000) or {}iB (powers of 1024)?", whole,
                             c == 'K' ? "k" : std::string(1, c), c));
  }
  return bad(fmt::format("`{}` is no size; write for example `512MiB` or `10MB`", whole));
}

std::string print_number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  if (value == std::round(value) && std::abs(value) < 1e15)
    return fmt::format("{}", static_cast<std::int64_t>(value));
  std::string text = fmt::format("{:.15g}", value);
  if (double back = 0;
      std::from_chars(text.data(), text.data() + text.size(), back).ec == std::errc() &&
      back != value)
    text = fmt::format("{}", value);
  return text;
}

std::string print(Duration duration) {
  std::int64_t left = duration.count();
  if (left == 0) return "0s";
  std::string out = left < 0 ? "-" : "";
  if (left < 0) left = -left;
  struct Step {
    std::string_view name;
    std::int64_t size;
  };
  for (const auto& [name, size] :
       {Step{"h", 3'600'000'000'000}, Step{"m", 60'000'000'000}, Step{"s", 1'000'000'000},
        Step{"ms", 1'000'000}, Step{"us", 1'000}, Step{"ns", 1}})
    if (left >= size) {
      out += fmt::format("{}{}", left / size, name);
      left %= size;
    }
  return out;
}

std::string print(Rate rate) {
  if (rate.per_second != 0 && rate.per_second < 1) {
    const double per_minute = rate.per_second * 60;
    if (per_minute == std::round(per_minute)) return print_number(per_minute) + "/min";
  }
  return print_number(rate.per_second) + "/s";
}

std::string print(Share share) {
  // 0.07 * 100 is 7.000000000000001: round to what a person wrote.
  const double percent = std::round(share.of_one * 1e12) / 1e10;
  return print_number(percent) + "%";
}

std::string print(Bytes bytes) {
  struct Size {
    std::string_view name;
    std::uint64_t size;
  };
  if (bytes.count == 0) return "0B";
  for (const auto& [name, size] :
       {Size{"TiB", 1ull << 40}, Size{"GiB", 1ull << 30}, Size{"MiB", 1ull << 20},
        Size{"KiB", 1ull << 10}, Size{"TB", 1'000'000'000'000}, Size{"GB", 1'000'000'000},
        Size{"MB", 1'000'000}, Size{"kB", 1'000}})
    if (bytes.count % size == 0) return fmt::format("{}{}", bytes.count / size, name);
  return fmt::format("{}B", bytes.count);
}

std::string human(Duration duration) {
  const double s = seconds(duration);
  const double a = std::abs(s);
  auto digits = [](double v, std::string_view unit) {
    const int after = std::abs(v) >= 100 ? 0 : std::abs(v) >= 10 ? 1 : 2;
    std::string text = fmt::format("{:.{}f}", v, after);
    if (text.find('.') != text.npos) {
      while (text.back() == '0') text.pop_back();
      if (text.back() == '.') text.pop_back();
    }
    return fmt::format("{}{}", text, unit);
  };
  if (a == 0) return "0s";
  if (a < 1e-6) return digits(s * 1e9, "ns");
  if (a < 1e-3) return digits(s * 1e6, "us");
  if (a < 0.9995) return digits(s * 1e3, "ms");
  if (a < 60) return digits(s, "s");
  const auto whole = static_cast<std::int64_t>(std::llround(a));
  const char* sign = s < 0 ? "-" : "";
  if (whole < 3600) return fmt::format("{}{}m{:02}s", sign, whole / 60, whole % 60);
  return fmt::format("{}{}h{:02}m", sign, whole / 3600, whole % 3600 / 60);
}

std::string print(WallTime time) {
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
  const std::time_t secs = ms / 1000 - (ms % 1000 < 0);
  std::tm parts{};
  gmtime_r(&secs, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     ms - secs * 1000);
}

Result<WallTime> parse_wall_time(std::string_view text) {
  std::tm parts{};
  int ms = 0;
  const std::string copy(text);
  const int read =
      std::sscanf(copy.c_str(), "%d-%d-%dT%d:%d:%d.%3dZ", &parts.tm_year, &parts.tm_mon,
                  &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &ms);
  if (read < 6)
    return bad(fmt::format("`{}` is no time; write for example `2026-11-22T18:20:05Z`", text));
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  return WallTime(std::chrono::seconds(timegm(&parts)) +
                  std::chrono::milliseconds(read == 7 ? ms : 0));
}

}  // namespace gunflint
