#pragma once
/// The tables of a load's summary. Columns that there is no room for are left out; a table of
/// nothing is none.

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "cli/load_stage_sums.hpp"
#include "load/summary.hpp"
#include "report/style.hpp"
#include "report/words.hpp"

namespace gunflint {

using LoadLines = std::vector<std::string>;

/// A row for each histogram that holds anything.
void percentile_table(const char* title,
                      std::initializer_list<std::pair<const char*, const Histogram*>> rows,
                      const Style& style, LoadLines& lines);
/// What was answered in each stage of one load, and how.
void stage_table(const std::vector<StageSum>& stages, const std::string& load, const Style& style,
                 LoadLines& lines);
/// Steps, under their journeys when there are several. A journey that is one step of the same name
/// is told once.
void step_table(const LoadSummary& s, const Style& style, LoadLines& lines);

// the numbers in it, and beside it
inline std::string count_text(std::uint64_t n) { return grouped(static_cast<double>(n)); }
inline std::string share_text(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? "-" : percent(static_cast<double>(part) / static_cast<double>(whole));
}
inline std::string some(std::uint64_t n, const char* one, const char* many) {
  return count_text(n) + " " + (n == 1 ? one : many);
}
inline std::string rate_of(double count, double length) {
  return length > 0 ? rate_text(count / length) : "-";
}
/// Columns that a row may have.
inline std::size_t room_of(const Style& style) { return static_cast<std::size_t>(style.width - 1); }

}  // namespace gunflint
