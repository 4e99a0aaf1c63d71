#include "report/terminal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/words.hpp"

namespace gunflint {

namespace {

constexpr std::size_t recent_shown = 5;
constexpr int plain_every = 10;  // seconds between lines of numbers without a terminal

/// "412ms", "0.02 %", "3", "50/s" as a number, for finding the worst of two printed values.
std::optional<double> magnitude(const std::string& text) {
  if (auto share = parse_share(text)) return share->of_one;
  if (auto duration = parse_duration(text)) return seconds(*duration);
  if (auto rate = parse_rate(text)) return rate->per_second;
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (end != text.c_str() && *end == '\0') return value;
  return std::nullopt;
}

/// The shortest length that the plan promises; without a plan, the longest sum of stage lengths.
Duration planned_length(const Value& plan, const Value& experiment) {
  if (auto shortest = parse_duration(plan.text_or("shortest")); shortest && *shortest > 0s)
    return *shortest;
  Duration longest{};
  const Value* loads = experiment.find("load");
  if (loads && loads->is_map())
    for (const auto& entry : loads->entries()) {
      Duration sum{};
      const Value* stages = entry.value.find("stages");
      if (stages && stages->is_list())
        for (const Value& stage : stages->items())
          if (auto length = parse_duration(stage.text_or("for"))) sum += *length;
      longest = std::max(longest, sum);
    }
  return longest;
}

/// "asked 200/s"; of a closed loop "64 users".
std::string wanted(const LoadSecond& s) {
  if (s.users == 0) return "asked " + rate_text(s.asked);
  return fmt::format("{} user{}", grouped(static_cast<double>(s.users)), s.users == 1 ? "" : "s");
}

std::string numbers(const LoadSecond& s) {
  const double share =
      s.requests ? static_cast<double>(s.failed) / static_cast<double>(s.requests) : no_value;
  return fmt::format("{}{} ({})  errors {}  p50 {} p95 {} p99 {}", s.warm_up ? "warm-up: " : "",
                     rate_text(static_cast<double>(s.completed)), wanted(s), percent(share),
                     latency_text(s.p50), latency_text(s.p95), latency_text(s.p99));
}

Ink ink_of(Tone tone) {
  switch (tone) {
    case Tone::Good:
      return Ink::Green;
    case Tone::Bad:
      return Ink::Red;
    case Tone::Warning:
      return Ink::Yellow;
    case Tone::Plain:
      break;
  }
  return Ink::None;
}

}  // namespace

std::string sparkline(const std::vector<double>& values, std::size_t width, bool unicode,
                      double top) {
  static constexpr const char* bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const std::size_t first = values.size() > width ? values.size() - width : 0;
  for (std::size_t i = first; i < values.size(); ++i)
    if (std::isfinite(values[i])) top = std::max(top, values[i]);
  std::string line;
  for (std::size_t i = first; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      line += ' ';
      continue;
    }
    const double share = top > 0 ? std::clamp(values[i] / top, 0.0, 1.0) : 0;
    if (unicode)
      line += bars[std::min<int>(7, static_cast<int>(share * 8))];
    else
      line += static_cast<char>('0' + std::min<int>(9, static_cast<int>(share * 10)));
  }
  return line;
}

LiveView::LiveView(Sink out, Style style, std::function<bool()> may_draw)
    : out_(std::move(out)), style_(style), may_draw_(std::move(may_draw)) {}

void LiveView::on(const Event& event) {
  if (finished_) return;
  auto told = reader_.on(event);
  changed_ = true;
  if (std::holds_alternative<RunStarted>(event.what))
    planned_ = planned_length(reader_.view().start.plan, reader_.view().start.experiment);
  // The verdict block says these better.
  if (told && !style_.redraw) say(*told);
  if (told && told->kind != "phase" && told->kind != "stage") {
    recent_.push_back(std::move(*told));
    if (recent_.size() > recent_shown) recent_.pop_front();
  }
  if (auto* closed = std::get_if<SecondClosed>(&event.what); closed && !style_.redraw)
    if (last_spoken_ < 0 ? closed->second >= 1 : closed->second >= last_spoken_ + plain_every) {
      last_spoken_ = closed->second;
      say_numbers();
    }
}

void LiveView::lights(const std::vector<Judge::Light>& lights) {
  for (const Judge::Light& light : lights) {
    auto it = std::find_if(lamps_.begin(), lamps_.end(),
                           [&](const Lamp& l) { return l.light.name == light.name; });
    if (it == lamps_.end()) it = lamps_.insert(lamps_.end(), Lamp{light, light.value, 0});
    it->light = light;
    it->red_seconds += light.state == "red";
    const auto now = magnitude(light.value), worst = magnitude(it->worst);
    const bool low_is_bad = light.limit.find('>') != light.limit.npos;
    if (now && (!worst || (low_is_bad ? *now < *worst : *now > *worst))) it->worst = light.value;
  }
  changed_ = true;
}

void LiveView::say(const Moment& moment) {
  const std::string line =
      fmt::format("{:>8}  {:<9} {}", clock_text(moment.at), moment.kind, moment.text);
  out_(inked(style_, ink_of(moment.tone), line) + "\n");
}

void LiveView::say_numbers() {
  const RunView& view = reader_.view();
  for (const LoadView& load : view.loads) {
    if (load.seconds.empty()) continue;
    std::string ready;
    for (const TargetView& target : view.targets)
      if (!target.points.empty())
        ready += fmt::format("  {} {}/{}", plain(target.name), target.points.back().ready,
                             target.points.back().desired);
    out_(fmt::format("{:>8}  {:<9} {}  {}{}\n", clock_text(view.last), "now", plain(load.name),
                     numbers(load.seconds.back()), ready));
  }
}

namespace {

/// In a narrow terminal the name gives way: the time and the phase are what changes.
std::string heading(const RunView& view, Duration planned, const Style& style) {
  std::string phase = "starting";
  if (!view.phases.empty())
    phase = view.phases.back().name;
  else if (view.load_started)
    phase = "gate";
  std::string time = clock_text(std::max(view.last, Duration{}));
  if (planned > 0s) time += " / " + clock_text(planned);
  std::string active;
  for (const FaultView& fault : view.faults)
    if (fault.from && !fault.to) active += (active.empty() ? "" : ", ") + fault.name;
  const std::string& id = view.start.run;
  const std::string before = fmt::format("run {}  ", plain(id.substr(id.rfind('-') + 1)));
  const std::string after =
      plain(fmt::format("   {}   phase {}{}", time, phase, active.empty() ? "" : ": " + active));
  const std::size_t width = static_cast<std::size_t>(style.width - 1);
  const std::size_t taken = columns(before) + columns(after);
  const std::size_t room = std::max<std::size_t>(width > taken ? width - taken : 0, 8);
  return before + shortened(plain(view.start.name), room, style.unicode) + after;
}

void load_rows(const LoadView& load, const Style& style, std::vector<std::string>& rows) {
  if (load.seconds.empty()) return;
  std::vector<double> asked, done, bad;
  double top = 0;
  for (const LoadSecond& s : load.seconds) {
    asked.push_back(s.asked);
    done.push_back(static_cast<double>(s.completed));
    bad.push_back(s.requests ? static_cast<double>(s.failed) / static_cast<double>(s.requests) : 0);
  }
  const std::size_t width = std::clamp(style.width - 48, 8, 60);
  const std::size_t first = asked.size() > width ? asked.size() - width : 0;
  for (std::size_t i = first; i < asked.size(); ++i) top = std::max({top, asked[i], done[i]});
  const LoadSecond& now = load.seconds.back();
  auto line = [&](std::string_view label, const std::vector<double>& values, double scale,
                  const std::string& text) {
    return fmt::format(" {}  {}  {}", padded(label, 9),
                       padded(sparkline(values, width, style.unicode, scale), width), text);
  };
  rows.push_back(line(shortened(plain(load.name), 9, style.unicode), asked, top,
                      wanted(now) + (now.warm_up ? ", warm-up: not judged" : "")));
  rows.push_back(line("completed", done, top,
                      fmt::format("{}, {} in flight", rate_text(static_cast<double>(now.completed)),
                                  grouped(static_cast<double>(now.in_flight)))));
  rows.push_back(
      line("errors", bad, 0.01, now.requests ? percent(bad.back()) : std::string("no answers")));
  std::string trust = fmt::format("late p99 {}", latency_text(now.late));
  if (load.dropped > 0)
    trust += fmt::format(", {} dropped", grouped(static_cast<double>(load.dropped)));
  if (now.saturated) trust += ", GENERATOR IS THE LIMIT";
  rows.push_back(fmt::format(" latency    p50 {}  p95 {}  p99 {}   {}", latency_text(now.p50),
                             latency_text(now.p95), latency_text(now.p99), trust));
}

/// "3 - 2 - 3": the values that `ready` has had, newest right.
std::string ready_steps(const TargetView& target) {
  std::vector<int> steps;
  for (const MemberPoint& p : target.points)
    if (!p.unknown && (steps.empty() || steps.back() != p.ready)) steps.push_back(p.ready);
  std::string text = steps.size() > 8 ? "… " : "";
  for (std::size_t i = steps.size() > 8 ? steps.size() - 8 : 0; i < steps.size(); ++i)
    text += (text.empty() || text == "… " ? "" : " - ") + std::to_string(steps[i]);
  const MemberPoint& last = target.points.back();
  if (last.unknown) return text + "  (not seen now)";
  return text + (last.desired != last.ready ? fmt::format("  of {}", last.desired) : "");
}

}  // namespace

std::vector<std::string> LiveView::rows(const Style& style) const {
  const RunView& view = reader_.view();
  std::vector<std::string> rows;
  auto add = [&](Ink ink, const std::string& row) {
    rows.push_back(inked(style, ink, shortened(row, style.width - 1, style.unicode)));
  };
  add(Ink::Bold, heading(view, planned_, style));
  std::vector<std::string> numbers;
  for (const LoadView& load : view.loads) load_rows(load, style, numbers);
  for (const std::string& row : numbers)
    add(row.find("GENERATOR") != row.npos ? Ink::Yellow : Ink::None, row);
  for (const TargetView& target : view.targets)
    if (!target.points.empty())
      add(Ink::None,
          fmt::format(" {}  ready {}", padded(shortened(plain(target.name), 9, style.unicode), 9),
                      ready_steps(target)));
  std::size_t name_width = 4, limit_width = 4;
  for (const Lamp& lamp : lamps_) {
    name_width = std::max(name_width, columns(plain(lamp.light.name)));
    limit_width = std::max(limit_width, columns(plain(lamp.light.limit)));
  }
  name_width = std::min<std::size_t>(name_width, 24);
  limit_width = std::min<std::size_t>(limit_width, 28);
  for (const Lamp& lamp : lamps_) {
    const Judge::Light& l = lamp.light;
    const bool red = l.state == "red", green = l.state == "green";
    const char* mark = green ? (style.unicode ? "✓" : "+")
                       : red ? (style.unicode ? "✗" : "x")
                             : (l.state == "excused" ? "~" : "?");
    const std::string red_for =
        lamp.red_seconds > 0
            ? fmt::format("  red for {}", human(std::chrono::seconds(lamp.red_seconds)))
            : "";
    add(green ? Ink::Green
        : red ? Ink::Red
              : Ink::Yellow,
        fmt::format(" {} {}  {}  now {}  worst {}{}", mark,
                    padded(shortened(plain(l.name), name_width, style.unicode), name_width),
                    padded(shortened(plain(l.limit), limit_width, style.unicode), limit_width),
                    l.value.empty() ? "-" : plain(l.value),
                    lamp.worst.empty() ? "-" : plain(lamp.worst), red_for));
  }
  for (const Moment& m : recent_)
    add(ink_of(m.tone), fmt::format(" {}  {} {}", clock_text(m.at), padded(m.kind, 8), m.text));
  return rows;
}

std::vector<std::string> LiveView::block() const {
  Style bare = style_;
  bare.colour = false;
  return rows(bare);
}

void LiveView::draw() {
  // One write: back to the first row, then each row anew, cleared to its end, then all below it.
  std::string picture;
  if (drawn_rows_ > 0) picture += fmt::format("\033[{}A", drawn_rows_);
  // Without wrapping: a terminal that became narrower cuts rows instead of breaking the picture.
  picture += "\r\033[?7l";
  auto now = rows(style_);
  // What has scrolled away cannot be drawn over.
  if (static_cast<int>(now.size()) >= style_.height) now.resize(style_.height - 1);
  for (const std::string& row : now) picture += row + "\033[K\n";
  picture += "\033[J\033[?7h";
  drawn_rows_ = static_cast<int>(now.size());
  out_(picture);
}

void LiveView::tick() {
  if (!style_.redraw || finished_ || !changed_ || (may_draw_ && !may_draw_())) return;
  changed_ = false;
  draw();
}

void LiveView::finish() {
  tick();
  finished_ = true;
}

}  // namespace gunflint
