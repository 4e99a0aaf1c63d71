// `gunflint load URL`: traffic at a fixed rate, without a file.
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <deque>
#include <mutex>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/complain.hpp"
#include "gunflint/model/condition.hpp"
#include "host/fd.hpp"
#include "load/spawned_worker.hpp"
#include "load/summary.hpp"
#include "load/url.hpp"
#include "model/metrics.hpp"

namespace gunflint {
namespace {

void say(const std::string& text) { std::fprintf(stderr, "%s\n", text.c_str()); }

/// The options as a load of one journey with one request. The rate is followed by silence, so that
/// exactly rate x length arrivals are due.
Result<LoadSpec> to_load(const LoadOptions& o) {
  LoadSpec load;
  load.name = "load";
  load.base_url = o.url.find("://") == o.url.npos ? "http://" + o.url : o.url;
  GF_TRY_AS(const Url url, parse_url(load.base_url));
  Stage traffic, silence;
  GF_TRY_AS(traffic.rate, parse_rate(o.rate));
  GF_TRY_AS(traffic.length, parse_duration(o.length));
  if (traffic.rate->per_second <= 0 || traffic.length <= 0s)
    return fail(Cause::BadInput,
                "a load of nothing proves nothing; give --rate and --for values "
                "above zero");
  silence.rate = Rate{0};
  silence.length = 1s;
  load.stages = {traffic, silence};
  load.arrivals = o.arrivals == "poisson" ? ArrivalKind::Poisson : ArrivalKind::Uniform;
  GF_TRY_AS(load.timeout, parse_duration(o.timeout));
  load.http.connections = o.connections;
  Request request;
  request.method = !o.method.empty() ? o.method : o.data.empty() ? "GET" : "POST";
  request.url = load.base_url;
  request.name = request.method + " " + url.target;
  request.body = o.data;
  for (const auto& header : o.headers) {
    const auto colon = header.find(':');
    if (colon == header.npos || colon == 0)
      return fail(Cause::BadInput, fmt::format("`{}` is no header; write `--header 'Accept: "
                                               "text/html'`",
                                               header));
    const auto value = header.find_first_not_of(' ', colon + 1);
    request.headers[header.substr(0, colon)] = value == header.npos ? "" : header.substr(value);
  }
  Journey journey;
  journey.name = "request";
  journey.steps = {request};
  load.journeys = {journey};
  return load;
}

/// Slices on their way from the worker's thread to this one.
class LoadInbox {
 public:
  OnSlice on_slice() {
    return [this](Slice slice) {
      const std::lock_guard lock(mutex_);
      slices_.push_back(std::move(slice));
    };
  }
  OnWorkerLost on_lost() {
    return [this](std::string why) {
      const std::lock_guard lock(mutex_);
      lost_ = std::move(why);
    };
  }
  std::deque<Slice> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(slices_, {});
  }
  std::string lost() {
    const std::lock_guard lock(mutex_);
    return lost_;
  }

 private:
  std::mutex mutex_;
  std::deque<Slice> slices_;
  std::string lost_;
};

/// One line that follows the run: redrawn on a terminal; without one, a line per second in the
/// first ten and then one in ten.
class LiveLine {
 public:
  void show(const Slice& slice) {
    std::uint64_t due = 0, ended = 0, failed = 0;
    Histogram latency, waiting;
    for (const auto& journey : slice.journeys) due += journey.due;
    for (const auto& step : slice.steps) {
      ended += step.ended;
      failed += step.failed;
      latency.merge(step.latency);
      waiting.merge(step.waiting);
    }
    // The last second may only say that it is the last.
    if (slice.last && due + ended + waiting.count() == 0) return;
    const auto line = fmt::format(
        "{:>4}s  due {}/s  answered {}/s  failed {}  p50 {}  p99 {}  max {}  under way {}{}",
        slice.second + 1, due, ended - failed, failed,
        human(quantile_so_far(latency, waiting, 0.5)),
        human(quantile_so_far(latency, waiting, 0.99)), human(quantile_so_far(latency, waiting, 1)),
        slice.in_flight, slice.saturated ? "  generator is the limit" : "");
    if (terminal_)
      std::fprintf(stderr, "\r\x1b[K%s", line.c_str());
    else if (slice.second < 10 || slice.second % 10 == 9)
      say(line);
    std::fflush(stderr);
  }
  void end() {
    if (terminal_) std::fprintf(stderr, "\r\x1b[K");
  }

 private:
  bool terminal_ = isatty(STDERR_FILENO) == 1;
};

void print_summary(const LoadSummary& s, const LoadOptions& o, double length) {
  std::string text = fmt::format("{} at {} for {}\n\n", o.url, o.rate, human(from_seconds(length)));
  const auto achieved = static_cast<double>(s.due - s.dropped) / length;
  text += fmt::format("  asked     {:.1f}/s, {:.0f} requests{}\n", s.asked / length, s.asked,
                      o.arrivals == "poisson" ? " on average (poisson)" : "");
  text +=
      fmt::format("  sent      {:.1f}/s, {} requests, {} dropped\n", achieved, s.sent, s.dropped);
  text += fmt::format("  answered  {} rightly, {} failed ({:.3g}%)\n", s.requests - s.failed,
                      s.failed, s.error_rate() * 100);
  for (const auto& [name, count] : s.errors)
    text += fmt::format("            {} {}\n", count, name);
  text += fmt::format("\n  latency, from the time each request was due\n  {}\n\n",
                      percentiles(s.latency));
  for (const auto& row : s.distribution()) text += "  " + row + "\n";
  if (!s.service.empty())
    text += fmt::format("\n  service, from the time each was sent\n  {}\n", percentiles(s.service));
  text += "\n  " + s.generator_sentence() + "\n";
  std::fputs(text.c_str(), stdout);
}

/// What `--expect` may name, in the units of a condition.
Result<double> metric_of(const std::string& name, const LoadSummary& s, double length) {
  const std::map<std::string, double> quantiles{
      {"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"p999", 0.999}};
  if (const auto q = quantiles.find(name); q != quantiles.end())
    return seconds(s.latency.quantile(q->second));
  if (name == "max") return seconds(s.latency.max());
  if (name == "mean") return seconds(s.latency.mean());
  if (name == "error_rate") return s.error_rate();
  if (name == "success_rate") return 1 - s.error_rate();
  if (name == "throughput") return static_cast<double>(s.completed) / length;
  if (name == "dropped") return static_cast<double>(s.dropped);
  return fail(
      Cause::BadInput,
      fmt::format("`{}` is nothing that a load has; known are p50, p90, p95, p99, p999, max, "
                  "mean, error_rate, success_rate, throughput and dropped",
                  name));
}

struct Judged {
  Outcome outcome = Outcome::Held;
  Value lines = Value::list();
};

/// Every expectation against the whole run. A limit of the generator makes it inconclusive.
Judged judge(const std::vector<Condition>& expected, const LoadSummary& s, double length) {
  Judged judged;
  for (const auto& condition : expected) {
    const double value = metric_of(condition.metric, s, length).value_or(0);
    Value line = Value::map();
    line.set("expect", condition.text);
    line.set("value", print_like(value, condition));
    const auto outcome = s.requests == 0 || s.generator_was_the_limit() ? Outcome::Inconclusive
                         : condition.holds(value)                       ? Outcome::Held
                                                                        : Outcome::Failed;
    line.set("outcome", outcome == Outcome::Held     ? "held"
                        : outcome == Outcome::Failed ? "failed"
                                                     : "inconclusive");
    judged.outcome = worst(judged.outcome, outcome);
    judged.lines.push(std::move(line));
  }
  return judged;
}

Result<std::vector<Condition>> read_expectations(const LoadOptions& o) {
  std::vector<Condition> all;
  for (const auto& text : o.expect) {
    GF_TRY_AS(Condition condition, parse_condition(text, {}));
    GF_TRY(metric_of(condition.metric, {}, 1));
    if (condition.of_baseline || !condition.other_metric.empty())
      return fail(Cause::BadInput,
                  fmt::format("`{}` needs a baseline, and a single load has none; compare with a "
                              "number",
                              text));
    const Unit unit = unit_of_metric(condition.metric);
    if (condition.limit.unit != unit)
      return fail(Cause::BadInput,
                  fmt::format("`{}` compares {} with something else; write for example `{} < {}`",
                              text, condition.metric, condition.metric,
                              unit == Unit::Seconds     ? "400ms"
                              : unit == Unit::Share     ? "1%"
                              : unit == Unit::PerSecond ? "100/s"
                                                        : "10"));
    all.push_back(std::move(condition));
  }
  return all;
}

int refuse(const Error& error, const LoadOptions& options) {
  return complain("load", error.message, outcome_of(error), options.json);
}

/// Signals are waited for instead of interrupting: this thread polls them ten times a second.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set_, number);
    pthread_sigmask(SIG_BLOCK, &set_, &before_);
  }
  ~Signals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  /// The signal that came within `limit`, or 0.
  int wait(Duration limit) {
    const timespec t{limit / 1s, (limit % 1s).count()};
    return std::max(0, sigtimedwait(&set_, nullptr, &t));
  }

 private:
  sigset_t set_{}, before_{};
};

struct Finished {
  LoadSummary summary;
  int signal = 0;
  std::string lost;
  double length = 0;  ///< of the traffic, seconds
};

/// From begin to the last slice. The first signal stops and drains, the second ends at once.
Finished follow(Worker& worker, LoadInbox& inbox, Signals& signals, Time begin, Duration length) {
  Finished done;
  LiveLine live;
  bool stopped = false, last = false;
  Duration ran = length;
  while (!last) {
    const int signal = signals.wait(100ms);
    if (signal != 0) {
      if (done.signal != 0) break;
      done.signal = signal;
      ran = std::clamp<Duration>(monotonic_now() - begin, 1ms, length);
    }
    if (!stopped && (done.signal != 0 || monotonic_now() >= begin + length)) {
      worker.stop();
      stopped = true;
    }
    for (const auto& slice : inbox.take()) {
      done.summary.add(slice);
      live.show(slice);
      last |= slice.last;
    }
    done.lost = inbox.lost();
    if (!done.lost.empty()) break;
  }
  live.end();
  done.length = seconds(ran);
  return done;
}

}  // namespace

int load_command(const LoadOptions& options) {
  Signals signals;
  const auto load = to_load(options);
  if (!load) return refuse(load.error(), options);
  const auto expected = read_expectations(options);
  if (!expected) return refuse(expected.error(), options);
  LoadInbox inbox;
  auto worker = spawn_worker({"/proc/self/exe", "worker", "--loops", std::to_string(options.loops)},
                             inbox.on_slice(), inbox.on_lost());
  if (!worker) return refuse(worker.error(), options);
  if (auto ready = (*worker)->prepare({*load}, options.seed, {}); !ready)
    return refuse(ready.error(), options);
  const Time begin = monotonic_now() + 20ms;
  if (auto begun = (*worker)->begin(begin); !begun) return refuse(begun.error(), options);
  const Finished done = follow(**worker, inbox, signals, begin, load->stages.front().length);
  worker->reset();
  if (!done.lost.empty()) return complain("load", done.lost, Outcome::ToolError, options.json);
  const Judged judged = judge(*expected, done.summary, done.length);
  if (options.json) {
    Value out = done.summary.to_value();
    out.set("length_seconds", done.length);
    out.set("expectations", judged.lines);
    std::puts(to_json_pretty(out).c_str());
  } else {
    print_summary(done.summary, options, done.length);
    for (const auto& line : judged.lines.items())
      fmt::print("  {:<13} {} (it was {})\n", line.text_or("outcome"), line.text_or("expect"),
                 line.text_or("value"));
  }
  if (done.signal != 0) return 128 + done.signal;
  if (done.summary.requests > 0 && done.summary.failed == done.summary.requests) {
    return complain("load", "no request was answered rightly; see the classes above",
                    Outcome::Failed);
  }
  return exit_code(judged.outcome);
}

}  // namespace gunflint
