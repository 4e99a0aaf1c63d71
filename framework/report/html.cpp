#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/impact.hpp"
#include "report/page.hpp"
#include "report/report.hpp"
#include "report/words.hpp"

namespace gunflint {

namespace {

std::string html(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

/// Text with `names` in backticks, as sentences carry them.
std::string prose(std::string_view text) {
  std::string out;
  bool code = false;
  for (char c : html(plain(text))) {
    if (c == '`') {
      out += code ? "</code>" : "<code>";
      code = !code;
    } else {
      out += c;
    }
  }
  return code ? html(plain(text)) : out;
}

std::string badge(std::string_view tone, std::string_view text) {
  return fmt::format("<span class=\"badge {}\">{}</span>", tone, text);
}
std::string badge(Held held) {
  return badge(held == Held::Yes ? "good" : held == Held::No ? "bad" : "warning", name_of(held));
}

std::string_view banner_class(Outcome outcome) {
  if (outcome == Outcome::Held) return "held";
  return outcome == Outcome::Inconclusive || outcome == Outcome::NotStarted ? "unsure" : "failed";
}

std::string banner(const RunView& view, const Impact& impact) {
  const Outcome outcome = outcome_of(view);
  const auto findings = worst_first(view);
  const auto bad = std::count_if(findings.begin(), findings.end(),
                                 [](const Finding& f) { return f.held != Held::Yes; });
  std::string count;
  if (!findings.empty())
    count = bad ? fmt::format("{} of {} verdicts not held", bad, findings.size())
                : fmt::format("all {} verdicts held", findings.size());
  auto fact = [](std::string_view what, std::string_view value) {
    return fmt::format("<span>{} <b>{}</b></span>\n", what, html(value));
  };
  return fmt::format(
             "<header class=\"banner {}\"><div>\n<h1>{}</h1>\n<p class=\"outcome\">{}<small>"
             "{}</small></p>\n<p class=\"cause\">{}</p>\n<p class=\"facts\">\n",
             banner_class(outcome), html(plain(view.start.name)), name_of(outcome), count,
             prose(cause_of(view))) +
         fact("run", view.start.run) +
         fact("began", print(view.wall0).substr(0, 19).replace(10, 1, " ") + " UTC") +
         fact("took", human(impact.length)) + fact("seed", std::to_string(view.start.seed)) +
         fact("exit", std::to_string(view.exit.value_or(exit_code(outcome)))) +
         "</p>\n</div></header>\n";
}

std::string tile(std::string_view tone, const std::string& value, const std::string& what) {
  return fmt::format("<div class=\"tile {}\"><b>{}</b><span>{}</span></div>\n", tone, html(value),
                     html(what));
}

std::string tiles(const RunView& view, const Impact& impact) {
  std::string out = "<section><div class=\"tiles\">\n";
  if (impact.users_due > 0) {
    const double share = impact.users_affected / impact.users_due;
    out += tile(share > 0 ? "bad" : "good", percent(share),
                fmt::format("of users affected: {} of {} who came under fault",
                            grouped(impact.users_affected), grouped(impact.users_due)));
  }
  if (impact.requests > 0) {
    const double share = static_cast<double>(impact.failed) / static_cast<double>(impact.requests);
    out +=
        tile(impact.failed ? "warn" : "good", percent(share),
             fmt::format("of {} requests failed", grouped(static_cast<double>(impact.requests))));
    Histogram all;
    for (const LoadView& load : view.loads) all.merge(load.all.latency);
    out += tile("", human(all.quantile(0.99)),
                fmt::format("latency at p99; {} at p50", human(all.quantile(0.5))));
  }
  if (!view.hypotheses.empty())
    out += tile(impact.red > 0s ? "bad" : "good", human(impact.red),
                "with a hypothesis red after the first injection");
  if (view.verdict)
    for (const Finding& f : view.verdict->findings)
      if (f.kind == Finding::Kind::Recovery) {
        out += tile(f.held == Held::Yes ? "good" : "bad",
                    f.took_s ? human(from_seconds(*f.took_s)) : "none", title_of(f));
        break;
      }
  const TrustNote undo = undo_summary(view);
  const auto undone =
      std::count_if(view.injections.begin(), view.injections.end(),
                    [](const InjectionView& i) { return i.undone && (i.verified || i.gone); });
  out += tile(undo.tone == Tone::Bad    ? "bad"
              : undo.tone == Tone::Good ? "good"
                                        : "",
              undo.tone == Tone::Bad ? "not undone" : fmt::format("{} undone", undone), undo.text);
  return out + "</div></section>\n";
}

std::string alarm(const RunView& view) {
  if (view.left_behind.empty() && view.left_changed.empty()) return "";
  std::string out;
  for (const LeftBehind& left : view.left_behind)
    out += fmt::format("<p class=\"alarm\"><b>Left behind</b> by {} on {}: {}.{}</p>\n",
                       html(plain(left.fault)), html(plain(left.member)), prose(left.what),
                       left.command.empty()
                           ? ""
                           : fmt::format(" Remove it: <code>{}</code>", html(plain(left.command))));
  for (const LeftChanged& left : view.left_changed)
    out += fmt::format("<p class=\"alarm\"><b>Left changed</b> by {} on {}: {}</p>\n",
                       html(plain(left.fault)), html(plain(left.member)), prose(left.what));
  return out;
}

std::string verdicts(const RunView& view) {
  const auto findings = worst_first(view);
  if (findings.empty()) return "";
  std::string out =
      "<section><h2>Verdicts</h2>\n<div class=\"card scroll\"><table class=\"stack\">\n<thead><tr>"
      "<th></th><th>what</th><th>measured</th><th>limit</th><th></th></tr></thead><tbody>\n";
  for (const Finding& f : findings) {
    std::string why;
    if (!f.sentence.empty()) why += "<div class=\"why\">" + prose(f.sentence) + "</div>";
    if (!f.evidence.empty() && f.held != Held::Yes) {
      why += "<ul class=\"evidence\">";
      for (const Evidence& e : f.evidence) why += "<li>" + prose(sentence_of(e)) + "</li>";
      why += "</ul>";
    }
    if (f.held != Held::Yes && !f.file.empty() && f.line > 0)
      why += fmt::format("<div class=\"evidence\"><code>{}:{}</code></div>", html(f.file), f.line);
    out += fmt::format(
        "<tr><td>{}</td><td class=\"what\">{}</td><td class=\"value\">{}</td><td "
        "class=\"limit\">{}</td><td class=\"wide\">{}</td></tr>\n",
        badge(f.held), html(plain(title_of(f))), html(plain(f.measured)), html(plain(f.limit)),
        why);
  }
  return out + "</tbody></table></div></section>\n";
}

std::string timeline(const RunView& view) {
  std::string out =
      "<section><h2>Timeline</h2>\n<div class=\"card scroll\"><table class=\"stack\">\n<thead><tr>"
      "<th>since start</th><th>UTC</th><th></th><th></th></tr></thead><tbody>\n";
  for (const Moment& m : view.timeline)
    out += fmt::format(
        "<tr class=\"moment\" data-at=\"{:.3f}\"><td class=\"when\">{}</td><td "
        "class=\"when\">{}</td><td>{}</td><td class=\"wide\">{}</td></tr>\n",
        seconds(m.at), clock_text(m.at), print(m.wall).substr(11, 8),
        badge(name_of(m.tone), m.kind), prose(m.text));
  return out + "</tbody></table></div></section>\n";
}

std::string how_undone(const RunView& view, const InjectionView& i) {
  if (!i.failed.empty()) return badge("bad", "not injected") + " " + prose(i.failed);
  if (i.gone) return badge("good", "member gone");
  if (i.undone && i.verified)
    return badge("good", "looked again") +
           (i.by.empty() || i.by == "agent" ? "" : " by the " + html(i.by));
  if (i.undone) return badge("bad", "not verified") + " " + prose(i.why);
  if (const FaultView* f = view.fault(i.fault); f && f->to) return badge("plain", "act done");
  return badge("bad", "open");
}

std::string ledger(const RunView& view) {
  if (view.injections.empty()) return "";
  std::string out = fmt::format(
      "<section><h2>Injected and undone</h2>\n<p class=\"lead\">{}.</p>\n<div class=\"card "
      "scroll\">"
      "<table>\n<thead><tr><th>fault</th><th>member</th><th>from</th><th>undone</th><th>effect</th>"
      "<th>how</th></tr></thead><tbody>\n",
      prose(undo_summary(view).text));
  for (const InjectionView& i : view.injections) {
    std::string effect = i.bite ? prose(i.bite->sentence) : "";
    if (i.bite && i.weakest && i.weakest->sentence != i.bite->sentence)
      effect += "<div class=\"evidence\">weakest: " + prose(i.weakest->sentence) + "</div>";
    if (!i.bite_lost.empty())
      effect += "<div>" + badge("warning", "bite lost") + " " + prose(i.bite_lost) + "</div>";
    out += fmt::format(
        "<tr><td class=\"what\">{}</td><td>{}</td><td class=\"when\">{}</td><td "
        "class=\"when\">{}</td><td>{}</td><td>{}</td></tr>\n",
        html(plain(i.fault)), html(plain(i.label)), clock_text(i.injected),
        i.undone ? clock_text(*i.undone) : "–", effect, how_undone(view, i));
  }
  return out + "</tbody></table></div></section>\n";
}

std::string traffic_row(const std::string& name, const Totals& t) {
  std::string errors;
  for (const auto& [error, count] : t.errors)
    errors += fmt::format("{}{} {}", errors.empty() ? "" : ", ",
                          grouped(static_cast<double>(count)), error);
  const Histogram& h = t.latency;
  const double share =
      t.requests ? static_cast<double>(t.failed) / static_cast<double>(t.requests) : 0;
  std::string out = fmt::format(
      "<tr><td class=\"what\">{}</td><td class=\"num\">{}</td><td class=\"num\">{}</td>",
      html(plain(name)), grouped(static_cast<double>(t.requests)),
      t.requests ? percent(share) : "–");
  for (double q : {0.5, 0.95, 0.99, 0.999})
    out += fmt::format("<td class=\"num\">{}</td>", h.empty() ? "–" : human(h.quantile(q)));
  return out + fmt::format("<td class=\"num\">{}</td><td>{}</td></tr>\n",
                           h.empty() ? "–" : human(h.max()), html(errors));
}

std::string traffic(const RunView& view) {
  if (view.loads.empty()) return "";
  std::string out =
      "<section><h2>Traffic</h2>\n<p class=\"lead\">Latency runs from the moment a request was "
      "due, "
      "so a slow system cannot hide its queue.</p>\n<div class=\"card scroll\"><table>\n<thead><tr>"
      "<th>step</th><th class=\"num\">requests</th><th class=\"num\">failed</th><th "
      "class=\"num\">p50"
      "</th><th class=\"num\">p95</th><th class=\"num\">p99</th><th class=\"num\">p99.9</th><th "
      "class=\"num\">max</th><th>errors</th></tr></thead><tbody>\n";
  for (const LoadView& load : view.loads) {
    out += traffic_row(load.name, load.all);
    if (load.steps.size() > 1)
      for (const auto& [name, totals] : load.steps) out += traffic_row(name, totals);
  }
  return out + "</tbody></table></div></section>\n";
}

std::string trust(const RunView& view) {
  std::string out = "<section><h2>Can these numbers be trusted?</h2>\n<ul class=\"card trust\">\n";
  for (const TrustNote& note : trust_of(view))
    out += fmt::format("<li>{}<span>{}</span></li>\n",
                       badge(name_of(note.tone), note.tone == Tone::Good  ? "fine"
                                                 : note.tone == Tone::Bad ? "no"
                                                                          : "note"),
                       prose(note.text));
  return out + "</ul></section>\n";
}

std::string reproduce(const RunView& view) {
  const RunStarted& s = view.start;
  std::string out = fmt::format(
      "<section><h2>Environment, and how to do it again</h2>\n<div class=\"card\"><pre>gunflint {} "
      "on "
      "{}\n{}\ngunflint judge {}</pre></div>\n",
      html(plain(s.version)), html(plain(s.host)), html(plain(run_again(view))),
      html(plain(s.run)));
  if (!s.experiment_text.empty())
    out += fmt::format(
        "<details class=\"card\" style=\"margin-top:12px\" open><summary>{}</summary>"
        "<pre>{}</pre></details>\n",
        html(plain(s.file)), html(s.experiment_text));
  return out + "</section>\n";
}

void put(std::string& page, std::string_view marker, const std::string& text) {
  const std::size_t at = page.find(marker);
  if (at != page.npos) page.replace(at, marker.size(), text);
}

/// JSON inside a <script>: `<` must not begin a tag or a comment.
std::string for_script(const std::string& json) {
  std::string out;
  out.reserve(json.size());
  for (char c : json) {
    if (c == '<')
      out += "\\u003c";
    else
      out += c;
  }
  return out;
}

}  // namespace

std::string html_report(const RunView& view) {
  const Impact impact = impact_of(view);
  std::string body =
      banner(view, impact) + "<main>\n" + alarm(view) + tiles(view, impact) + verdicts(view);
  if (!view.loads.empty() || !view.targets.empty() || !view.readings.empty())
    body +=
        "<section><h2>What happened</h2>\n<p class=\"lead\">Shaded: a fault was active. Drag to "
        "zoom, double click to see all again.</p>\n<div id=\"plots\"><noscript>The plots need "
        "JavaScript; everything else on this page does not.</noscript></div></section>\n";
  body += timeline(view) + ledger(view) + traffic(view) + trust(view) + reproduce(view);
  body += fmt::format("<footer>gunflint {} · plots by uPlot (MIT)</footer>\n</main>\n",
                      html(plain(view.start.version)));
  std::string page = page_template();
  // The last marker first: nothing that was put in is searched again.
  put(page, "@@data@@", for_script(to_json(json_value(view))));
  put(page, "@@body@@", body);
  put(page, "@@title@@",
      html(plain(view.start.name)) + ": " + std::string(name_of(outcome_of(view))));
  return page;
}

}  // namespace gunflint
