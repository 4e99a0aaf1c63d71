#pragma once
/// A load while it runs: a block that is drawn again and again on a terminal, a line per second
/// elsewhere (every second in the first ten, then one in ten).

#include <deque>
#include <string>
#include <vector>

#include "cli/load_order.hpp"
#include "load/summary.hpp"
#include "report/style.hpp"

namespace gunflint {

class LoadScreen {
 public:
  /// `may_draw`: whether the last picture has been written; none: always.
  LoadScreen(const LoadOrder& order, Sink out, Style style,
             std::function<bool()> may_draw = nullptr);

  /// One slice; seconds of several loads are added up.
  void on(const Slice& slice);
  /// Traffic has ended, and answers are waited for.
  void draining() { draining_ = true; }
  /// A signal ended it; `again`: what ends the waiting, such as "Ctrl-C again". The sentence about
  /// it, which the picture shows from now on.
  std::string stopping(const std::string& again);
  /// `now`: since t = 0. Draws on a terminal, at most four times a second.
  void tick(Duration now);
  /// Takes the picture away: the summary follows.
  void finish();

  /// The picture, without cursor movement. A pure function of what was told.
  std::vector<std::string> rows(Duration now, const Style& style) const;

 private:
  struct Second {
    int second = -1, loads = 0;
    double asked = 0, cpu = 0;
    std::uint64_t due = 0, sent = 0, ended = 0, failed = 0;
    std::uint64_t users = 0, in_flight = 0, backlog = 0, connections = 0, bytes_in = 0,
                  bytes_out = 0;
    Histogram latency, waiting, late;
    bool saturated = false, warm_up = false, last = false;
    Duration so_far(double q) const;
  };
  void close(Second second);
  void say(const Second& second);
  std::string heading(Duration now, const Style& style) const;
  std::uint64_t requests_wanted() const;
  std::string progress(Duration now, const Style& style) const;
  void rate_rows(const Style& style, std::vector<std::string>& rows) const;
  void latency_rows(const Style& style, std::vector<std::string>& rows) const;
  void error_rows(const Style& style, std::vector<std::string>& rows) const;
  void level_rows(std::vector<std::string>& rows) const;
  std::string generator_row() const;

  const LoadOrder& order_;
  Duration length_{};
  Sink out_;
  Style style_;
  std::function<bool()> may_draw_;
  Second open_;                ///< not all loads have told it
  std::deque<Second> closed_;  ///< the newest last, as many as are drawn
  LoadSummary sum_;
  bool draining_ = false;
  std::vector<std::string> stopping_;  ///< the sentence, the longest first
  int drawn_rows_ = 0;
  Duration drawn_at_ = Duration::min();
};

}  // namespace gunflint
