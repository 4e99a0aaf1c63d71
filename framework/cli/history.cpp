// gunflint history: the runs of a folder, newest first, a line each.
#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/complain.hpp"
#include "engine/journal.hpp"
#include "engine/run_folder.hpp"
#include "gunflint/model/verdict.hpp"

namespace gunflint {
namespace {

struct Line {
  std::string id, name, outcome, sentence;
  WallTime began{};
};

/// Reads only what the line needs: the first event and the last ones.
Line line_of(const RunFolder& folder) {
  Line line{folder.id, "", "", "", {}};
  const auto read = read_journal(folder.journal(), [&](Event event) {
    if (const auto* started = std::get_if<RunStarted>(&event.what)) {
      line.name = started->name;
      line.began = event.wall;
    } else if (const auto* reached = std::get_if<VerdictReached>(&event.what)) {
      line.outcome = name_of(reached->verdict.outcome);
      line.sentence = reached->verdict.sentence;
    }
    return true;
  });
  if (!read) line.sentence = read.error().message;
  if (line.outcome.empty() && run_is_alive(folder.journal())) {
    line.outcome = "running";
    line.sentence = "since " + print(line.began).substr(11, 8) + "; `gunflint stop " +
                    line.id.substr(line.id.rfind('-') + 1) + "` ends it";
  } else if (line.outcome.empty()) {
    line.outcome = "unfinished";
    if (read) line.sentence = "it was ended before its verdict; `gunflint judge " + line.id + "`";
  }
  return line;
}

}  // namespace

int history_command(const HistoryOptions& options) {
  auto runs = list_runs(options.out);
  if (!runs) return complain("history", runs.error().message, Outcome::Invalid, options.json);
  std::reverse(runs->begin(), runs->end());
  if (static_cast<int>(runs->size()) > options.most)
    runs->resize(static_cast<std::size_t>(options.most));
  Value list = Value::list();
  for (const auto& folder : *runs) {
    const Line line = line_of(folder);
    if (options.json) {
      Value v = Value::map();
      v.set("run", Value(line.id));
      v.set("name", Value(line.name));
      v.set("began", Value(print(line.began)));
      v.set("outcome", Value(line.outcome));
      v.set("sentence", Value(line.sentence));
      list.push(std::move(v));
    } else {
      fmt::print("{}  {:<15} {:<24} {}\n", line.id, line.outcome, line.name, line.sentence);
    }
  }
  if (options.json) std::puts(to_json_pretty(list).c_str());
  if (!options.json && runs->empty())
    fmt::print(stderr, "No runs in {} yet. Start with: gunflint init\n", options.out);
  return exit_code(Outcome::Held);
}

}  // namespace gunflint
