// `gunflint load`: the traffic alone, of a URL or of an experiment file.
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <deque>
#include <mutex>

#include "cli/commands.hpp"
#include "cli/complain.hpp"
#include "cli/load_contradictions.hpp"
#include "cli/load_json.hpp"
#include "cli/load_outputs.hpp"
#include "cli/load_screen.hpp"
#include "cli/programs.hpp"
#include "cli/reading.hpp"
#include "cli/standard_output.hpp"
#include "gunflint/concepts/worker.hpp"
#include "host/fd.hpp"
#include "load/arrivals.hpp"
#include "load/spawned_worker.hpp"
#include "report/outlet.hpp"

namespace gunflint {
namespace {

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

/// One load from the first arrival to the last answer, and all who look on.
class LoadRun {
 public:
  /// `tell`: for what a person must know who sees no picture.
  LoadRun(const LoadOrder& order, LoadOutputs& outputs, LoadScreen& screen, Sink tell)
      : order_(order),
        outputs_(outputs),
        screen_(screen),
        tell_(std::move(tell)),
        left_(order.loads.size()) {
    result_.each.resize(order.loads.size());
    seconds_.resize(order.loads.size());
    for (const auto& load : order.loads) stages_.emplace_back(load);
  }

  /// From begin to the last slice. The first signal stops and drains; the next, or the first where
  /// it drains already, cuts off who is under way; one more does not wait for the last slices
  /// either.
  void follow(Worker& worker, LoadInbox& inbox, Signals& signals, Time begin) {
    const Duration length = traffic_length(order_);
    bool stopped = false, cut_off = false;
    ran_ = length;
    while (left_ > 0 && lost_.empty()) {
      if (const int signal = signals.wait(100ms); signal != 0) {
        if (cut_off) break;  // not even for that is it to be waited
        cut_off = stopped;
        if (cut_off) worker.stop();
        signal_ = signal;
        ran_ = std::clamp<Duration>(monotonic_now() - begin, 1ms, ran_);
        if (!cut_off)
          tell_(screen_.stopping(signal == SIGINT ? "Ctrl-C again" : "a second signal") + "\n");
      }
      const Duration now = monotonic_now() - begin;
      if (!stopped && (signal_ != 0 || now >= length || over_)) {
        worker.stop();
        stopped = true;
        if (signal_ == 0 && !over_) screen_.draining();
      }
      // What was told before the end is taken in after it is known.
      lost_ = inbox.lost();
      for (const auto& slice : inbox.take()) take(slice);
      screen_.tick(now);
    }
    if (!lost_.empty()) ran_ = std::clamp<Duration>(monotonic_now() - begin, 1ms, ran_);
    if (over_) ran_ = std::min(ran_, end_by_count());
  }

  LoadResult finish(const std::vector<Threshold>& thresholds) {
    screen_.finish();
    for (std::size_t i = 0; i < order_.loads.size(); ++i)
      result_.lengths.push_back(counted_length(traffic_length(order_.loads[i]), result_.each[i]));
    result_.length = counted_length(traffic_length(order_), result_.all);
    result_.stopped = signal_ != 0;
    for (const auto& stages : stages_)
      for (auto& stage : stages.finish(ran_)) result_.stages.push_back(std::move(stage));
    result_.judged = judge(thresholds, result_.all, result_.length, result_.stages);
    return result_;
  }
  const std::vector<LoadSeconds>& per_second() const { return seconds_; }
  int signal() const { return signal_; }
  const std::string& lost() const { return lost_; }

 private:
  void take(const Slice& slice) {
    result_.all.add(slice);
    for (std::size_t i = 0; i < order_.loads.size(); ++i)
      if (order_.loads[i].name == slice.load) {
        result_.each[i].add(slice);
        seconds_[i].add(slice);
        stages_[i].add(slice);
      }
    outputs_.on(slice);
    screen_.on(slice);
    left_ -= slice.last;
    over_ |= slice.over;
  }
  /// When the traffic was over that ends by count: with the last journey, and for arrivals at a
  /// rate not before the next one would have been due: 20 at 10/s are two seconds.
  Duration end_by_count() const {
    const LoadSpec& load = order_.loads.front();
    const Duration last_answer = from_seconds(result_.all.last_end);
    const bool at_a_rate = !result_.all.closed_loop() && !(load.replay && load.replay->timed);
    if (!at_a_rate) return std::max<Duration>(last_answer, 1ms);
    const auto scheduled = Pace(load.stages).reaches(*load.max_journeys);
    return std::max({last_answer, scheduled.value_or(0ns), Duration(1ms)});
  }
  /// Seconds of traffic that count.
  double counted_length(Duration asked, const LoadSummary& summary) const {
    return std::max(0.001, seconds(std::min(asked, ran_)) - summary.warm_up_seconds);
  }

  const LoadOrder& order_;
  LoadOutputs& outputs_;
  LoadScreen& screen_;
  Sink tell_;
  std::size_t left_;  ///< loads that have not drained
  LoadResult result_;
  std::vector<LoadSeconds> seconds_;
  std::vector<StageSums> stages_;
  bool over_ = false;  ///< an end by count has come
  Duration ran_{};
  int signal_ = 0;
  std::string lost_;
};

int refuse(const Error& error, const LoadOptions& options) {
  return complain("load", error.message, outcome_of(error), options.json);
}

/// What prepare() found: before the start it is the target or the order that is wrong, unless the
/// worker itself failed.
int refuse_before_start(Error error, const LoadOrder& order, const LoadOptions& options) {
  // Which load it is says nothing where there is one.
  const std::string prefix = "load `" + order.loads.front().name + "`: ";
  if (order.loads.size() == 1 && error.message.starts_with(prefix))
    error.message.erase(0, prefix.size());
  if (error.cause == Cause::Unreachable && options.target.find("://") == std::string::npos &&
      options.target.find(':') == std::string::npos)
    error.message += "; and there is no file " + options.target +
                     ": the name of an experiment file ends in .yaml";
  const bool ours = error.cause == Cause::Io || error.cause == Cause::TimedOut;
  return complain("load", error.message, ours ? Outcome::ToolError : Outcome::Invalid,
                  options.json);
}

/// A file's mistakes are printed as `validate` prints them; then there is no order, and `exit` says
/// with which code to end.
std::optional<LoadOrder> read_order(const LoadOptions& options, int& exit) {
  const auto is_file = names_a_file(options);
  if (!is_file) {
    exit = refuse(is_file.error(), options);
    return std::nullopt;
  }
  Result<LoadOrder> order = LoadOrder{};
  if (*is_file) {
    if (const auto right = contradicts_file(options); !right) {
      exit = refuse(right.error(), options);
      return std::nullopt;
    }
    Value refusal;
    // W211: nothing is judged. `load` judges nothing but --expect, whatever the file says.
    const auto read = read_for_run("load", options.target, options.file, refusal, "W211");
    if (!read) {
      if (options.json) std::puts(to_json_pretty(refusal).c_str());
      exit = exit_code(Outcome::Invalid);
      return std::nullopt;
    }
    order = order_of_file(options, *read);
  } else {
    order = order_of_url(options);
  }
  if (!order) {
    exit = refuse(order.error(), options);
    return std::nullopt;
  }
  return std::move(*order);
}

/// How it ended, worst first; says on stderr what the summary does not.
int exit_of(const LoadRun& run, const LoadResult& result, const LoadOptions& options) {
  if (is_overload_abort(run.lost())) return complain("load", run.lost(), Outcome::Aborted);
  if (run.signal() != 0) return 128 + run.signal();
  if (result.all.requests > 0 && result.all.failed == result.all.requests)
    return complain("load",
                    options.json ? "no request was answered rightly; see `errors`"
                                 : "no request was answered rightly; see the classes above",
                    Outcome::Failed);
  return exit_code(worst_of(result.judged));
}

Style screen_style(const LoadOptions& options) {
  Style style = Style::of(STDERR_FILENO);
  if (options.quiet) style.redraw = false;
  return style;
}

Result<void> print_result(const LoadOrder& order, const LoadResult& result) {
  return write_result(redact(load_report(order, result, Style::of(STDOUT_FILENO)), order.secrets));
}

/// The order is right: prepares the worker, sends, and tells.
int send_load(const LoadOptions& options, const LoadOrder& order,
              const std::vector<Threshold>& thresholds, Signals& signals) {
  auto outputs = LoadOutputs::open(options, order);
  if (!outputs) return refuse_before_start(outputs.error(), order, options);
  LoadInbox inbox;
  const auto loads = sent(order);
  auto worker = spawn_worker(worker_argv(loads, options.loops), inbox.on_slice(), inbox.on_lost());
  if (!worker) return refuse(worker.error(), options);
  if (auto ready = (*worker)->prepare(loads, order.seed, {}); !ready)
    return refuse_before_start(ready.error(), order, options);
  Outlet stderr_outlet(STDERR_FILENO);
  const auto say = [&](std::string_view text) {
    if (!options.quiet) stderr_outlet.put(redact(std::string(text), order.secrets));
  };
  if (!order.note.empty()) say(order.note + "\n");
  if (const auto url = (*outputs)->metrics_url(); !url.empty()) say("metrics at " + url + "\n");
  const Style style = screen_style(options);
  LoadScreen screen(order, say, style, [&] { return stderr_outlet.idle(); });
  LoadRun run(order, **outputs, screen, [&](std::string_view text) {
    if (!style.redraw) stderr_outlet.put(text);
  });
  const WallTime started = std::chrono::system_clock::now();
  if (auto made = (*outputs)->begin(started); !made) return refuse(made.error(), options);
  const Time begin = between_ticks(monotonic_now() + 20ms);
  if (auto begun = (*worker)->begin(begin); !begun) return refuse(begun.error(), options);
  run.follow(**worker, inbox, signals, begin);
  worker->reset();
  const LoadResult result = run.finish(thresholds);
  (void)stderr_outlet.flush(1s);
  if (!run.lost().empty() && !is_overload_abort(run.lost()))
    return complain("load", run.lost(), Outcome::ToolError, options.json);
  Result<void> printed;
  if (!options.json) printed = print_result(order, result);
  int exit = exit_of(run, result, options);
  if (const auto written = (*outputs)->end(exit); !written)
    exit = complain("load", written.error().message, Outcome::ToolError);
  if (options.json)
    printed = write_result(
        to_json_pretty(load_document(order, result, run.per_second(), started, exit)) + "\n");
  if (!printed) return complain("load", printed.error().message, Outcome::ToolError);
  return exit;
}

}  // namespace

int load_command(const LoadOptions& options) {
  Signals signals;
  int exit = 0;
  const auto order = read_order(options, exit);
  if (!order) return exit;
  const auto thresholds = read_thresholds(options.expect, order->loads);
  if (!thresholds) return refuse(thresholds.error(), options);
  return send_load(options, *order, *thresholds, signals);
}

}  // namespace gunflint
