#include "cli/one_run.hpp"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>

#include "cli/complain.hpp"
#include "cli/crew_parts.hpp"
#include "engine/coordinator.hpp"
#include "host/fd.hpp"
#include "report/metrics.hpp"
#include "report/outlet.hpp"
#include "report/report.hpp"
#include "report/style.hpp"
#include "report/terminal.hpp"
#include "report/verdict_block.hpp"
#include "report/words.hpp"

namespace gunflint {
namespace {

/// The command line was wrong, or the tool failed.
RunEnd refused(const Error& error, const OneRun& one) {
  const Outcome outcome = error.cause == Cause::BadInput ? Outcome::Invalid : Outcome::ToolError;
  complain("run", error.message, outcome, one.json && !one.documents);
  if (one.documents) one.documents->push_back(error_document(error.message, outcome));
  return {outcome, false};
}

/// Reports are written when a first signal came, not when a second one did.
DocumentPlaces write_reports(const OneRun& one, const RunResult& result, const RunView& view) {
  DocumentPlaces places;
  const auto note = [&](const char* name, const Result<void>& written, const std::string& to) {
    if (written)
      places.emplace_back(name, to);
    else
      std::fprintf(stderr, "gunflint: %s\n", plain(written.error().message).c_str());
  };
  const std::string html = one.html.empty() ? result.folder.path + "/report.html" : one.html;
  note("report", write_report(view, Format::Html, html), html);
  if (one.junit) {
    one.junit->add(view);
    note("junit", write_document(one.junit->text(), one.junit_file), one.junit_file);
  }
  places.emplace_back("journal", result.folder.journal());
  return places;
}

/// The page of a run that is over is served on, so that a scrape sees its result. Any signal ends
/// that, and changes nothing about the outcome.
void linger(const MetricsServer& metrics, Duration length) {
  std::fprintf(stderr, "metrics stay at %s for %s; Ctrl-C ends that\n", metrics.url().c_str(),
               gunflint::print(length).c_str());
  sigset_t ends, before;
  sigemptyset(&ends);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&ends, number);
  pthread_sigmask(SIG_BLOCK, &ends, &before);
  for (const Time until = monotonic_now() + length; monotonic_now() < until;) {
    const Duration left = std::max<Duration>(until - monotonic_now(), 1ms);
    const timespec limit{left / 1s, (left % 1s).count()};
    if (sigtimedwait(&ends, nullptr, &limit) > 0) break;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

}  // namespace

RunEnd run_one(OneRun one) {
  std::optional<MetricsServer> metrics;
  if (!one.metrics.empty()) {
    auto started = MetricsServer::start(one.metrics);
    if (!started) return refused(started.error(), one);
    metrics.emplace(std::move(*started));
    std::fprintf(stderr, "metrics at %s\n", metrics->url().c_str());
  }
  RunOrder order;
  order.experiment = *one.read.experiment;
  order.document = redact(encode(order.experiment), one.read.secrets);
  order.text = one.read.source ? redact(one.read.source->text, one.read.secrets) : "";
  order.file = one.file;
  order.out = one.out;
  order.trial = one.trial;
  order.seed = one.seed;
  order.fail_fast = one.fail_fast;
  order.lease = one.lease;
  order.find_kind = catalogue();
  order.parts = crew_parts(order.experiment.sources);

  // Whoever does not read must not keep the run from judging, nor from its verdict.
  Outlet screen(STDERR_FILENO);
  LiveView live([&](std::string_view text) { screen.put(text); }, Style::of(STDERR_FILENO),
                [&] { return screen.idle(); });
  RunReader reader;
  order.on_event = [&](const Event& event, const Judge& judge) {
    reader.on(event);
    live.on(event);
    if (metrics) metrics->on(event);
    if (std::holds_alternative<SecondClosed>(event.what)) live.lights(judge.lights());
  };
  order.on_tick = [&] { live.tick(); };
  auto result = execute(std::move(order));
  (void)screen.flush(1s);
  live.finish();
  (void)screen.flush(1s);
  if (!result) return refused(result.error(), one);
  RunEnd end{result->verdict.outcome, result->signals > 0};
  if (result->signals > 1) return end;
  const RunView view = std::move(reader).finish();
  const DocumentPlaces places = write_reports(one, *result, view);
  if (one.documents)
    one.documents->push_back(json_value(view));
  else
    print(one.json ? json_report(view) : verdict_block(view, Style::of(STDOUT_FILENO), places));
  if (metrics && one.linger > 0s && !end.signalled) linger(*metrics, one.linger);
  return end;
}

}  // namespace gunflint
