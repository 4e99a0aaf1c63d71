#pragma once
/// A finished run as a document.

#include <map>
#include <set>
#include <string>

#include "gunflint/base/result.hpp"
#include "report/run_view.hpp"

namespace gunflint {

enum class Format { Html, Markdown, Junit, Json };
template <>
struct Names<Format> {
  static constexpr std::array table{
      std::pair{Format::Html, "html"}, std::pair{Format::Markdown, "markdown"},
      std::pair{Format::Junit, "junit"}, std::pair{Format::Json, "json"}};
};

struct RenderOptions {
  std::set<Outcome> soft;  ///< `--soft`: these count as skipped in JUnit, not as failures
};

std::string render(const RunView& view, Format format, const RenderOptions& options = {});

/// Writes the file whole or not at all (a new file beside it, then renamed).
Result<void> write_document(const std::string& text, const std::string& path);
Result<void> write_report(const RunView& view, Format format, const std::string& path,
                          const RenderOptions& options = {});

/// "report.html", "report.md", "junit.xml", "report.json".
std::string default_file_name(Format format);

// ---- the parts, one file each ----

/// The postmortem. GitHub and GitLab flavour; also fit for $GITHUB_STEP_SUMMARY.
std::string markdown_report(const RunView& view);

/// JUnit XML as GitLab, GitHub actions and Jenkins read it: one test case per finding, names
/// unique, classname the experiment, the evidence in the text of the failure (GitLab drops the
/// attribute). inconclusive -> <failure type="inconclusive">; not started, tool error -> <error>;
/// what `soft` names -> <skipped>. Whenever the run's outcome is neither held nor soft, something
/// in it is red.
std::string junit_report(const RunView& view, const std::set<Outcome>& soft = {});

/// The same for several runs: one test suite each, in one document.
class JunitDocument {
 public:
  explicit JunitDocument(std::set<Outcome> soft = {}) : soft_(std::move(soft)) {}
  void add(const RunView& view);
  std::string text() const;

 private:
  struct Counts {
    std::size_t tests = 0, failures = 0, errors = 0, skipped = 0;
    double time = 0;
    std::string text() const;
  };
  std::set<Outcome> soft_;
  Counts all_;
  std::string suites_;
  std::map<std::string, int> seen_;  ///< names of cases, with the name of their experiment
};

/// One JSON document; docs/reference/report-json.md describes it. Also what the page draws from.
std::string json_report(const RunView& view);
Value json_value(const RunView& view);

/// One file that needs nothing else: no network, no server. Text and tables can be read without
/// JavaScript; the plots need it.
std::string html_report(const RunView& view);

/// GitHub workflow commands, one per failed finding, worst first, at most ten (GitHub shows no
/// more).
std::string github_annotations(const RunView& view);

}  // namespace gunflint
