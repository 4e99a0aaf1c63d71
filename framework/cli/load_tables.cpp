#include "cli/load_tables.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace gunflint {
namespace {

/// Columns of a table by how much a reader would miss them; those that there is no room for are
/// left out.
struct TableColumn {
  const char* title;
  std::size_t width;
  int rank;  ///< 0 is left out last
};
template <std::size_t n>
std::array<bool, n> that_fit(const std::array<TableColumn, n>& all, std::size_t room) {
  std::array<bool, n> fit{};
  for (int rank = 0; rank < static_cast<int>(n); ++rank)
    for (std::size_t i = 0; i < n; ++i) {
      if (all[i].rank != rank) continue;
      if (all[i].width > room) return fit;
      fit[i] = true;
      room -= all[i].width;
    }
  return fit;
}

/// One row of the table of journeys and steps.
using PartCells = std::array<std::string, 6>;
struct PartTable {
  static constexpr std::array<TableColumn, 6> all{{{"ended", 10, 0},
                                                   {"failed", 9, 1},
                                                   {"p50", 9, 3},
                                                   {"p90", 9, 5},
                                                   {"p99", 9, 2},
                                                   {"max", 9, 4}}};
  explicit PartTable(const Style& s)
      : style(s), shown(that_fit(all, room_of(s) - 2 - (s.width >= 60 ? 16 : 8))) {
    std::size_t taken = 2;
    for (std::size_t i = 0; i < all.size(); ++i) taken += shown[i] ? all[i].width : 0;
    name = std::min<std::size_t>(room_of(s) > taken ? room_of(s) - taken : 8, 40);
  }
  std::string row(const std::string& label, const PartCells& cells) const {
    std::string text = "  " + padded(shortened(plain(label), name, style.unicode), name);
    for (std::size_t i = 0; i < all.size(); ++i)
      if (shown[i]) text += fmt::format("{:>{}}", cells[i], all[i].width);
    return text;
  }
  const Style& style;
  std::array<bool, 6> shown;
  std::size_t name = 0;
};

PartCells part_cells(std::uint64_t count, const std::string& bad, const Histogram& h) {
  if (h.empty()) return {count_text(count), bad};
  return {count_text(count),       bad,           human(h.quantile(0.5)), human(h.quantile(0.9)),
          human(h.quantile(0.99)), human(h.max())};
}

}  // namespace

void percentile_table(const char* title,
                      std::initializer_list<std::pair<const char*, const Histogram*>> rows,
                      const Style& style, LoadLines& lines) {
  static constexpr std::array<TableColumn, 7> all{{{"p50", 9, 0},
                                                   {"p90", 9, 3},
                                                   {"p95", 9, 5},
                                                   {"p99", 9, 1},
                                                   {"p99.9", 9, 4},
                                                   {"max", 9, 2},
                                                   {"mean", 9, 6}}};
  const auto shown = that_fit(all, room_of(style) - 16);
  const auto add = [&](const std::string& label, const std::array<std::string, 7>& cells) {
    std::string row = fmt::format("  {:<14}", label);
    for (std::size_t i = 0; i < cells.size(); ++i)
      if (shown[i]) row += fmt::format("{:>9}", cells[i]);
    return row;
  };
  LoadLines table;
  for (const auto& [label, h] : rows)
    if (!h->empty())
      table.push_back(add(label, {human(h->quantile(0.5)), human(h->quantile(0.9)),
                                  human(h->quantile(0.95)), human(h->quantile(0.99)),
                                  human(h->quantile(0.999)), human(h->max()), human(h->mean())}));
  if (table.empty()) return;
  std::array<std::string, 7> titles;
  for (std::size_t i = 0; i < all.size(); ++i) titles[i] = all[i].title;
  lines.emplace_back();
  lines.push_back(inked(style, Ink::Dim, add(title, titles)));
  lines.insert(lines.end(), table.begin(), table.end());
}

void stage_table(const std::vector<StageSum>& stages, const std::string& load, const Style& style,
                 LoadLines& lines) {
  const PartTable table(style);
  LoadLines rows;
  for (const auto& stage : stages) {
    if (stage.load != load || stage.length <= 0) continue;
    const LoadSummary& s = stage.sum;
    PartCells cells = part_cells(s.requests, share_text(s.failed, s.requests), s.latency);
    cells[0] = rate_of(static_cast<double>(s.requests - s.failed), stage.length);
    rows.push_back(table.row(stage.name, cells));
  }
  if (rows.size() < 2) return;
  lines.emplace_back();
  lines.push_back(inked(style, Ink::Dim,
                        table.row("stage", {"answered", "failed", "p50", "p90", "p99", "max"})));
  lines.insert(lines.end(), rows.begin(), rows.end());
}

void step_table(const LoadSummary& s, const Style& style, LoadLines& lines) {
  if (s.steps.size() < 2) return;
  const PartTable table(style);
  lines.emplace_back();
  lines.push_back(
      inked(style, Ink::Dim, table.row("step", {"ended", "failed", "p50", "p90", "p99", "max"})));
  for (const auto& journey : s.journeys) {
    std::vector<const LoadSummary::Step*> steps;
    for (const auto& step : s.steps)
      if (step.load == journey.load && step.journey == journey.journey) steps.push_back(&step);
    const bool alone = steps.size() == 1 && steps[0]->step == journey.journey;
    const auto all = journey.ended + journey.dropped;
    const auto lost = all - std::min(journey.completed + journey.unfinished, all);
    if (!alone)
      lines.push_back(table.row(
          journey.journey, part_cells(journey.ended, share_text(lost, all), journey.duration)));
    for (const auto* step : steps)
      lines.push_back(
          table.row((alone ? "" : "  ") + step->step,
                    part_cells(step->ended, share_text(step->failed, step->ended), step->latency)));
  }
}

}  // namespace gunflint
