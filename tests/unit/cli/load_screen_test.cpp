#include "cli/load_screen.hpp"

#include <gtest/gtest.h>

#include "load_sample.hpp"
#include "report/words.hpp"
#include "support/golden.hpp"

namespace gunflint {
namespace {

using namespace load_sample;

std::string drawn(const LoadScreen& screen, Duration now, const Style& style) {
  std::string text;
  for (const auto& row : screen.rows(now, style)) text += row + "\n";
  return text;
}

Style terminal(int width = 100, int height = 30) {
  Style style;
  style.redraw = true;
  style.width = width;
  style.height = height;
  return style;
}

TEST(LoadScreen, ABlockOfAllThatOneWatches) {
  const LoadOrder o = order();
  LoadScreen screen(
      o, [](std::string_view) {}, terminal());
  for (int n = 0; n < 5; ++n) {
    Slice s = second(n);
    s.warm_up = n < 2;
    s.steps[0].latency.record(Duration(1ms) * (n + 1) * 20, 3);
    s.steps[0].ended += static_cast<std::uint64_t>(10 * n);
    screen.on(s);
  }
  support::expect_golden("load/screen.txt", drawn(screen, 5200ms, terminal()));
  support::expect_golden("load/screen_60.txt", drawn(screen, 5200ms, terminal(60, 16)));
}

TEST(LoadScreen, NoRowIsWiderThanTheTerminal) {
  LoadOrder o = order();
  o.title = "http://a-very-long-name.of-a-server.example.com:8080/with/a/long/path (GET)";
  LoadScreen screen(
      o, [](std::string_view) {}, terminal());
  for (int n = 0; n < 70; ++n) screen.on(second(n));
  for (const int width : {20, 40, 60, 80, 120, 200})
    for (const auto& row : screen.rows(70s, terminal(width)))
      EXPECT_LT(columns(row), static_cast<std::size_t>(width)) << row;
}

TEST(LoadScreen, ColumnsAreLeftOutBeforeANumberIsCut) {
  const LoadOrder o = order();
  LoadScreen screen(
      o, [](std::string_view) {}, terminal());
  Slice one = second(0);
  one.connections = 1;
  screen.on(one);
  const std::string narrow = drawn(screen, 1s, terminal(40));
  EXPECT_NE(narrow.find("latency           p50      p99\n"), std::string::npos) << narrow;
  EXPECT_NE(drawn(screen, 1s, terminal()).find(", 1 connection\n"), std::string::npos);
}

TEST(LoadScreen, BeforeTheFirstSecondThereIsTheProgress) {
  const LoadOrder o = order();
  LoadScreen screen(
      o, [](std::string_view) {}, terminal());
  const std::string text = drawn(screen, 0s, terminal());
  EXPECT_NE(text.find("00:00 / 00:10"), std::string::npos) << text;
  EXPECT_NE(text.find("normal 100/s, warming up, 00:10 left"), std::string::npos) << text;
}

TEST(LoadScreen, TheEndIsTold) {
  const LoadOrder o = order();
  LoadScreen screen(
      o, [](std::string_view) {}, terminal());
  screen.on(second(9));
  screen.draining();
  EXPECT_NE(drawn(screen, 11s, terminal()).find("draining: 12 to be answered"), std::string::npos);
}

TEST(LoadScreen, WhoeverStopsItIsToldHowLongItTakesAndHowToEndItNow) {
  LoadOrder o = order();
  o.loads[0].timeout = 8s;
  LoadScreen screen(
      o, [](std::string_view) {}, terminal());
  screen.on(second(3));
  EXPECT_EQ(screen.stopping("Ctrl-C again"),
            "stopping: waits at most 8s for 12 answers; Ctrl-C again ends now");
  EXPECT_NE(drawn(screen, 4s, terminal()).find("waits at most 8s for 12 answers; Ctrl-C again"),
            std::string::npos);
  for (const int width : {34, 40, 60})
    EXPECT_NE(drawn(screen, 4s, terminal(width)).find("Ctrl-C again ends now\n"), std::string::npos)
        << width;
}

TEST(LoadScreen, ALimitedGeneratorIsLoud) {
  const LoadOrder o = order();
  LoadScreen screen(
      o, [](std::string_view) {}, terminal());
  Slice s = second(3);
  s.saturated = true;
  screen.on(s);
  EXPECT_NE(drawn(screen, 4s, terminal()).find("IT IS THE LIMIT"), std::string::npos);
}

TEST(LoadScreen, SecondsOfSeveralLoadsAreAddedUp) {
  LoadOrder o = order();
  o.loads.push_back(o.loads[0]);
  o.loads[1].name = "robots";
  LoadScreen screen(
      o, [](std::string_view) {}, terminal());
  screen.on(second(0));
  EXPECT_EQ(screen.rows(1s, terminal()).size(), 2u) << "one of two has told";
  screen.on(second(0, "robots"));
  EXPECT_NE(drawn(screen, 1s, terminal()).find("asked 200/s"), std::string::npos);
}

TEST(LoadScreen, AStageIsCalledByANameOfItsOwn) {
  LoadOrder o = order();
  for (const auto& [name, shown] : {std::pair{"stage left", true}, std::pair{"stage 1", false}}) {
    o.loads[0].stages[0].name = name;
    LoadScreen screen(
        o, [](std::string_view) {}, terminal());
    screen.on(second(0));
    EXPECT_EQ(drawn(screen, 1s, terminal()).find(name) != std::string::npos, shown) << name;
  }
}

TEST(LoadScreen, DrawsOverItselfAndTakesItselfAway) {
  const LoadOrder o = order();
  std::string out;
  LoadScreen screen(
      o, [&](std::string_view text) { out += text; }, terminal());
  screen.on(second(0));
  screen.tick(1s);
  const std::size_t first = out.size();
  screen.tick(1100ms);
  EXPECT_EQ(out.size(), first) << "four times a second are enough";
  screen.tick(1300ms);
  const auto rows = screen.rows(1s, terminal()).size();
  const std::string up = "\033[" + std::to_string(rows) + "A";
  EXPECT_EQ(out.compare(first, up.size(), up), 0);
  const std::size_t last = out.size();
  screen.finish();
  std::string cleared;
  for (std::size_t row = 0; row < rows; ++row) cleared += "\033[2K\n";
  EXPECT_EQ(out.substr(last), up + "\r" + cleared + up + "\r")
      << "row by row: tmux keeps what is cleared from the first row on in its history";
}

TEST(LoadScreen, WithoutATerminalALinePerSecondThenOneInTen) {
  const LoadOrder o = order();
  std::string out;
  LoadScreen screen(o, [&](std::string_view text) { out += text; }, {});
  for (int n = 0; n < 30; ++n) screen.on(second(n));
  screen.tick(30s);
  screen.finish();
  EXPECT_EQ(out.find('\033'), std::string::npos);
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 12);
  EXPECT_EQ(out.substr(0, out.find('\n')),
            "   1s  due 100/s  answered 184/s  failed 4  p50 8.03ms  p99 96ms  max 96ms  in flight "
            "12");
}

}  // namespace
}  // namespace gunflint
