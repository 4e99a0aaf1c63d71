// gunflint report RUN: reads a journal and tells it again, in the form that is asked for.
#include "report/report.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/complain.hpp"
#include "cli/run_is_over.hpp"
#include "cli/soft.hpp"
#include "engine/journal.hpp"
#include "engine/run_folder.hpp"
#include "report/style.hpp"
#include "report/verdict_block.hpp"
#include "report/words.hpp"

namespace gunflint {
namespace {

/// Where the journal of `name` lies: a file as it is, anything else as find_run says.
Result<std::string> journal_of(const ReportOptions& options) {
  struct stat what {};
  if (::stat(options.run.c_str(), &what) == 0 && S_ISREG(what.st_mode)) return options.run;
  GF_TRY_AS(const RunFolder folder, find_run(options.out, options.run));
  GF_TRY(must_be_over(folder));
  return folder.journal();
}

Result<RunView> read_view(const std::string& journal) {
  RunReader reader;
  GF_TRY(read_journal(journal, [&](Event event) {
    reader.on(event);
    return true;
  }));
  return std::move(reader).finish();
}

std::string beside(const std::string& journal, Format format) {
  const std::size_t slash = journal.rfind('/');
  return (slash == journal.npos ? "" : journal.substr(0, slash + 1)) + default_file_name(format);
}

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

Result<void> report(const ReportOptions& options) {
  GF_TRY_AS(const std::set<Outcome> soft, soft_outcomes(options.soft));
  GF_TRY_AS(const std::string journal, journal_of(options));
  GF_TRY_AS(const RunView view, read_view(journal));
  if (options.json) {
    print(render(view, Format::Json, {soft}));
    return {};
  }
  if (options.format == "text") {
    print(verdict_block(view, Style::of(STDOUT_FILENO), {{"journal", journal}}));
    return {};
  }
  Format format = Format::Html;
  for (const auto& [candidate, name] : Names<Format>::table)
    if (name == options.format) format = candidate;
  // A page is a file; the others are text that may go on to another program.
  const std::string to = !options.to.empty()      ? options.to
                         : format == Format::Html ? beside(journal, format)
                                                  : "-";
  if (to == "-") {
    print(render(view, format, {soft}));
    return {};
  }
  GF_TRY(write_report(view, format, to, {soft}));
  if (format == Format::Html && options.to.empty())
    print(verdict_block(view, Style::of(STDOUT_FILENO), {{"report", to}, {"journal", journal}}));
  else
    std::fprintf(stderr, "Wrote %s\n", plain(to).c_str());
  return {};
}

}  // namespace

int report_command(const ReportOptions& options) {
  if (auto done = report(options); !done)
    return complain("report", done.error().message, outcome_of(done.error()),
                    options.format == "json" || options.json);
  return exit_code(Outcome::Held);
}

}  // namespace gunflint
