#include "cli/load_screen.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "cli/load_stages.hpp"
#include "report/terminal.hpp"
#include "report/words.hpp"

namespace gunflint {

namespace {

constexpr std::size_t most_drawn = 60;  // seconds of the little curves
constexpr Duration redraw_every = 250ms;

std::string whole(std::uint64_t n) { return grouped(static_cast<double>(n)); }

/// A bar of `width` columns, filled from the left.
std::string progress_bar(double share, std::size_t width, bool unicode) {
  share = std::clamp(share, 0.0, 1.0);
  std::string bar;
  if (!unicode) {
    const auto full = static_cast<std::size_t>(share * static_cast<double>(width) + 0.5);
    return std::string(full, '#') + std::string(width - full, '.');
  }
  const auto full = static_cast<std::size_t>(share * static_cast<double>(width) + 0.5);
  for (std::size_t i = 0; i < width; ++i) bar += i < full ? "━" : "─";
  return bar;
}

/// " 1.2ms" in a column of the small table.
std::string cell(Duration value, bool known) {
  return fmt::format("{:>9}", known ? human(value) : "-");
}

}  // namespace

Duration LoadScreen::Second::so_far(double q) const { return quantile_so_far(latency, waiting, q); }

LoadScreen::LoadScreen(const LoadOrder& order, Sink out, Style style,
                       std::function<bool()> may_draw)
    : order_(order),
      length_(traffic_length(order)),
      out_(std::move(out)),
      style_(style),
      may_draw_(std::move(may_draw)) {}

void LoadScreen::on(const Slice& slice) {
  sum_.add(slice);
  if (open_.second >= 0 && slice.second != open_.second) close(std::exchange(open_, {}));
  Second& s = open_;
  s.second = slice.second;
  ++s.loads;
  s.asked += slice.asked;
  s.cpu = std::max(s.cpu, slice.cpu);
  s.sent += slice.sent;
  s.users += slice.users;
  s.in_flight += slice.in_flight;
  s.backlog += slice.backlog;
  s.connections += slice.connections;
  s.bytes_in += slice.bytes_in;
  s.bytes_out += slice.bytes_out;
  s.late.merge(slice.late);
  s.saturated |= slice.saturated;
  s.warm_up |= slice.warm_up;
  s.last |= slice.last;
  for (const auto& journey : slice.journeys) s.due += journey.due;
  for (const auto& step : slice.steps) {
    s.ended += step.ended;
    s.failed += step.failed;
    s.latency.merge(step.latency);
    s.waiting.merge(step.waiting);
  }
  if (s.loads == static_cast<int>(order_.loads.size())) close(std::exchange(open_, {}));
}

void LoadScreen::close(Second second) {
  // The last second may only say that it is the last.
  if (second.last && second.due + second.ended + second.waiting.count() == 0) return;
  if (!style_.redraw) say(second);
  closed_.push_back(std::move(second));
  if (closed_.size() > most_drawn) closed_.pop_front();
}

void LoadScreen::say(const Second& s) {
  if (s.second >= 10 && s.second % 10 != 9) return;
  const bool measured = !s.latency.empty() || !s.waiting.empty();
  const auto text = [&](double q) { return measured ? human(s.so_far(q)) : std::string("-"); };
  out_(fmt::format(
      "{:>4}s  {} {}/s  answered {}/s  failed {}  p50 {}  p99 {}  max {}  in flight "
      "{}{}{}\n",
      s.second + 1, s.users > 0 ? "begun" : "due", s.due, s.ended - s.failed, s.failed, text(0.5),
      text(0.99), text(1), s.in_flight, s.warm_up ? "  warm-up, not counted" : "",
      s.saturated ? "  generator is the limit" : ""));
}

/// Of a load that lasts until it has sent them.
std::uint64_t LoadScreen::requests_wanted() const {
  return static_cast<std::uint64_t>(order_.loads.front().max_journeys.value_or(1));
}

std::string LoadScreen::heading(Duration now, const Style& style) const {
  std::string time = clock_text(std::clamp<Duration>(now, 0s, length_));
  if (!order_.until_done) time += " / " + clock_text(length_);
  const auto width = static_cast<std::size_t>(style.width - 1);
  const std::size_t room = width > columns(time) + 2 ? width - columns(time) - 2 : 8;
  return padded(shortened(plain(order_.title), room, style.unicode), room) + "  " + time;
}

std::string LoadScreen::stopping(const std::string& again) {
  Duration patience{};
  for (const auto& load : order_.loads) patience = std::max(patience, load.timeout);
  const std::uint64_t waiting = closed_.empty() ? 0 : closed_.back().in_flight;
  const std::string answers =
      waiting == 0 ? "the answers"
                   : fmt::format("{} answer{}", whole(waiting), waiting == 1 ? "" : "s");
  stopping_ = {fmt::format("stopping: waits at most {} for {}; {} ends now", print(patience),
                           answers, again),
               fmt::format("stopping, {} at most; {} ends now", print(patience), again),
               fmt::format("stopping; {} ends now", again)};
  return stopping_.front();
}

std::string LoadScreen::progress(Duration now, const Style& style) const {
  // What to press is worth more than the bar.
  for (const auto& sentence : stopping_)
    if (columns(sentence) + 2 < static_cast<std::size_t>(style.width)) return " " + sentence;
  std::string what;
  if (draining_) {
    const std::uint64_t waiting = closed_.empty() ? 0 : closed_.back().in_flight;
    what = fmt::format("draining: {} to be answered", whole(waiting));
  } else {
    for (const auto& load : order_.loads)
      if (const Stage* stage = stage_at(load, now)) {
        const std::string asks = spell_stage(*stage);
        const auto number = static_cast<int>(stage - load.stages.data()) + 1;
        what += (what.empty() ? "" : "; ") +
                (has_own_name(*stage, number) ? stage->name + " " : "") + asks;
      }
    for (const auto& load : order_.loads)
      if (now < load.warm_up) what += ", warming up";
    if (order_.until_done)
      what += fmt::format(", {} of {}", whole(sum_.journeys_ended + sum_.dropped),
                          whole(requests_wanted()));
    else if (now < length_)
      what += fmt::format(", {} left", clock_text(length_ - std::max<Duration>(now, 0s)));
  }
  const double share = order_.until_done ? static_cast<double>(sum_.journeys_ended + sum_.dropped) /
                                               static_cast<double>(requests_wanted())
                       : length_ > 0s ? seconds(now) / seconds(length_)
                                      : 1;
  const auto width = static_cast<std::size_t>(std::clamp(style.width - 46, 8, 60));
  return " " + progress_bar(share, width, style.unicode) + "  " + what;
}

void LoadScreen::rate_rows(const Style& style, std::vector<std::string>& rows) const {
  std::vector<double> answered, slow;
  for (const auto& s : closed_) {
    answered.push_back(static_cast<double>(s.ended - s.failed));
    const bool measured = !s.latency.empty() || !s.waiting.empty();
    slow.push_back(measured ? seconds(s.so_far(0.99)) : std::nan(""));
  }
  const auto width = static_cast<std::size_t>(std::clamp(style.width - 58, 8, 60));
  const auto row = [&](const char* label, const std::vector<double>& values,
                       const std::string& text) {
    rows.push_back(fmt::format(" {:<11} {}  {}", label,
                               padded(sparkline(values, width, style.unicode), width), text));
  };
  const Second& now = closed_.back();
  const std::string asks = now.users > 0 ? fmt::format("begun {}/s", whole(now.due))
                                         : fmt::format("asked {}", rate_text(now.asked));
  row("answered", answered,
      fmt::format("{}/s   {}   sent {}/s", whole(now.ended - now.failed), asks, whole(now.sent)));
  row("p99", slow, latency_text(slow.back()));
}

void LoadScreen::latency_rows(const Style& style, std::vector<std::string>& rows) const {
  const Second& now = closed_.back();
  const bool measured = !now.latency.empty() || !now.waiting.empty();
  std::string head = fmt::format(" {:<12}", "latency");
  std::string last = fmt::format(" {:<12}", "last second");
  std::string all = fmt::format(" {:<12}", "so far");
  struct Column {
    const char* title;
    double q;
    int rank;  ///< those of the highest are left out first where there is no room
  };
  const int fit = (style.width - 1 - 13) / 9;
  for (const auto& [title, q, rank] :
       {Column{"p50", 0.5, 0}, Column{"p90", 0.9, 3}, Column{"p99", 0.99, 1},
        Column{"p99.9", 0.999, 4}, Column{"max", 1.0, 2}}) {
    if (rank >= fit) continue;
    head += fmt::format("{:>9}", title);
    last += cell(now.so_far(q), measured);
    all += cell(sum_.latency.quantile(q), !sum_.latency.empty());
  }
  rows.push_back(head);
  rows.push_back(last);
  rows.push_back(all);
}

void LoadScreen::error_rows(const Style& style, std::vector<std::string>& rows) const {
  std::string text = fmt::format(" answers     {} right", whole(sum_.requests - sum_.failed));
  if (sum_.failed == 0) {
    rows.push_back(text + ", none failed");
    return;
  }
  text +=
      fmt::format(", {} failed ({})", whole(sum_.failed), percent(sum_.error_rate().value_or(0)));
  std::vector<std::pair<std::string, std::uint64_t>> most(sum_.errors.begin(), sum_.errors.end());
  std::stable_sort(most.begin(), most.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  const char* separator = ": ";
  for (const auto& [name, count] : most) {
    text += fmt::format("{}{} {}", separator, whole(count), name);
    separator = ", ";
  }
  rows.push_back(inked(style, Ink::Red,
                       shortened(text, static_cast<std::size_t>(style.width - 1), style.unicode)));
  const auto example = most.empty() ? sum_.examples.end() : sum_.examples.find(most.front().first);
  if (example != sum_.examples.end())
    rows.push_back(inked(style, Ink::Dim,
                         shortened(fmt::format("{:13}", "") + plain(example->second),
                                   static_cast<std::size_t>(style.width - 1), style.unicode)));
}

void LoadScreen::level_rows(std::vector<std::string>& rows) const {
  const Second& now = closed_.back();
  std::string text = " now         ";
  if (now.users > 0) text += whole(now.users) + " users, ";
  text += fmt::format("{} in flight, {} waiting for a connection", whole(now.in_flight),
                      whole(now.backlog));
  if (now.connections > 0)
    text +=
        fmt::format(", {} connection{}", whole(now.connections), now.connections == 1 ? "" : "s");
  rows.push_back(text);
  if (now.bytes_in + now.bytes_out > 0)
    rows.push_back(fmt::format(" bytes       {}/s received, {}/s sent",
                               bytes_text(static_cast<double>(now.bytes_in)),
                               bytes_text(static_cast<double>(now.bytes_out))));
}

std::string LoadScreen::generator_row() const {
  const Second& now = closed_.back();
  std::string text = fmt::format(" generator   {:.0f} % of a core", now.cpu * 100);
  if (!now.late.empty())
    text += fmt::format(", 99 % sent within {}", human(now.late.quantile(0.99)));
  if (now.saturated) text += "  IT IS THE LIMIT";
  return text;
}

std::vector<std::string> LoadScreen::rows(Duration now, const Style& style) const {
  std::vector<std::string> rows;
  const auto width = static_cast<std::size_t>(style.width - 1);
  rows.push_back(inked(style, Ink::Bold, shortened(heading(now, style), width, style.unicode)));
  rows.push_back(inked(style, Ink::Blue, shortened(progress(now, style), width, style.unicode)));
  if (closed_.empty()) return rows;
  // Air, where there is room for it.
  const bool airy = style.height >= 18;
  std::vector<std::string> part;
  const auto add_part = [&](bool cut) {
    if (airy) rows.emplace_back();
    for (const auto& row : part) rows.push_back(cut ? shortened(row, width, style.unicode) : row);
    part.clear();
  };
  rate_rows(style, part);
  add_part(true);
  latency_rows(style, part);
  add_part(true);
  error_rows(style, part);  // cut to the width, and coloured, already
  add_part(false);
  level_rows(part);
  for (const auto& row : part) rows.push_back(shortened(row, width, style.unicode));
  rows.push_back(inked(style, closed_.back().saturated ? Ink::Yellow : Ink::None,
                       shortened(generator_row(), width, style.unicode)));
  return rows;
}

void LoadScreen::tick(Duration now) {
  if (!style_.redraw || (may_draw_ && !may_draw_())) return;
  if (drawn_at_ != Duration::min() && now < drawn_at_ + redraw_every) return;
  drawn_at_ = now;
  // One write: back to the first row, then each row anew, cleared to its end, then all below it.
  // Without wrapping: a terminal that became narrower cuts rows instead of breaking the picture.
  std::string picture;
  if (drawn_rows_ > 0) picture += fmt::format("\033[{}A", drawn_rows_);
  picture += "\r\033[?7l";
  auto shown = rows(now, style_);
  // What has scrolled away cannot be drawn over.
  if (static_cast<int>(shown.size()) >= style_.height)
    shown.resize(static_cast<std::size_t>(style_.height - 1));
  for (const auto& row : shown) picture += row + "\033[K\n";
  picture += "\033[J\033[?7h";
  drawn_rows_ = static_cast<int>(shown.size());
  out_(picture);
}

void LoadScreen::finish() {
  if (open_.second >= 0) close(std::exchange(open_, {}));
  if (drawn_rows_ == 0) return;
  // Row by row: a terminal that is told to clear everything from its first row on may keep what was
  // there in its history, above the summary.
  const std::string up = fmt::format("\033[{}A\r", drawn_rows_);
  std::string clear = up;
  for (int row = 0; row < drawn_rows_; ++row) clear += "\033[2K\n";
  out_(clear + up);
  drawn_rows_ = 0;
}

}  // namespace gunflint
