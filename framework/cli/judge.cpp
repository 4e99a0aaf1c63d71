// gunflint judge RUN --with x.yaml: the journal of a finished run, judged again, by its own
// experiment or by another one. Nothing is run and nothing is written.
#include <cstdio>

#include <unistd.h>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/reading.hpp"
#include "cli/run_is_over.hpp"
#include "engine/journal.hpp"
#include "engine/run_folder.hpp"
#include "report/run_view.hpp"
#include "report/verdict_block.hpp"
#include "verdict/judge.hpp"

namespace gunflint {
namespace {

/// The experiment that the run itself carried.
Result<Experiment> own_experiment(const std::vector<Event>& events) {
  for (const auto& event : events)
    if (const auto* started = std::get_if<RunStarted>(&event.what))
      return decode<Experiment>(started->experiment);
  return fail(Cause::BadInput, "this journal does not begin with a run; it cannot be judged");
}

Result<Verdict> judge_again(const JudgeOptions& options, std::vector<Event>& events) {
  GF_TRY_AS(const RunFolder folder, find_run(options.out, options.run));
  GF_TRY(must_be_over(folder));
  GF_TRY(read_journal(folder.journal(), [&](Event event) {
    // What was decided then is what is asked now.
    if (!std::holds_alternative<VerdictReached>(event.what) &&
        !std::holds_alternative<RunEnded>(event.what))
      events.push_back(std::move(event));
    return true;
  }));
  if (options.with.empty()) {
    GF_TRY_AS(const Experiment experiment, own_experiment(events));
    return judge(experiment, events);
  }
  const auto read = read_for_run(options.with, options.file);
  if (!read) return fail(Cause::BadInput, "");
  return judge(*read->experiment, events);
}

}  // namespace

int judge_command(const JudgeOptions& options) {
  std::vector<Event> events;
  const auto verdict = judge_again(options, events);
  if (!verdict) {
    if (!verdict.error().message.empty())
      fmt::print(stderr, "gunflint: {}\n", verdict.error().message);
    return exit_code(Outcome::Invalid);
  }
  if (options.json) {
    std::puts(to_json_pretty(encode(*verdict)).c_str());
    return exit_code(verdict->outcome);
  }
  RunReader reader;
  for (auto& event : events) reader.on(event);
  Event last = events.empty() ? Event{} : events.back();
  last.what = VerdictReached{*verdict};
  reader.on(last);
  last.what = RunEnded{exit_code(verdict->outcome)};
  reader.on(last);
  const auto text = verdict_block(std::move(reader).finish(), Style::of(STDOUT_FILENO));
  std::fwrite(text.data(), 1, text.size(), stdout);
  return exit_code(verdict->outcome);
}

}  // namespace gunflint
