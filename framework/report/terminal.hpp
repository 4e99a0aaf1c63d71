#pragma once
/// The run while it runs: a block that is drawn again and again on a terminal, plain lines
/// elsewhere.
///
///     Outlet out(STDERR_FILENO);
///     LiveView live([&](auto text) { out.put(text); }, Style::of(STDERR_FILENO),
///                   [&] { return out.idle(); });
///     journal.append(event); live.on(event); …        every event, after it was written
///     live.lights(judge.lights());                    after each SecondClosed, if there is a judge
///     live.tick();                                    a few times a second, and before any prompt
///     live.finish();                                  once, before the verdict block
/// One thread. Never blocks longer than its sink; while the last picture is not out, none is drawn.

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "report/run_view.hpp"
#include "report/style.hpp"
#include "verdict/judge.hpp"

namespace gunflint {

class LiveView {
 public:
  /// `may_draw`: whether the last picture has been written; none: always.
  LiveView(Sink out, Style style, std::function<bool()> may_draw = nullptr);
  void on(const Event& event);
  void lights(const std::vector<Judge::Light>& lights);
  /// Draws again if anything changed. Without a terminal it does nothing.
  void tick();
  /// The last picture stays; the cursor is below it. Nothing is drawn afterwards.
  void finish();
  /// As drawn now, one string per row, without colours or cursor movement.
  std::vector<std::string> block() const;

 private:
  struct Lamp {
    Judge::Light light;
    std::string worst;  ///< furthest on the wrong side so far
    int red_seconds = 0;
  };
  std::vector<std::string> rows(const Style& style) const;
  void draw();
  void say(const Moment& moment);
  void say_numbers();

  Sink out_;
  Style style_;
  std::function<bool()> may_draw_;
  RunReader reader_;
  std::vector<Lamp> lamps_;
  std::deque<Moment> recent_;
  int drawn_rows_ = 0;
  int last_spoken_ = -1;  ///< second of the last plain line of numbers
  Duration planned_{};
  bool changed_ = false, finished_ = false;
};

/// "▁▃▇" of values, the largest (or `top`) being full height; `width` columns, newest right. NaN is
/// a space. Without Unicode: digits 0 to 9.
std::string sparkline(const std::vector<double>& values, std::size_t width, bool unicode,
                      double top = 0);

}  // namespace gunflint
