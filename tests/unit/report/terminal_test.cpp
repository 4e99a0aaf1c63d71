#include "report/terminal.hpp"

#include <gtest/gtest.h>

#include "report/words.hpp"
#include "support/golden.hpp"
#include "support/sample_run.hpp"

using namespace gunflint;
using support::JournalBuilder;

namespace {

std::vector<Event> small_run() {
  JournalBuilder journal("checkout-surge");
  journal.traffic("shoppers", 0, 40, {.asked = 200, .median = 8ms})
      .members("web", 0, 20, 3, 3)
      .members("web", 20, 27, 2, 3)
      .members("web", 27, 40, 3, 3, 1);
  journal.phase(0, "before").phase(20, "fault").phase(21, "recovery");
  journal.at(20).add(FaultStarted{"lose one", 0, {"pid:1@2"}});
  journal.at(20).add(Injected{
      "i1", "lose one", "pid:1@2", "gunicorn[8124]", {true, "SIGKILL, process gone", 1, 1}});
  return journal.events();
}

struct Screen {
  std::string text;
  Sink sink() {
    return [this](std::string_view part) { text += part; };
  }
};

}  // namespace

TEST(Style, ColourFollowsTheConventions) {
  auto with = [](std::map<std::string, std::string> set) {
    return Style::of(-1, [set](const char* name) -> std::optional<std::string> {
      auto it = set.find(name);
      return it == set.end() ? std::nullopt : std::optional(it->second);
    });
  };
  EXPECT_FALSE(with({}).colour);  // no terminal
  EXPECT_FALSE(with({}).redraw);
  EXPECT_TRUE(with({{"CLICOLOR_FORCE", "1"}}).colour);
  EXPECT_FALSE(with({{"CLICOLOR_FORCE", "0"}}).colour);
  EXPECT_FALSE(with({{"CLICOLOR_FORCE", "1"}, {"NO_COLOR", "1"}}).colour);
  EXPECT_TRUE(with({{"CLICOLOR_FORCE", "1"}, {"NO_COLOR", ""}}).colour);
}

TEST(Sparkline, FullHeightIsTheLargestValue) {
  EXPECT_EQ(sparkline({0, 50, 100}, 10, true), "▁▅█");
  EXPECT_EQ(sparkline({0, 50, 100}, 2, true), "▅█");
  EXPECT_EQ(sparkline({0, 50, 100}, 10, false), "059");
  EXPECT_EQ(sparkline({no_value, 1}, 10, true), " █");
  EXPECT_EQ(sparkline({0.001, 0}, 10, false, 0.01), "10");
}

TEST(LiveView, WithoutATerminalItSaysEachThingOnce) {
  Screen screen;
  LiveView live(screen.sink(), {});
  for (const Event& event : small_run()) {
    live.on(event);
    live.tick();
  }
  live.finish();
  EXPECT_EQ(screen.text.find('\033'), std::string::npos);
  EXPECT_NE(
      screen.text.find("   00:20  fault     lose one on gunicorn[8124]: SIGKILL, process gone\n"),
      std::string::npos)
      << screen.text;
  EXPECT_NE(screen.text.find("   00:20  scale     web: ready 3 -> 2 of 3\n"), std::string::npos);
  // Numbers every ten seconds, not every second.
  std::size_t lines = 0;
  for (std::size_t at = 0; (at = screen.text.find("  now  ", at)) != std::string::npos; ++at)
    ++lines;
  EXPECT_EQ(lines, 4u) << screen.text;
}

TEST(LiveView, OnATerminalItDrawsOverItself) {
  Screen screen;
  Style style;
  style.redraw = true;
  LiveView live(screen.sink(), style);
  const auto events = small_run();
  for (const Event& event : events) live.on(event);
  live.tick();
  const std::size_t first = screen.text.size();
  live.tick();
  EXPECT_EQ(screen.text.size(), first) << "nothing changed, nothing drawn";
  live.on(events.back());
  live.tick();
  const std::string up = "\033[" + std::to_string(live.block().size()) + "A";
  EXPECT_EQ(screen.text.compare(first, up.size(), up), 0);
}

TEST(LiveView, NoRowIsWiderThanTheTerminal) {
  for (int width : {20, 40, 80, 120}) {
    Style style;
    style.redraw = true;
    style.width = width;
    LiveView live([](std::string_view) {}, style);
    for (const Event& event : small_run()) live.on(event);
    live.lights({{"purchases of every kind complete", "red", "93 %", "completion_rate > 99%"}});
    for (const std::string& row : live.block()) EXPECT_LT(columns(row), width + 0u) << row;
  }
}

TEST(LiveView, TheWorstValueIsKeptOnTheWrongSideOfTheLimit) {
  LiveView live([](std::string_view) {}, {});
  live.lights({{"fast", "green", "63ms", "p95 < 400ms"},
               {"done", "green", "100%", "completion_rate > 99%"}});
  live.lights(
      {{"fast", "red", "412ms", "p95 < 400ms"}, {"done", "red", "93%", "completion_rate > 99%"}});
  live.lights({{"fast", "green", "70ms", "p95 < 400ms"},
               {"done", "green", "99.9%", "completion_rate > 99%"}});
  const auto rows = live.block();
  EXPECT_NE(rows.at(1).find("now 70ms  worst 412ms  red for 1s"), std::string::npos) << rows.at(1);
  EXPECT_NE(rows.at(2).find("now 99.9%  worst 93%  red for 1s"), std::string::npos) << rows.at(2);
}

namespace {

/// As much of a terminal as the live view uses: rows of text, a cursor, and four commands.
class Terminal {
 public:
  void write(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') {
        ++row_;
        column_ = 0;
      } else if (text[i] == '\r') {
        column_ = 0;
      } else if (text[i] == '\033') {
        const std::size_t end = text.find_first_of("ABCDHJKmhl", i + 2);
        command(text[end], std::string(text.substr(i + 2, end - i - 2)));
        i = end;
      } else {
        line().resize(std::max(line().size(), column_), ' ');
        line().replace(column_++, 1, 1, text[i]);
      }
    }
  }
  std::vector<std::string> rows;

 private:
  std::string& line() {
    if (rows.size() <= row_) rows.resize(row_ + 1);
    return rows[row_];
  }
  void command(char what, const std::string& argument) {
    if (what == 'A') row_ -= std::min<std::size_t>(row_, std::stoul(argument));
    if (what == 'K') line().resize(std::min(line().size(), column_));
    if (what == 'J') rows.resize(std::min(rows.size(), row_));
  }
  std::size_t row_ = 0, column_ = 0;
};

}  // namespace

TEST(LiveView, TheScreenShowsTheBlockOnceHoweverOftenItIsDrawn) {
  Terminal terminal;
  Style style;
  style.redraw = true;
  style.height = 50;
  LiveView live([&](std::string_view part) { terminal.write(part); }, style);
  for (const Event& event : small_run()) {
    live.on(event);
    live.tick();
  }
  live.lights({{"fast", "red", "412ms", "p95 < 400ms"}});
  live.tick();
  live.lights({});
  live.finish();
  EXPECT_EQ(terminal.rows, live.block());
}

TEST(LiveView, MoreRowsThanTheTerminalHasAreCut) {
  Terminal terminal;
  Style style;
  style.redraw = true;
  style.height = 6;
  LiveView live([&](std::string_view part) { terminal.write(part); }, style);
  for (const Event& event : small_run()) {
    live.on(event);
    live.tick();
  }
  EXPECT_EQ(terminal.rows.size(), 5u);
}

TEST(LiveView, DrawsOnlyWhenTheLastPictureIsOut) {
  Terminal terminal;
  Style style;
  style.redraw = true;
  style.height = 50;
  bool out = true;
  int written = 0;
  LiveView live([&](std::string_view part) { terminal.write(part), ++written; }, style,
                [&] { return out; });
  for (const Event& event : small_run()) {
    live.on(event);
    live.tick();
    out = false;  // the first picture stays under way
  }
  EXPECT_EQ(written, 1);
  out = true;
  live.finish();
  EXPECT_EQ(written, 2);
  EXPECT_EQ(terminal.rows, live.block()) << "the second is drawn over the first";
}

TEST(Golden, LiveView) {
  Style style;
  style.redraw = true;
  style.width = 100;
  LiveView live([](std::string_view) {}, style);
  for (const Event& event : support::sample_run())
    if (event.at < 48s) live.on(event);
  live.lights({{"fast", "red", "1.42s", "p95 < 400ms"},
               {"correct", "green", "0.6 %", "error_rate < 1%"},
               {"queue drains", "unknown", "", "value < 500"}});
  std::string text;
  for (const std::string& row : live.block()) text += row + "\n";
  support::expect_golden("report/live.txt", text);
}

TEST(LiveView, NamesFromElsewhereCannotControlTheTerminal) {
  Style style;
  style.redraw = true;
  LiveView live([](std::string_view) {}, style);
  live.on(JournalBuilder("evil\033]0;title\007").events().front());
  for (const std::string& row : live.block()) EXPECT_EQ(row.find('\033'), std::string::npos);
}
