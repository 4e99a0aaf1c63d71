// gunflint judge RUN --with x.yaml: the journal of a finished run, judged again, by its own
// experiment or by another one. Nothing is run and nothing is written.
#include <cstdio>

#include <unistd.h>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/complain.hpp"
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

std::string names_of(const std::vector<LoadSpec>& loads) {
  std::vector<std::string> names;
  for (const auto& load : loads) names.push_back(load.name);
  return names.empty() ? "none" : listed(names, "and");
}

/// What the run never measured cannot be judged.
Result<void> must_fit(const Experiment& with, const std::string& file, const Experiment& own,
                      const std::string& run) {
  for (const auto& load : with.loads)
    if (!own.load(load.name))
      return fail(Cause::BadInput,
                  fmt::format("{} speaks of load `{}`, and run {} had {}; name the load as in the "
                              "run, or judge another run",
                              file, load.name, run, names_of(own.loads)));
  for (const auto& target : with.targets)
    if (!own.target(target.name))
      return fail(Cause::BadInput,
                  fmt::format("{} speaks of target `{}`, which run {} did not have; name it as in "
                              "the run, or judge another run",
                              file, target.name, run));
  return {};
}

Result<Verdict> judge_again(const JudgeOptions& options, RunFolder& folder,
                            std::vector<Event>& events) {
  GF_TRY_AS(folder, find_run(options.out, options.run));
  GF_TRY(must_be_over(folder));
  GF_TRY(read_journal(folder.journal(), [&](Event event) {
    // What was decided then is what is asked now.
    if (!std::holds_alternative<VerdictReached>(event.what) &&
        !std::holds_alternative<RunEnded>(event.what))
      events.push_back(std::move(event));
    return true;
  }));
  GF_TRY_AS(const Experiment own, own_experiment(events));
  if (options.with.empty()) return judge(own, events);
  Value refusal;
  const auto read = read_for_run("judge", options.with, options.file, refusal);
  if (!read) {
    if (options.json) std::puts(to_json_pretty(refusal).c_str());
    return fail(Cause::BadInput, "");
  }
  GF_TRY(must_fit(*read->experiment, options.with, own, folder.id));
  return judge(*read->experiment, events);
}

}  // namespace

int judge_command(const JudgeOptions& options) {
  std::vector<Event> events;
  RunFolder folder;
  const auto verdict = judge_again(options, folder, events);
  if (!verdict) {
    if (verdict.error().message.empty()) return exit_code(Outcome::Invalid);  // told already
    return complain("judge", verdict.error().message, Outcome::Invalid, options.json);
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
  RunView view = std::move(reader).finish();
  DocumentPlaces places;
  if (!options.with.empty()) {
    // The page beside the journal tells the run's own verdict: it is no next step here.
    places.emplace_back("judged", "by " + options.with);
    view.start.file = options.with;
  }
  places.emplace_back("journal", folder.journal());
  const auto text = verdict_block(view, Style::of(STDOUT_FILENO), places);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return exit_code(verdict->outcome);
}

}  // namespace gunflint
