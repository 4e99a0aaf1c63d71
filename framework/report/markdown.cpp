#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/impact.hpp"
#include "report/report.hpp"
#include "report/words.hpp"

namespace gunflint {

namespace {

/// Text from elsewhere inside a table cell or a sentence: no new cells, no HTML, no line breaks.
/// Inside of `code` nothing is HTML, and entities would be shown as they are written.
std::string cell(const std::string& given) {
  const std::string text = plain(given);
  std::string out;
  bool code = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '`') code = !code && text.find('`', i + 1) != std::string::npos;
    if (c == '|') out += '\\';
    if (c == '<' && !code)
      out += "&lt;";
    else
      out += c;
  }
  return out.empty() ? " " : out;
}

const char* word_of(Held held) {
  return held == Held::Yes ? "✅ held" : held == Held::No ? "❌ failed" : "❔ inconclusive";
}

std::string since(const std::optional<Duration>& d) { return d ? human(*d) : "-"; }

void head(const RunView& view, const Impact& impact, std::string& out) {
  const Outcome outcome = outcome_of(view);
  out += fmt::format("# {}: {}\n\n", cell(view.start.name), name_of(outcome));
  out += fmt::format("> {}\n\n", cell(cause_of(view)));
  out += fmt::format("Run `{}` of `{}`, {} UTC, {} long, exit {}.\n\n", cell(view.start.run),
                     cell(view.start.file), print(view.wall0).substr(0, 19), human(impact.length),
                     view.exit.value_or(exit_code(outcome)));
}

void impact_part(const RunView& view, const Impact& impact, std::string& out) {
  out += "## Impact\n\n";
  if (impact.users_due > 0)
    out += fmt::format(
        "- **Users affected: {} of {} ({})** who came between the first injection and "
        "the recovery did not get what they wanted.\n",
        grouped(impact.users_affected), grouped(impact.users_due),
        percent(impact.users_affected / impact.users_due));
  else
    out += "- No users came while something was injected.\n";
  out += fmt::format("- {} journeys were due, {} completed, {} were never begun.\n",
                     grouped(static_cast<double>(impact.journeys)),
                     grouped(static_cast<double>(impact.completed)),
                     grouped(static_cast<double>(impact.dropped)));
  std::string classes;
  for (const auto& [error, count] : impact.errors)
    classes += fmt::format("{}{} {}", classes.empty() ? "" : ", ",
                           grouped(static_cast<double>(count)), error);
  out += fmt::format("- {} of {} requests failed{}.\n", grouped(static_cast<double>(impact.failed)),
                     grouped(static_cast<double>(impact.requests)),
                     classes.empty() ? "" : " (" + classes + ")");
  if (impact.worst_second)
    out += fmt::format("- Worst second: {}, when {} of the journeys completed.\n",
                       clock_text(std::chrono::seconds(*impact.worst_second)),
                       percent(impact.worst_share));
  out += fmt::format("- A hypothesis was red for {} after the first injection", human(impact.red));
  if (impact.first_red) out += fmt::format("; the first after {}", since(impact.first_red));
  if (impact.back_to_green)
    out += fmt::format("; green again {} after the last fault ended", since(impact.back_to_green));
  out += ".\n\n";
  (void)view;
}

void verdict_part(const RunView& view, std::string& out) {
  const auto findings = worst_first(view);
  if (findings.empty()) return;
  out += "## Verdicts\n\n| | what | measured | limit | |\n|---|---|---|---|---|\n";
  for (const Finding& f : findings)
    out += fmt::format("| {} | {} | {} | {} | {} |\n", word_of(f.held), cell(title_of(f)),
                       cell(f.measured), cell(f.limit), cell(f.sentence));
  out += "\n";
  for (const Finding& f : findings) {
    if (f.held == Held::Yes || f.evidence.empty()) continue;
    out += fmt::format("Evidence for **{}**", cell(title_of(f)));
    if (!f.file.empty() && f.line > 0) out += fmt::format(" ({}:{})", cell(f.file), f.line);
    out += ":\n\n";
    for (const Evidence& e : f.evidence) out += fmt::format("- {}\n", cell(sentence_of(e)));
    out += "\n";
  }
}

void timeline_part(const RunView& view, std::string& out) {
  out += "## Timeline\n\n| since start | UTC | | |\n|---|---|---|---|\n";
  for (const Moment& m : view.timeline) {
    const char* mark = m.tone == Tone::Bad       ? "🔴 "
                       : m.tone == Tone::Warning ? "🟡 "
                       : m.tone == Tone::Good    ? "🟢 "
                                                 : "";
    out += fmt::format("| {} | {} | {} | {}{} |\n", clock_text(m.at), print(m.wall).substr(11, 8),
                       m.kind, mark, cell(m.text));
  }
  out += "\n";
}

void undo_part(const RunView& view, std::string& out) {
  out += "## Injected and undone\n\n";
  const TrustNote summary = undo_summary(view);
  out += fmt::format("{}{}.\n\n", summary.tone == Tone::Bad ? "**Attention:** " : "", summary.text);
  if (!view.injections.empty()) {
    out += "| fault | member | from | effect | undone | how |\n|---|---|---|---|---|---|\n";
    for (const InjectionView& i : view.injections) {
      std::string how = "open";
      if (!i.failed.empty())
        how = "not injected: " + i.failed;
      else if (i.gone)
        how = "member is gone";
      else if (i.undone)
        how = (i.verified ? "looked again" : "NOT VERIFIED: " + i.why) +
              (i.by.empty() ? "" : ", by " + i.by);
      else if (const FaultView* f = view.fault(i.fault); f && f->to)
        how = "act done";
      out += fmt::format("| {} | {} | {} | {} | {} | {} |\n", cell(i.fault), cell(i.label),
                         clock_text(i.injected), cell(i.bite ? i.bite->sentence : "-"),
                         i.undone ? clock_text(*i.undone) : "-", cell(how));
    }
    out += "\n";
  }
  for (const LeftBehind& left : view.left_behind)
    out += fmt::format("- **Left behind** by {} on {}: {}. Remove it: `{}`\n", cell(left.fault),
                       cell(left.member), cell(left.what), cell(left.command));
  for (const LeftChanged& left : view.left_changed)
    out += fmt::format("- Left changed by {} on {}: {}\n", cell(left.fault), cell(left.member),
                       cell(left.what));
  if (!view.left_behind.empty() || !view.left_changed.empty()) out += "\n";
}

void traffic_part(const RunView& view, std::string& out) {
  if (view.loads.empty()) return;
  out +=
      "## Traffic\n\n| step | requests | failed | p50 | p95 | p99 | max "
      "|\n|---|---:|---:|---:|---:|---:|---:|\n";
  auto row = [&](const std::string& name, const Totals& t) {
    const auto& h = t.latency;
    out += fmt::format(
        "| {} | {} | {} | {} | {} | {} | {} |\n", cell(name),
        grouped(static_cast<double>(t.requests)),
        t.requests ? percent(static_cast<double>(t.failed) / static_cast<double>(t.requests)) : "-",
        human(h.quantile(0.5)), human(h.quantile(0.95)), human(h.quantile(0.99)), human(h.max()));
  };
  for (const LoadView& load : view.loads) {
    row("**" + load.name + "**", load.all);
    if (load.steps.size() > 1)
      for (const auto& [name, totals] : load.steps) row(name, totals);
  }
  out +=
      "\nLatency runs from the moment a request was due, so a slow system cannot hide its "
      "queue.\n\n";
}

/// A fence longer than any run of backticks inside.
std::string fence(const std::string& text) {
  std::size_t longest = 2, run = 0;
  for (char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return std::string(longest + 1, '`');
}

void reproduce_part(const RunView& view, std::string& out) {
  out += "## Environment, and how to do it again\n\n";
  out += fmt::format("- gunflint {} on {}, seed {}\n", cell(view.start.version),
                     cell(view.start.host), view.start.seed);
  out += fmt::format("- `{}`\n", cell(run_again(view)));
  out +=
      fmt::format("- judge the same journal again: `gunflint judge {}`\n\n", cell(view.start.run));
  if (view.start.experiment_text.empty()) return;
  const std::string& text = view.start.experiment_text;
  out += fmt::format("<details><summary>{}</summary>\n\n{}yaml\n{}{}{}\n\n</details>\n",
                     cell(view.start.file), fence(text), text, text.back() == '\n' ? "" : "\n",
                     fence(text));
}

}  // namespace

std::string markdown_report(const RunView& view) {
  const Impact impact = impact_of(view);
  std::string out;
  head(view, impact, out);
  impact_part(view, impact, out);
  verdict_part(view, out);
  timeline_part(view, out);
  undo_part(view, out);
  traffic_part(view, out);
  out += "## Can these numbers be trusted?\n\n";
  for (const TrustNote& note : trust_of(view))
    out += fmt::format("- {}{}\n",
                       note.tone == Tone::Bad       ? "❌ "
                       : note.tone == Tone::Warning ? "⚠️ "
                                                    : "✅ ",
                       cell(note.text));
  out += "\n";
  reproduce_part(view, out);
  return out;
}

}  // namespace gunflint
