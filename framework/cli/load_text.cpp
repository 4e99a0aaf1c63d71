#include "cli/load_text.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "cli/load_bins.hpp"
#include "cli/load_stages.hpp"
#include "cli/load_tables.hpp"
#include "model/replay_words.hpp"
#include "report/words.hpp"

namespace gunflint {

namespace {

/// "asked" and the like: a label, what it is per second, and what it comes to.
std::string line_of(std::string_view label, const std::string& rate, const std::string& rest) {
  return fmt::format("  {:<14}{:>9}  {}", label, rate, rest);
}

/// Columns of text with colours in it.
std::size_t seen_columns(std::string_view text) {
  std::size_t seen = columns(text);
  for (auto at = text.find('\033'); at != text.npos; at = text.find('\033', at + 1))
    seen -= text.find('m', at) + 1 - at;
  return seen;
}

/// Breaks `text` between words where a row is full; further rows begin with `indent` spaces. A
/// number stays with its percent sign.
void add_broken(const std::string& text, std::size_t indent, const Style& style, LoadLines& lines) {
  std::string line;
  std::size_t used = 0;
  const auto end_line = [&] {
    while (line.ends_with(' ')) line.pop_back();
    lines.push_back(std::exchange(line, std::string(indent, ' ')));
    used = indent;
  };
  for (std::size_t at = 0; at <= text.size();) {
    auto space = std::min(text.find(' ', at), text.size());
    if (text.compare(space, 2, " %") == 0) space = std::min(text.find(' ', space + 1), text.size());
    const std::string word = text.substr(at, space - at);
    const auto wide = seen_columns(word);
    if (used + wide > room_of(style) && line.find_first_not_of(' ') != line.npos) end_line();
    line += word + " ";
    used += wide + 1;
    at = space + 1;
  }
  end_line();
}

/// A row that a terminal would break inside a word is broken between two, below what stands before
/// it where there is room; in a file it stays whole.
void add_row(const std::string& row, std::size_t indent, const Style& style, LoadLines& lines) {
  if (style.redraw)
    add_broken(row, style.width < 60 ? 6 : indent, style, lines);
  else
    lines.push_back(row);
}
constexpr std::size_t below_rest = 27;  ///< of line_of()

/// Words in lines of at most the width, each after `indent` spaces.
void add_wrapped(const std::string& text, std::size_t indent, const Style& style, Ink ink,
                 LoadLines& lines) {
  LoadLines broken;
  add_broken(std::string(indent, ' ') + text, indent, style, broken);
  for (const auto& line : broken)
    lines.push_back(std::string(indent, ' ') + inked(style, ink, line.substr(indent)));
}

/// What was asked: by arrivals, by users, or by a log.
void asked_lines(const LoadSpec& load, const LoadSummary& s, double length, bool journeys,
                 const Style& style, LoadLines& lines) {
  const char* what = journeys ? "journeys" : "requests";
  if (load.replay) {
    const auto& replay = *load.replay;
    std::string text = fmt::format("{} of the {} requests of {}", count_text(s.due),
                                   count_text(replay.requests), replay.file);
    if (replay.speed != 1) text += fmt::format(", {}x as fast", print_number(replay.speed));
    if (const auto left_out = spell_left_out(replay.left_out); !left_out.empty())
      text += "; " + left_out;
    add_row(line_of("replayed", rate_of(static_cast<double>(s.due), length), text), below_rest,
            style, lines);
  }
  if (s.closed_loop())
    add_row(line_of("users", count_text(s.most_users),
                    "each begins again when it is answered (a closed loop)"),
            below_rest, style, lines);
  if (s.asked > 0 && !(load.replay && load.replay->timed))
    add_row(line_of("asked", rate_of(s.asked, length),
                    fmt::format("{} {}{}", grouped(s.asked), what,
                                load.arrivals == ArrivalKind::Uniform ? "" : " on average")),
            below_rest, style, lines);
}

/// Whole answers by status code, the most frequent first.
void status_line(const LoadSummary& s, const Style& style, LoadLines& lines) {
  std::vector<std::pair<std::string, std::uint64_t>> most(s.statuses.begin(), s.statuses.end());
  std::stable_sort(most.begin(), most.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text;
  for (const auto& [status, count] : most)
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", status, count_text(count));
  if (!text.empty()) add_row(line_of("status", "", text), below_rest, style, lines);
}

void traffic_lines(const LoadSummary& s, double length, bool journeys, const Style& style,
                   LoadLines& lines) {
  const std::string dropped =
      s.dropped > 0 ? fmt::format(", {} dropped", count_text(s.dropped)) : "";
  if (journeys) {
    add_row(line_of("begun", rate_of(static_cast<double>(s.due - s.dropped), length),
                    fmt::format("{} journeys{}", count_text(s.due - s.dropped), dropped)),
            below_rest, style, lines);
    add_row(
        line_of("completed", rate_of(static_cast<double>(s.completed), length),
                fmt::format("{} journeys ({})", count_text(s.completed),
                            share_text(s.completed, s.journeys_ended - s.unfinished + s.dropped))),
        below_rest, style, lines);
  }
  std::string again;
  if (s.attempts > s.requests)
    again = fmt::format(", {:.3g} attempts per request (retries)", s.amplification());
  add_row(line_of("sent", rate_of(static_cast<double>(s.sent), length),
                  count_text(s.sent) + " requests" + (journeys ? "" : dropped) + again),
          below_rest, style, lines);
  const std::string failed =
      fmt::format("{} failed ({})", count_text(s.failed), share_text(s.failed, s.requests));
  add_row(line_of("answered", rate_of(static_cast<double>(s.requests - s.failed), length),
                  fmt::format("{} rightly, {}", count_text(s.requests - s.failed),
                              inked(style, s.failed ? Ink::Red : Ink::None, failed))),
          below_rest, style, lines);
  status_line(s, style, lines);
  if (s.warm_up_seconds > 0)
    add_row(line_of("left out", "",
                    fmt::format(
                        "{} of warm-up, with {}",
                        some(static_cast<std::uint64_t>(s.warm_up_seconds), "second", "seconds"),
                        some(s.warm_up_requests, "answer", "answers"))),
            below_rest, style, lines);
}

/// What to do about an error whose words are those of a library; nothing for most.
std::string advice_on(const std::string& example) {
  const auto says = [&](std::string_view words) { return example.find(words) != example.npos; };
  if (says("certificate is not trusted"))
    return "trust it with --cacert FILE (tls.ca), or any with -k/--insecure (tls.verify: false)";
  if (says("wrong version number"))
    return "does it speak plain HTTP there? then write http:// instead of https://";
  if (says("no application protocol"))
    return "there is no HTTP/2 there; leave out --http 2 (http.version)";
  return {};
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
    add_row(line_of(label, count_text(count), what), below_rest, style, lines);
    label = "";
    const std::string advice = example == s.examples.end() ? "" : advice_on(example->second);
    if (!advice.empty())
      add_wrapped(advice, style.width < 60 ? 6 : below_rest, style, Ink::None, lines);
  }
}

/// Whether `max_in_flight` lets fewer requests go at once than the connections could carry.
bool max_in_flight_binds(const LoadSpec& load) {
  if (!load.max_in_flight) return false;
  const HttpOptions& http = load.http;
  const bool two = http.version == HttpVersion::Two ||
                   (http.version == HttpVersion::Auto && load.base_url.starts_with("https://"));
  const std::int64_t carried = std::int64_t{http.connections} * (two ? http.streams : 1);
  return *load.max_in_flight <= carried;
}

/// What passed over the wire.
void wire_lines(const LoadSpec& load, const LoadSummary& s, double length, const Style& style,
                LoadLines& lines) {
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
  // Where there was only one kind, its number is that of all.
  for (const auto& [kind, count] : s.spoken)
    opened +=
        s.spoken.size() == 1 ? ", " + kind : fmt::format(", {} of {}", count_text(count), kind);
  if (!opened.empty()) rows.push_back(fmt::format("  {:<14} {}", "connections", opened));
  if (!s.queued.empty())
    rows.push_back(fmt::format("  {:<14} {} of the sends ({}) {}", "queued",
                               count_text(s.queued.count()), percent(s.queued_share()),
                               max_in_flight_binds(load) ? "were kept back by max_in_flight"
                                                         : "had to wait for a connection"));
  if (!rows.empty()) lines.emplace_back();
  for (const auto& row : rows) add_row(row, 17, style, lines);
}

/// Whose limit it was that requests waited for.
void waiting_sentence(const LoadSpec& load, const LoadSummary& s, bool one_of_several,
                      LoadLines& lines) {
  if (s.closed_loop() || s.queued_share() <= 0.01 || s.most_backlog == 0) return;
  const std::string whose = one_of_several ? " of " + load.name : "";
  const std::string waited = some(s.most_backlog, "request", "requests") + whose;
  if (max_in_flight_binds(load))
    lines.push_back(fmt::format(
        "Up to {} waited because no more than {} may be under way at once (max_in_flight, "
        "--max-in-flight): the latencies from due hold that wait. A higher limit shows whether the "
        "system could have taken them.",
        waited, count_text(static_cast<std::uint64_t>(*load.max_in_flight))));
  else
    lines.push_back(fmt::format(
        "Up to {} waited for a connection: the latencies from due hold that wait. More connections "
        "(http.connections, -c) show whether the system could have taken them.",
        waited));
}

/// What a reader would otherwise take wrongly.
void honest_sentences(const LoadOrder& order, const LoadResult& result, LoadLines& lines) {
  const LoadSummary& s = result.all;
  if (s.closed_loop() && s.open_seconds == 0)
    lines.emplace_back(
        "Closed loop: a slow answer delays the next request, so these latencies hide what users "
        "who do not wait would have seen. --rate shows that.");
  else if (s.closed_loop())
    lines.push_back(fmt::format(
        "{} of {} seconds were a closed loop: there a slow answer delays the next request, and the "
        "latencies hide what users who do not wait would have seen.",
        s.closed_seconds, s.seconds));
  if (s.unfinished > 0)
    lines.push_back(
        fmt::format("{} thinking when the load was over: ended, but not completed, and no request "
                    "of theirs failed.",
                    some(s.unfinished, "journey was", "journeys were")));
  for (std::size_t i = 0; i < order.loads.size(); ++i)
    waiting_sentence(order.loads[i], result.each[i], order.loads.size() > 1, lines);
}

/// Whether a journey is more than one request.
bool has_journeys(const LoadSpec& load) {
  const auto requests = [](const Journey& journey) {
    return std::count_if(journey.steps.begin(), journey.steps.end(),
                         [](const Step& step) { return std::holds_alternative<Request>(step); });
  };
  return std::any_of(load.journeys.begin(), load.journeys.end(),
                     [&](const Journey& journey) { return requests(journey) > 1; });
}

/// One load as a block of lines.
LoadLines block_of(const LoadSpec& load, const LoadSummary& s, double length,
                   const std::vector<StageSum>& stages, const Style& style) {
  LoadLines lines;
  const bool journeys = has_journeys(load);
  asked_lines(load, s, length, journeys, style, lines);
  traffic_lines(s, length, journeys, style, lines);
  error_lines(s, style, lines);
  percentile_table("latency", {{"from due", &s.latency}, {"from send", &s.service}}, style, lines);
  const auto distribution = distribution_rows(s.latency, style);
  if (!distribution.empty()) lines.emplace_back();
  lines.insert(lines.end(), distribution.begin(), distribution.end());
  stage_table(stages, load.name, style, lines);
  step_table(s, style, lines);
  percentile_table(
      "of that",
      {{"queued", &s.queued}, {"connecting", &s.connect}, {"late", &s.late}, {"lag", &s.lag}},
      style, lines);
  wire_lines(load, s, length, style, lines);
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
    const std::string was = one.why.empty() ? "it was " + one.value
                            : one.value == nothing_measured
                                ? one.why
                                : fmt::format("it was {} ({})", one.value, one.why);
    LoadLines rows;
    add_row(fmt::format("  {} {:<13} {}  {}", mark, word, padded(plain(one.text), width), was), 18,
            style, rows);
    for (const auto& row : rows)
      lines.push_back(inked(style, held ? Ink::Green : failed ? Ink::Red : Ink::Yellow, row));
  }
}

/// When, and how much: "100/s for 10s", "64 users until 500 requests".
std::string schedule_text(const LoadOrder& order, const LoadSpec& load) {
  if (load.replay && load.replay->timed) {
    const double speed = load.replay->speed;
    const auto faster = speed == 1 ? "" : fmt::format(", {}x as fast", print_number(speed));
    return fmt::format("{}, at the log's own times{}", print(load.stages[0].length), faster);
  }
  if (order.until_done) return spell_stage(load.stages[0]) + " until ";
  const std::string warm_up = print(load.warm_up);
  if (load.warm_up > 0s && load.stages.size() == 1 && load.stages[0].length > load.warm_up) {
    Stage counted = load.stages[0];
    counted.length -= load.warm_up;
    return fmt::format("{} after {} of warm-up", spell_stages({counted}), warm_up);
  }
  return spell_stages(load.stages) +
         (load.warm_up > 0s ? fmt::format(", the first {} as warm-up", warm_up) : "");
}

std::string heading_of(const LoadOrder& order, const LoadSpec& load, bool journeys) {
  std::string text = order.loads.size() > 1 ? load.name : order.title;
  text += ": " + schedule_text(order, load);
  if (load.max_journeys) {
    const auto most = static_cast<std::uint64_t>(*load.max_journeys);
    const std::string all =
        journeys ? some(most, "journey", "journeys") : some(most, "request", "requests");
    text += order.until_done ? all : fmt::format(", {} at most", all);
  }
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
    add_wrapped(heading_of(order, order.loads[i], has_journeys(order.loads[i])), 0, style,
                Ink::Bold, lines);
    lines.emplace_back();
    const auto block =
        block_of(order.loads[i], result.each[i], result.lengths[i], result.stages, style);
    lines.insert(lines.end(), block.begin(), block.end());
  }
  threshold_lines(result.judged, style, lines);
  LoadLines sentences{generator_sentence(result.all)};
  honest_sentences(order, result, sentences);
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
