#include "cli/load_text.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "cli/load_bins.hpp"
#include "cli/load_stages.hpp"
#include "model/replay_words.hpp"
#include "report/words.hpp"

namespace gunflint {

namespace {

using LoadLines = std::vector<std::string>;

std::string count_text(std::uint64_t n) { return grouped(static_cast<double>(n)); }
std::string share_text(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? "-" : percent(static_cast<double>(part) / static_cast<double>(whole));
}
std::string some(std::uint64_t n, const char* one, const char* many) {
  return count_text(n) + " " + (n == 1 ? one : many);
}

/// "asked" and the like: a label, what it is per second, and what it comes to.
std::string line_of(std::string_view label, const std::string& rate, const std::string& rest) {
  return fmt::format("  {:<14}{:>9}  {}", label, rate, rest);
}

/// Words in lines of at most `width` columns, each after `indent` spaces.
void add_wrapped(const std::string& text, std::size_t indent, const Style& style, Ink ink,
                 LoadLines& lines) {
  const auto width = static_cast<std::size_t>(std::max(style.width - 1, 40)) - indent;
  std::string line;
  const auto end_line = [&] {
    lines.push_back(std::string(indent, ' ') + inked(style, ink, line));
    line.clear();
  };
  for (std::size_t at = 0; at < text.size();) {
    const auto space = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, space - at);
    if (!line.empty() && columns(line) + 1 + columns(word) > width) end_line();
    line += (line.empty() ? "" : " ") + word;
    at = space + 1;
  }
  end_line();
}

std::string rate_of(double count, double length) {
  return length > 0 ? rate_text(count / length) : "-";
}

/// What was asked: by arrivals, by users, or by a log.
void asked_lines(const LoadSpec& load, const LoadSummary& s, double length, bool journeys,
                 LoadLines& lines) {
  const char* what = journeys ? "journeys" : "requests";
  if (load.replay) {
    const auto& replay = *load.replay;
    std::string text = fmt::format("{} of the {} requests of {}", count_text(s.due),
                                   count_text(replay.requests), replay.file);
    if (replay.speed != 1) text += fmt::format(", {}x as fast", print_number(replay.speed));
    if (const auto left_out = spell_left_out(replay.left_out); !left_out.empty())
      text += "; " + left_out;
    lines.push_back(line_of("replayed", rate_of(static_cast<double>(s.due), length), text));
  }
  if (s.closed_loop())
    lines.push_back(line_of("users", count_text(s.most_users),
                            "each begins again when it is answered (a closed loop)"));
  if (s.asked > 0)
    lines.push_back(
        line_of("asked", rate_of(s.asked, length),
                fmt::format("{} {}{}", grouped(s.asked), what,
                            load.arrivals == ArrivalKind::Uniform ? "" : " on average")));
}

void traffic_lines(const LoadSummary& s, double length, bool journeys, const Style& style,
                   LoadLines& lines) {
  const std::string dropped =
      s.dropped > 0 ? fmt::format(", {} dropped", count_text(s.dropped)) : "";
  if (journeys) {
    lines.push_back(line_of("begun", rate_of(static_cast<double>(s.due - s.dropped), length),
                            fmt::format("{} journeys{}", count_text(s.due - s.dropped), dropped)));
    lines.push_back(line_of("completed", rate_of(static_cast<double>(s.completed), length),
                            fmt::format("{} journeys ({})", count_text(s.completed),
                                        share_text(s.completed, s.journeys_ended + s.dropped))));
  }
  std::string again;
  if (s.attempts > s.requests)
    again = fmt::format(", {:.3g} attempts per request (retries)", s.amplification());
  lines.push_back(line_of("sent", rate_of(static_cast<double>(s.sent), length),
                          count_text(s.sent) + " requests" + (journeys ? "" : dropped) + again));
  const std::string failed =
      fmt::format("{} failed ({})", count_text(s.failed), share_text(s.failed, s.requests));
  lines.push_back(line_of("answered", rate_of(static_cast<double>(s.requests - s.failed), length),
                          fmt::format("{} rightly, {}", count_text(s.requests - s.failed),
                                      inked(style, s.failed ? Ink::Red : Ink::None, failed))));
  if (s.warm_up_seconds > 0)
    lines.push_back(line_of(
        "left out", "",
        fmt::format("{} of warm-up, with {}",
                    some(static_cast<std::uint64_t>(s.warm_up_seconds), "second", "seconds"),
                    some(s.warm_up_requests, "answer", "answers"))));
}

/// A row that a terminal would break is cut; in a file it stays whole.
std::string fitted(const std::string& row, const Style& style) {
  if (!style.redraw) return row;
  return shortened(row, static_cast<std::size_t>(std::max(style.width - 1, 40)), style.unicode);
}

void error_lines(const LoadSummary& s, const Style& style, LoadLines& lines) {
  if (s.errors.empty()) return;
  std::vector<std::pair<std::string, std::uint64_t>> most(s.errors.begin(), s.errors.end());
  std::stable_sort(most.begin(), most.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::size_t width = 0;
  for (const auto& [name, count] : most) width = std::max(width, name.size());
  lines.emplace_back();
  const char* label = "errors";
  for (const auto& [name, count] : most) {
    const auto example = s.examples.find(name);
    std::string what = name;
    if (example != s.examples.end()) what = padded(name, width) + "  " + plain(example->second);
    lines.push_back(fitted(line_of(label, count_text(count), what), style));
    label = "";
  }
}

/// A table of percentiles: its head, and a row for each histogram that holds anything.
void percentile_table(const char* title,
                      std::initializer_list<std::pair<const char*, const Histogram*>> rows,
                      const Style& style, LoadLines& lines) {
  LoadLines table;
  for (const auto& [label, h] : rows) {
    if (h->empty()) continue;
    std::string row = fmt::format("  {:<14}", label);
    for (const auto& p : shown_percentiles()) row += fmt::format("{:>9}", human(h->quantile(p.q)));
    table.push_back(row + fmt::format("{:>9}{:>9}", human(h->max()), human(h->mean())));
  }
  if (table.empty()) return;
  std::string head = fmt::format("  {:<14}", title);
  for (const auto& p : shown_percentiles()) head += fmt::format("{:>9}", p.title);
  lines.emplace_back();
  lines.push_back(inked(style, Ink::Dim, head + fmt::format("{:>9}{:>9}", "max", "mean")));
  lines.insert(lines.end(), table.begin(), table.end());
}

/// A bar of eighths of a column; what is not nothing is seen.
std::string bar_of(double share, int width, bool unicode) {
  static constexpr std::array parts{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  if (!unicode)
    return std::string(
        static_cast<std::size_t>(std::max(share > 0 ? 1.0 : 0.0, share * width + 0.5)), '#');
  const int eighths = std::max(share > 0 ? 1 : 0, static_cast<int>(share * width * 8 + 0.5));
  std::string out;
  for (int i = 0; i < eighths / 8; ++i) out += "█";
  return out + parts[static_cast<std::size_t>(eighths % 8)];
}

void distribution_lines(const Histogram& h, const Style& style, LoadLines& lines) {
  const auto bins = latency_bins(h);
  if (bins.empty()) return;
  std::uint64_t most = 0;
  for (const auto& bin : bins) most = std::max(most, bin.count);
  const int width = std::clamp(style.width - 58, 8, 48);
  lines.emplace_back();
  for (const auto& bin : bins) {
    std::string marks;
    for (const auto& p : shown_percentiles()) {
      const Duration at = h.quantile(p.q);
      if (at >= bin.from && at < bin.to) marks += std::string(marks.empty() ? "" : " ") + p.title;
    }
    const double share = static_cast<double>(bin.count) / static_cast<double>(most);
    lines.push_back(fmt::format("  {:>6} - {:<6}{:>11}{:>9}  {}{}", human(bin.from), human(bin.to),
                                count_text(bin.count), bin_percent(bin.count, h.count()),
                                inked(style, Ink::Blue, bar_of(share, width, style.unicode)),
                                marks.empty() ? "" : "  " + inked(style, Ink::Dim, marks)));
  }
}

/// One row of the table of journeys and steps.
std::string part_row(const std::string& name, std::size_t width, std::uint64_t count,
                     const std::string& bad, const Histogram& h, const Style& style) {
  const std::string shown = padded(shortened(plain(name), width, style.unicode), width);
  if (h.empty()) return fmt::format("  {}{:>10}{:>9}", shown, count_text(count), bad);
  return fmt::format("  {}{:>10}{:>9}{:>9}{:>9}{:>9}{:>9}", shown, count_text(count), bad,
                     human(h.quantile(0.5)), human(h.quantile(0.9)), human(h.quantile(0.99)),
                     human(h.max()));
}

/// Steps, under their journeys when there are several.
void part_lines(const LoadSummary& s, const Style& style, LoadLines& lines) {
  if (s.steps.size() < 2) return;
  const auto width = static_cast<std::size_t>(std::clamp(style.width - 58, 16, 40));
  lines.emplace_back();
  lines.push_back(inked(style, Ink::Dim,
                        fmt::format("  {:<{}}{:>10}{:>9}{:>9}{:>9}{:>9}{:>9}", "step", width,
                                    "ended", "failed", "p50", "p90", "p99", "max")));
  for (const auto& journey : s.journeys) {
    const auto lost = journey.ended + journey.dropped -
                      std::min(journey.completed, journey.ended + journey.dropped);
    lines.push_back(part_row(journey.journey, width, journey.ended,
                             share_text(lost, journey.ended + journey.dropped), journey.duration,
                             style));
    for (const auto& step : s.steps)
      if (step.load == journey.load && step.journey == journey.journey)
        lines.push_back(part_row("  " + step.step, width, step.ended,
                                 share_text(step.failed, step.ended), step.latency, style));
  }
}

/// What passed over the wire.
void wire_lines(const LoadSummary& s, double length, const Style& style, LoadLines& lines) {
  LoadLines rows;
  if (s.bytes_in + s.bytes_out > 0) {
    const auto text = [&](std::uint64_t bytes) {
      const auto n = static_cast<double>(bytes);
      return fmt::format("{} ({}/s)", bytes_text(n), bytes_text(length > 0 ? n / length : 0));
    };
    rows.push_back(
        fmt::format("  {:<14} {} received, {} sent", "bytes", text(s.bytes_in), text(s.bytes_out)));
  }
  std::string opened;
  if (s.opened > 0) opened = fmt::format("{} opened", count_text(s.opened));
  if (s.reconnects > 0)
    opened += fmt::format("{}{} in place of one that the other side ended",
                          opened.empty() ? "" : ", ", count_text(s.reconnects));
  if (!opened.empty()) rows.push_back(fmt::format("  {:<14} {}", "connections", opened));
  if (!s.queued.empty())
    rows.push_back(fmt::format("  {:<14} {} of the sends ({}) found no connection free", "waited",
                               count_text(s.queued.count()), percent(s.queued_share())));
  if (!rows.empty()) lines.emplace_back();
  for (const auto& row : rows) lines.push_back(fitted(row, style));
}

/// What a reader would otherwise take wrongly.
void honest_sentences(const LoadSummary& s, LoadLines& lines) {
  if (s.closed_loop() && s.open_seconds == 0)
    lines.emplace_back(
        "Closed loop: a slow answer delays the next request, so these latencies hide what users "
        "who do not wait would have seen. --rate shows that.");
  else if (s.closed_loop())
    lines.push_back(fmt::format(
        "{} of {} seconds were a closed loop: there a slow answer delays the next request, and the "
        "latencies hide what users who do not wait would have seen.",
        s.closed_seconds, s.closed_seconds + s.open_seconds));
  if (!s.closed_loop() && s.queued_share() > 0.01 && s.most_backlog > 0)
    lines.push_back(fmt::format(
        "Up to {} waited for a connection: the latencies from due hold that wait. More connections "
        "(http.connections, -c) show whether the system could have taken them.",
        some(s.most_backlog, "request", "requests")));
}

/// One load as a block of lines.
LoadLines block_of(const LoadSpec& load, const LoadSummary& s, double length, const Style& style) {
  LoadLines lines;
  bool journeys = s.journeys.size() != s.steps.size();
  for (const auto& journey : load.journeys) journeys |= journey.steps.size() > 1;
  asked_lines(load, s, length, journeys, lines);
  traffic_lines(s, length, journeys, style, lines);
  error_lines(s, style, lines);
  percentile_table("latency", {{"from due", &s.latency}, {"from send", &s.service}}, style, lines);
  distribution_lines(s.latency, style, lines);
  part_lines(s, style, lines);
  percentile_table("of that",
                   {{"no connection", &s.queued},
                    {"connecting", &s.connect},
                    {"sent late", &s.late},
                    {"woken late", &s.lag}},
                   style, lines);
  wire_lines(s, length, style, lines);
  return lines;
}

void threshold_lines(const std::vector<JudgedThreshold>& judged, const Style& style,
                     LoadLines& lines) {
  if (judged.empty()) return;
  std::size_t width = 0;
  for (const auto& one : judged) width = std::max(width, columns(one.text));
  lines.emplace_back();
  for (const auto& one : judged) {
    const bool held = one.outcome == Outcome::Held, failed = one.outcome == Outcome::Failed;
    const char* mark = held     ? (style.unicode ? "✓" : "+")
                       : failed ? (style.unicode ? "✗" : "x")
                                : "?";
    const char* word = held ? "held" : failed ? "failed" : "inconclusive";
    lines.push_back(
        inked(style,
              held     ? Ink::Green
              : failed ? Ink::Red
                       : Ink::Yellow,
              fmt::format("  {} {:<13} {}  it was {}{}", mark, word, padded(plain(one.text), width),
                          one.value, one.why.empty() ? "" : " (" + one.why + ")")));
  }
}

std::string heading_of(const LoadOrder& order, const LoadSpec& load) {
  std::string text = order.loads.size() > 1 ? load.name : order.title;
  if (load.stages.empty()) return text + ": at the log's own times";
  text += ": " + spell_stages(load.stages);
  if (load.arrivals != ArrivalKind::Uniform)
    text += fmt::format(", {} arrivals", name_of(load.arrivals));
  return text;
}

}  // namespace

std::string generator_sentence(const LoadSummary& s) {
  if (s.sent == 0 && s.saturated_seconds == 0)
    return "Nothing was sent that counts, so nothing is known of the generator.";
  const auto cpu = fmt::format("{:.0f} % of a core at most", s.most_cpu * 100);
  const auto lag = s.late.empty() ? "nothing was sent late"
                                  : fmt::format("99 % were sent within {} of being due",
                                                human(s.late.quantile(0.99)));
  if (s.saturated_seconds == 0)
    return fmt::format("The generator was never the limit: {}, {}.", cpu, lag);
  return fmt::format("The generator was the limit in {} of {} seconds ({}, {}): {}.",
                     s.saturated_seconds, s.seconds, cpu, lag,
                     s.generator_was_the_limit()
                         ? "latencies hold its own delay; give it a free core or ask for less"
                         : "too few to matter");
}

std::string load_report(const LoadOrder& order, const LoadResult& result, const Style& style) {
  LoadLines lines;
  for (std::size_t i = 0; i < order.loads.size(); ++i) {
    if (i > 0) lines.emplace_back();
    add_wrapped(heading_of(order, order.loads[i]), 0, style, Ink::Bold, lines);
    lines.emplace_back();
    const auto block = block_of(order.loads[i], result.each[i], result.lengths[i], style);
    lines.insert(lines.end(), block.begin(), block.end());
  }
  threshold_lines(result.judged, style, lines);
  LoadLines sentences{generator_sentence(result.all)};
  honest_sentences(result.all, sentences);
  if (result.stopped)
    sentences.push_back(
        fmt::format("Stopped by a signal after {}: what was sent until then counts.",
                    human(from_seconds(result.length))));
  lines.emplace_back();
  for (const auto& sentence : sentences) {
    const bool warns = sentence.starts_with("The generator was the limit");
    add_wrapped(sentence, 2, style, warns ? Ink::Yellow : Ink::None, lines);
  }
  std::string text;
  for (auto& line : lines) {
    while (line.ends_with(' ')) line.pop_back();
    text += line + "\n";
  }
  return text;
}

}  // namespace gunflint
