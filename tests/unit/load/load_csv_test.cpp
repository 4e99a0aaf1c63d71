#include "load/load_csv.hpp"

#include <gtest/gtest.h>

#include <sstream>
#include <vector>

namespace gunflint {
namespace {

std::vector<std::vector<std::string>> table(const std::string& text) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream cells(line + ",");
    rows.emplace_back();
    for (std::string cell; std::getline(cells, cell, ',');) rows.back().push_back(cell);
  }
  return rows;
}

Slice a_second() {
  Slice s;
  s.load = "shoppers";
  s.second = 7;
  s.asked = 12.5;
  s.sent = 13;
  s.users = 0;
  s.bytes_in = 2048;
  s.cpu = 0.25;
  StepSlice pay;
  pay.journey = "buy";
  pay.step = "pay";
  pay.ended = 4;
  pay.failed = 1;
  pay.attempts = 5;
  pay.errors = {{"timeout", 1}};
  pay.latency.record(2ms, 4);
  StepSlice idle;
  idle.journey = "buy";
  idle.step = "idle";
  s.steps = {pay, idle};
  s.journeys = {JourneySlice{"buy", 12, 1, 3, 2, 0, {}, {}, {}, {}}};
  return s;
}

TEST(LoadCsv, EachRowHasTheHeadsColumns) {
  const auto rows = table(load_csv_head() + load_csv_rows(a_second()));
  ASSERT_EQ(rows.size(), 4u);  // head, the load, two steps
  for (const auto& row : rows) EXPECT_EQ(row.size(), rows[0].size());
  const auto cell = [&](std::size_t row, const std::string& name) {
    for (std::size_t i = 0; i < rows[0].size(); ++i)
      if (rows[0][i] == name) return rows[row][i];
    return std::string("no such column");
  };
  EXPECT_EQ(cell(1, "second"), "7");
  EXPECT_EQ(cell(1, "step"), "");
  EXPECT_EQ(cell(1, "requests"), "4");
  EXPECT_EQ(cell(1, "asked"), "12.500");
  EXPECT_EQ(cell(1, "due"), "12");
  EXPECT_EQ(cell(1, "dropped"), "1");
  EXPECT_EQ(cell(1, "bytes_in"), "2048");
  EXPECT_EQ(cell(1, "errors_timeout"), "1");
  EXPECT_EQ(cell(1, "generator_cpu"), "0.250");
  EXPECT_EQ(cell(1, "queued_p99_seconds"), "") << "nothing waited is not 0 seconds";
  EXPECT_EQ(cell(2, "step"), "pay");
  EXPECT_EQ(cell(2, "latency_max_seconds"), "0.002000");
  EXPECT_EQ(cell(2, "attempts"), "5");
  EXPECT_EQ(cell(2, "asked"), "") << "a step is not asked for";
  EXPECT_EQ(cell(3, "requests"), "0");
  EXPECT_EQ(cell(3, "latency_p50_seconds"), "");
}

TEST(LoadCsv, NamesWithCommasAndQuotesAreQuoted) {
  Slice s = a_second();
  s.steps.resize(1);
  s.steps[0].step = "say \"a, b\"";
  EXPECT_NE(load_csv_rows(s).find(",\"say \"\"a, b\"\"\","), std::string::npos);
}

}  // namespace
}  // namespace gunflint
