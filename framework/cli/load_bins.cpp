#include "cli/load_bins.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include <fmt/format.h>

#include "load/summary.hpp"
#include "report/words.hpp"

namespace gunflint {
namespace {

using Nanos = std::int64_t;

/// The largest value of a bucket, which quantile() gives for all of it.
Nanos top_of_bucket(std::size_t bucket) {
  constexpr std::size_t sub = 128;
  const auto lower = [](std::size_t b) {
    return b < sub ? static_cast<Nanos>(b) : static_cast<Nanos>(sub + b % sub) << (b / sub - 1);
  };
  return lower(bucket + 1) - 1;
}

/// A way to choose edges: the same in each decade, or all equally far apart.
struct Edges {
  std::vector<Nanos> leads;  ///< in hundredths, from 100 to below 1000
  Nanos step = 0;            ///< 0: by `leads`

  /// The largest edge that is not above `value`.
  Nanos at_or_below(Nanos value) const {
    if (step > 0) return value / step * step;
    Nanos unit = 1000;  // nothing is told apart below 1 us
    if (value < unit) return 0;
    while (unit <= value / 10) unit *= 10;
    Nanos edge = unit;
    for (const Nanos lead : leads)
      if (unit / 100 * lead <= value) edge = unit / 100 * lead;
    return edge;
  }
  /// The next edge above `edge`, which is one.
  Nanos after(Nanos edge) const {
    if (step > 0) return edge + step;
    Nanos unit = 1000;
    if (edge < unit) return unit;
    while (unit <= edge / 10) unit *= 10;
    for (const Nanos lead : leads)
      if (unit / 100 * lead > edge) return unit / 100 * lead;
    return unit * 10;
  }
  int bins(Nanos least, Nanos most) const {
    int count = 1;
    for (Nanos edge = after(at_or_below(least)); edge <= most && count < 99; edge = after(edge))
      ++count;
    return count;
  }
};

const Edges& finest() {
  static const Edges edges{{100, 120, 150, 200, 250, 300, 400, 500, 600, 800}};
  return edges;
}

/// The edges that come nearest to ten bins.
Edges edges_for(Nanos least, Nanos most) {
  // Of two that are equally near, the finer.
  std::vector<Edges> all{
      finest(), {{100, 150, 200, 300, 500, 700}}, {{100, 200, 500}}, {{100, 300}}, {{100}}};
  // Within a factor of six, bins of one width show the shape better. None is narrower than what is
  // printed of an edge, three digits, or than a bucket.
  Nanos unit = 1000;
  while (unit * 100 <= most / 10) unit *= 10;
  if (most / 6 <= least)
    for (Nanos decade = unit; decade <= most; decade *= 10)
      for (const Nanos lead : {100, 200, 250, 500})
        if (decade / 100 * lead % unit == 0) all.push_back({{}, decade / 100 * lead});
  const auto far_from_ten = [&](const Edges& e) { return std::abs(e.bins(least, most) - 10); };
  return *std::min_element(all.begin(), all.end(), [&](const Edges& a, const Edges& b) {
    return far_from_ten(a) < far_from_ten(b);
  });
}

}  // namespace

std::vector<LatencyBin> latency_bins(const Histogram& h) {
  std::vector<LatencyBin> bins;
  if (h.empty()) return bins;
  const Nanos least = h.quantile(0).count(), usual = h.quantile(0.999).count();
  const Nanos max = h.max().count();
  const Edges edges = edges_for(least, usual);
  const auto add = [&](Nanos from, Nanos to) { bins.push_back({Duration(from), Duration(to)}); };
  Nanos edge = edges.at_or_below(least);
  while (edge <= usual) {
    const Nanos next = edges.after(edge);
    add(edge, next);
    edge = next;
  }
  // The few beyond p99.9 are no reason for many empty rows.
  if (edge <= max && edges.after(edge) <= max)
    add(edge, finest().after(finest().at_or_below(max)));
  else if (edge <= max)
    add(edge, edges.after(edge));
  const auto& counts = h.counts();
  for (std::size_t bucket = 0; bucket < counts.size(); ++bucket) {
    if (counts[bucket] == 0) continue;
    const Duration value(std::min(max, top_of_bucket(bucket)));
    const auto bin = std::find_if(bins.begin(), bins.end() - 1,
                                  [&](const LatencyBin& one) { return value < one.to; });
    bin->count += counts[bucket];
  }
  return bins;
}

std::string bin_percent(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return "-";
  const double share = 100 * static_cast<double>(part) / static_cast<double>(whole);
  if (part > 0 && share < 0.05) return "<0.1 %";
  if (part < whole && share >= 99.95) return ">99.9 %";
  return fmt::format("{:.1f} %", share);
}

namespace {

/// A bar of eighths of a column; what is not nothing is seen.
std::string bar_of(double share, int width, bool unicode) {
  static constexpr std::array parts{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  if (!unicode)
    return std::string(
        static_cast<std::size_t>(std::max(share > 0 ? 1.0 : 0.0, share * width + 0.5)), '#');
  const int eighths = std::max(share > 0 ? 1 : 0, static_cast<int>(share * width * 8 + 0.5));
  std::string out;
  for (int i = 0; i < eighths / 8; ++i) out += "█";
  return out + parts[static_cast<std::size_t>(eighths % 8)];
}

/// "p50 p90 p95", or "p50 - p95" where that is too long, or nothing.
std::string marks_of(const LatencyBin& bin, const Histogram& h, std::size_t room) {
  std::string all, first, last;
  for (const auto& p : shown_percentiles()) {
    const Duration at = h.quantile(p.q);
    if (at < bin.from || at >= bin.to) continue;
    all += (all.empty() ? "" : " ") + std::string(p.title);
    if (first.empty()) first = p.title;
    last = p.title;
  }
  if (all.size() > room && first != last) all = first + " - " + last;
  return all.size() > room ? "" : all;
}

std::string grouped_count(std::uint64_t n) { return grouped(static_cast<double>(n)); }

}  // namespace

std::vector<std::string> distribution_rows(const Histogram& h, const Style& style) {
  std::vector<std::string> lines;
  const auto bins = latency_bins(h);
  std::uint64_t most = 0;
  for (const auto& bin : bins) most = std::max(most, bin.count);
  const bool wide = style.width >= 75;
  const std::size_t counts = wide ? 11 : grouped_count(most).size() + 1;
  const std::size_t room = static_cast<std::size_t>(style.width - 1),
                    shares = 17 + counts + 9 > room ? 0 : 9;
  const std::size_t before = 17 + counts + shares + 2;
  // Bars first, then what stands behind them.
  const std::size_t left = room > before ? room - before : 0;
  const auto bar = std::min<std::size_t>(left >= 36   ? left - 20
                                         : left >= 18 ? left - 13
                                                      : left,
                                         48);
  for (const auto& bin : bins) {
    const double share = static_cast<double>(bin.count) / static_cast<double>(most);
    const std::string drawn = bar < 3 ? "" : bar_of(share, static_cast<int>(bar), style.unicode);
    const std::size_t taken = before + columns(drawn) + 2;
    const std::string marks = marks_of(bin, h, room > taken ? room - taken : 0);
    const std::string share_cell = shares > 0 ? bin_percent(bin.count, h.count()) : "";
    lines.push_back(fmt::format("  {:>6} - {:<6}{:>{}}{:>{}}  {}{}", human(bin.from), human(bin.to),
                                grouped_count(bin.count), counts, share_cell, shares,
                                inked(style, Ink::Blue, drawn),
                                marks.empty() ? "" : "  " + inked(style, Ink::Dim, marks)));
  }
  return lines;
}

}  // namespace gunflint
