#include "report/verdict_block.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "report/impact.hpp"
#include "report/words.hpp"

namespace gunflint {

namespace {

Ink ink_of(Held held) {
  return held == Held::Yes ? Ink::Green : held == Held::No ? Ink::Red : Ink::Yellow;
}

const char* mark_of(Held held, bool unicode) {
  if (held == Held::Yes) return unicode ? "✓" : "+";
  if (held == Held::No) return unicode ? "✗" : "x";
  return "?";
}

Ink ink_of(Outcome outcome) {
  if (outcome == Outcome::Held) return Ink::Green;
  return outcome == Outcome::Inconclusive || outcome == Outcome::NotStarted ? Ink::Yellow
                                                                            : Ink::Red;
}

std::string capitals(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  return out;
}

/// Text broken at spaces to `width`, each line after `indent` spaces.
std::string wrapped(const std::string& text, std::size_t width, std::size_t indent) {
  std::string out, line;
  const std::size_t room = width > indent + 20 ? width - indent : 20;
  auto flush = [&] {
    out += std::string(indent, ' ') + line + "\n";
    line.clear();
  };
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    if (!line.empty() && columns(line) + 1 + columns(word) > room) flush();
    line += (line.empty() ? "" : " ") + word;
    at = end + 1;
  }
  if (!line.empty()) flush();
  return out;
}

struct Widths {
  std::size_t name = 0, measured = 0, limit = 0;
};

Widths widths_of(const std::vector<Finding>& findings, int width) {
  Widths w;
  for (const Finding& f : findings) {
    w.name = std::max(w.name, columns(plain(title_of(f))));
    w.measured = std::max(w.measured, columns(plain(f.measured)));
    w.limit = std::max(w.limit, columns(plain(f.limit)));
  }
  const std::size_t most = static_cast<std::size_t>(std::max(width - 10, 30)) / 3;
  w.name = std::min(w.name, most);
  w.measured = std::min(w.measured, most);
  w.limit = std::min(w.limit, most);
  return w;
}

void finding_rows(const Finding& f, const Widths& w, const Style& style, std::string& out) {
  auto cell = [&](const std::string& text, std::size_t width) {
    return padded(shortened(plain(text), width, style.unicode), width);
  };
  std::string row =
      fmt::format(" {} {}  {}  {}", mark_of(f.held, style.unicode), cell(title_of(f), w.name),
                  cell(f.measured, w.measured), cell(f.limit, w.limit));
  row.erase(row.find_last_not_of(' ') + 1);
  out += inked(style, ink_of(f.held), row) + "\n";
  // What did not fit its column is told below it, whole.
  if (columns(plain(title_of(f))) > w.name) out += wrapped(plain(title_of(f)), style.width, 5);
  if (columns(plain(f.limit)) > w.limit) out += wrapped("limit: " + plain(f.limit), style.width, 5);
  if (f.held == Held::Yes) {
    if (columns(plain(f.measured)) > w.measured) out += wrapped(plain(f.measured), style.width, 5);
    return;
  }
  if (!f.sentence.empty()) out += wrapped(plain(f.sentence), style.width, 5);
  for (std::size_t i = 0; i < f.evidence.size() && i < 3; ++i)
    out += inked(style, Ink::Dim, wrapped(plain(sentence_of(f.evidence[i])), style.width, 5));
  if (f.evidence.size() > 3)
    out += inked(style, Ink::Dim, fmt::format("     and {} more\n", f.evidence.size() - 3));
}

void left_rows(const RunView& view, const Style& style, std::string& out) {
  for (const LeftBehind& left : view.left_behind) {
    out += inked(style, Ink::Red,
                 left.fault.empty() ? "   " + plain(left.what)
                                    : fmt::format("   {} on {}: {}", plain(left.fault),
                                                  plain(left.member), plain(left.what))) +
           "\n";
    if (!left.command.empty()) out += fmt::format("     remove it: {}\n", plain(left.command));
  }
  for (const LeftChanged& left : view.left_changed)
    out += inked(style, Ink::Yellow,
                 fmt::format(" changed  {} on {}: {}", plain(left.fault), plain(left.member),
                             plain(left.what))) +
           "\n";
}

/// The folder that --out names, out of the journal's place in it; empty when it is the usual one.
std::string runs_folder(const DocumentPlaces& places) {
  for (const auto& [what, where] : places) {
    if (what != "journal") continue;
    const std::size_t run = where.rfind('/');
    const std::size_t runs = run == where.npos || run == 0 ? where.npos : where.rfind('/', run - 1);
    if (runs == where.npos) return {};
    const std::string folder = where.substr(0, runs);
    return folder == "gunflint-runs" ? std::string() : folder;
  }
  return {};
}

}  // namespace

std::string verdict_block(const RunView& view, const Style& style, const DocumentPlaces& places) {
  const Outcome outcome = outcome_of(view);
  auto findings = worst_first(view);
  // Of a run that did not begin the cause tells all; what was not judged, and why not, adds
  // nothing.
  const bool begun = outcome != Outcome::NotStarted && outcome != Outcome::Invalid;
  if (!begun)
    std::erase_if(findings, [](const Finding& f) {
      return f.held == Held::Yes || (f.held == Held::Inconclusive && f.measured.empty());
    });
  const auto bad = std::count_if(findings.begin(), findings.end(),
                                 [](const Finding& f) { return f.held != Held::Yes; });
  const Impact impact = impact_of(view);
  const std::string& id = view.start.run;
  std::string out = inked(style, ink_of(outcome), capitals(name_of(outcome)));
  if (!findings.empty() && begun)
    out += bad ? fmt::format("  {} of {} verdicts not held", bad, findings.size())
               : fmt::format("  all {} verdicts held", findings.size());
  out += fmt::format("   {}  run {}  {}  exit {}\n", plain(view.start.name),
                     plain(id.substr(id.rfind('-') + 1)), clock_text(impact.length),
                     view.exit.value_or(exit_code(outcome)));
  out += wrapped(plain(cause_of(view)), style.width, 1);
  out += "\n";
  const Widths widths = widths_of(findings, style.width);
  for (const Finding& f : findings) finding_rows(f, widths, style, out);
  if (!findings.empty()) out += "\n";
  if (impact.users_due > 0)
    out +=
        fmt::format(" users    {} of {} affected ({})\n", grouped(impact.users_affected),
                    grouped(impact.users_due), percent(impact.users_affected / impact.users_due));
  for (const TrustNote& note : trust_of(view))
    if (note.tone == Tone::Bad || note.tone == Tone::Warning)
      out += inked(style, note.tone == Tone::Bad ? Ink::Red : Ink::Yellow, " trust   ") +
             wrapped(plain(note.text), style.width, 10).substr(9);
  const TrustNote undo = undo_summary(view);
  out += inked(style,
               undo.tone == Tone::Bad    ? Ink::Red
               : undo.tone == Tone::Good ? Ink::Green
                                         : Ink::None,
               " undo     " + undo.text) +
         "\n";
  left_rows(view, style, out);
  for (const auto& [what, where] : places) out += fmt::format(" {}  {}\n", padded(what, 7), where);
  for (const std::string& step : next_steps(view, runs_folder(places)))
    out += fmt::format(" next     {}\n", plain(step));
  return out;
}

}  // namespace gunflint
