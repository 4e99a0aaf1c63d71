#include "cli/load_bins.hpp"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

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

}  // namespace gunflint
