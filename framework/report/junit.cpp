#include <fmt/format.h>

#include <map>

#include "report/impact.hpp"
#include "report/report.hpp"
#include "report/words.hpp"

namespace gunflint {

namespace {

/// How many bytes of a well-formed UTF-8 sequence start here; 0 if none does.
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const unsigned c = byte(at);
  const std::size_t length = c < 0x80                ? 1
                             : c >= 0xc2 && c < 0xe0 ? 2
                             : c >= 0xe0 && c < 0xf0 ? 3
                             : c >= 0xf0 && c < 0xf5 ? 4
                                                     : 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(at + i) & 0xc0) != 0x80) return 0;
  if (c == 0xe0 && byte(at + 1) < 0xa0) return 0;   // overlong
  if (c == 0xed && byte(at + 1) >= 0xa0) return 0;  // surrogates
  if (c == 0xf0 && byte(at + 1) < 0x90) return 0;
  if (c == 0xf4 && byte(at + 1) >= 0x90) return 0;
  if (c == 0xef && byte(at + 1) == 0xbf && byte(at + 2) >= 0xbe) return 0;  // U+FFFE, U+FFFF
  return length;
}

/// XML 1.0 has no way to write most control characters, nor bytes that are not UTF-8: '?'.
std::string escaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text, i);
    const char c = text[i];
    if (length == 0 ||
        (length == 1 && static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') ||
        c == 0x7f)
      out += '?';
    else if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += text.substr(i, length);
    i += std::max<std::size_t>(length, 1);
  }
  return out;
}

struct Case {
  std::string name, file;
  int line = 0;
  double time = 0;
  enum class Result { Passed, Failed, Error, Skipped } result = Result::Passed;
  std::string type, message, text;
};

bool is_bad(const Case& c) {
  return c.result == Case::Result::Failed || c.result == Case::Result::Error;
}

std::string evidence_text(const Finding& f) {
  std::string text =
      fmt::format("measured {}, limit {}", f.measured.empty() ? "nothing" : f.measured,
                  f.limit.empty() ? "none" : f.limit);
  if (!f.sentence.empty()) text += "\n" + f.sentence;
  for (const Evidence& e : f.evidence) text += "\n" + sentence_of(e);
  if (!f.file.empty() && f.line > 0) text += fmt::format("\nat {}:{}", f.file, f.line);
  return text;
}

Case case_of(const Finding& f, Outcome outcome, const std::set<Outcome>& soft) {
  Case c;
  const bool told = f.kind == Finding::Kind::Hypothesis || f.name == name_of(f.kind);
  c.name = told ? f.name : fmt::format("{}: {}", name_of(f.kind), f.name);
  c.file = f.file;
  c.line = f.line;
  c.time = f.took_s.value_or(0);
  if (f.held == Held::Yes) return c;
  c.message = f.sentence.empty() ? fmt::format("{}, limit {}", f.measured, f.limit) : f.sentence;
  c.text = evidence_text(f);
  c.type = f.held == Held::No ? "failed" : "inconclusive";
  // What never started was not judged, not even what was red at the gate; the run's own case says
  // so once.
  const bool softened = f.held == Held::Inconclusive && soft.contains(Outcome::Inconclusive);
  c.result =
      outcome == Outcome::NotStarted || softened ? Case::Result::Skipped : Case::Result::Failed;
  return c;
}

/// The run itself: red when nothing else would be, though the exit is not 0.
Case run_case(const RunView& view, const std::vector<Case>& cases, const std::set<Outcome>& soft) {
  const Outcome outcome = outcome_of(view);
  Case c;
  c.name = "run: " + std::string(name_of(outcome));
  c.time = seconds(impact_of(view).length);
  c.file = view.start.file;
  if (outcome == Outcome::Held) return c;
  c.type = name_of(outcome);
  c.message = c.text = cause_of(view);
  for (const LeftBehind& left : view.left_behind)
    c.text += fmt::format("\nleft behind{}{}: {}; {}", left.member.empty() ? "" : " on ",
                          left.member, left.what, left.command);
  if (soft.count(outcome) > 0) {
    c.result = Case::Result::Skipped;
    return c;
  }
  const bool told = std::any_of(cases.begin(), cases.end(), is_bad);
  if (outcome == Outcome::NotStarted || outcome == Outcome::ToolError)
    c.result = Case::Result::Error;
  else if (outcome == Outcome::UndoIncomplete || outcome == Outcome::Aborted || !told)
    c.result = Case::Result::Failed;
  return c;
}

std::string element_of(const Case& c, const std::string& classname) {
  std::string out = fmt::format("    <testcase name=\"{}\" classname=\"{}\" time=\"{:.3f}\"",
                                escaped(c.name), escaped(classname), c.time);
  if (!c.file.empty()) out += fmt::format(" file=\"{}\"", escaped(c.file));
  if (c.line > 0) out += fmt::format(" line=\"{}\"", c.line);
  if (c.result == Case::Result::Passed) return out + "/>\n";
  const char* element = c.result == Case::Result::Failed  ? "failure"
                        : c.result == Case::Result::Error ? "error"
                                                          : "skipped";
  out += fmt::format(">\n      <{} message=\"{}\"", element, escaped(plain(c.message)));
  if (c.result != Case::Result::Skipped) out += fmt::format(" type=\"{}\"", escaped(c.type));
  if (c.result == Case::Result::Skipped)
    out += "/>\n";
  else
    out += fmt::format(">{}</{}>\n", escaped(c.text), element);
  return out + "    </testcase>\n";
}

}  // namespace

std::string junit_report(const RunView& view, const std::set<Outcome>& soft) {
  JunitDocument document(soft);
  document.add(view);
  return document.text();
}

std::string JunitDocument::Counts::text() const {
  return fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3f}\"",
                     tests, failures, errors, skipped, time);
}

void JunitDocument::add(const RunView& view) {
  std::vector<Case> cases;
  for (const Finding& f : worst_first(view)) cases.push_back(case_of(f, outcome_of(view), soft_));
  cases.push_back(run_case(view, cases, soft_));
  Counts own;
  own.tests = cases.size();
  own.time = seconds(impact_of(view).length);
  for (Case& c : cases) {
    // GitLab keeps only the first of several cases with one name.
    if (const int n = ++seen_[view.start.name + "\n" + c.name]; n > 1)
      c.name += fmt::format(" ({})", n);
    own.failures += c.result == Case::Result::Failed;
    own.errors += c.result == Case::Result::Error;
    own.skipped += c.result == Case::Result::Skipped;
  }
  all_.tests += own.tests, all_.failures += own.failures, all_.errors += own.errors;
  all_.skipped += own.skipped, all_.time += own.time;
  suites_ += fmt::format("  <testsuite name=\"{}\" {} timestamp=\"{}\">\n",
                         escaped(view.start.name), own.text(), print(view.wall0).substr(0, 19));
  suites_ += fmt::format(
      "    <properties>\n      <property name=\"run\" value=\"{}\"/>\n      <property "
      "name=\"seed\" value=\"{}\"/>\n      <property name=\"outcome\" "
      "value=\"{}\"/>\n    </properties>\n",
      escaped(view.start.run), view.start.seed, name_of(outcome_of(view)));
  for (const Case& c : cases) suites_ += element_of(c, view.start.name);
  suites_ +=
      fmt::format("    <system-out>{}</system-out>\n  </testsuite>\n", escaped(cause_of(view)));
}

std::string JunitDocument::text() const {
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"gunflint\" "
      "{}>\n{}</testsuites>\n",
      all_.text(), suites_);
}

std::string github_annotations(const RunView& view) {
  auto data = [](std::string_view text) {
    std::string out;
    for (char c : text) {
      if (c == '%')
        out += "%25";
      else if (c == '\r')
        out += "%0D";
      else if (c == '\n')
        out += "%0A";
      else
        out += c;
    }
    return out;
  };
  auto property = [&](std::string_view text) {
    std::string out;
    for (char c : data(text)) {
      if (c == ':')
        out += "%3A";
      else if (c == ',')
        out += "%2C";
      else
        out += c;
    }
    return out;
  };
  std::string out;
  int count = 0;
  for (const Finding& f : worst_first(view)) {
    if (f.held == Held::Yes || ++count > 10) break;
    std::string where;
    if (!f.file.empty()) where += fmt::format("file={},", property(f.file));
    if (f.line > 0) where += fmt::format("line={},", f.line);
    out += fmt::format("::{} {}title={}::{}\n", f.held == Held::No ? "error" : "warning", where,
                       property(view.start.name + " / " + f.name), data(evidence_text(f)));
  }
  return out;
}

}  // namespace gunflint
