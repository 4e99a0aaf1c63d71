// The command line. With options_load.cpp the only user of CLI11: everything behind it works on
// plain structs.
#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/options_load.hpp"
#include "gunflint/base/problem.hpp"

namespace gunflint {
namespace {

/// What the command line asks for: filled while it is parsed, done afterwards.
using Action = std::function<int()>;

/// Adds the command `name`. `declare` binds options to the struct, which lives as long as the
/// action.
template <class Options, class Declare>
CLI::App* add(CLI::App& app, Action& action, const char* name, const char* help,
              int (*command)(const Options&), Declare declare) {
  auto options = std::make_shared<Options>();
  CLI::App* sub = app.add_subcommand(name, help);
  declare(*sub, *options);
  sub->callback([&action, options, command] { action = [=] { return command(*options); }; });
  return sub;
}

void add_file_options(CLI::App& c, FileOptions& o) {
  c.add_option("--set", o.set, "Give a variable a value: --set surge=400/s")
      ->type_name("NAME=VALUE");
}
void add_json(CLI::App& c, bool& json) { c.add_flag("--json", json, "Machine-readable output"); }

void add_file_commands(CLI::App& app, Action& action) {
  add(app, action, "init", "Write a first experiment, with comments, to change and run",
      &init_command, [](CLI::App& c, InitOptions& o) {
        c.add_option("file", o.file, "Where to; `-` is standard output")->capture_default_str();
      });
  add(app, action, "validate", "Check experiment files; touches nothing", &validate_command,
      [](CLI::App& c, ValidateOptions& o) {
        c.add_option("files", o.files, "Experiment files; `-` is standard input")->required();
        c.add_flag("--strict", o.strict, "Warnings count as errors");
        add_file_options(c, o.file);
        add_json(c, o.json);
      });
  add(app, action, "schema", "Print the JSON Schema of an experiment", &schema_command,
      [](CLI::App& c, SchemaOptions& o) { add_json(c, o.json); });
  add(app, action, "explain", "Explain a fault, a key, a value, a metric or a problem code",
      &explain_command, [](CLI::App& c, ExplainOptions& o) {
        c.add_option("word", o.words,
                     "For example: cpu, steady_state, network.from, duration, p95, E112")
            ->required();
        add_json(c, o.json);
      });
  add(app, action, "list", "List what there is", &list_command, [](CLI::App& c, ListOptions& o) {
    c.add_option("what", o.what, "faults, targets, probes, metrics or runs")
        ->check(CLI::IsMember({"faults", "targets", "probes", "metrics", "runs"}))
        ->capture_default_str();
    c.add_option("--out", o.out, "Where runs lie")->capture_default_str();
    add_json(c, o.json);
  });
}

/// plan, run, status, stop, recover, doctor.
void declare_run(CLI::App& c, RunOptions& o) {
  c.add_option("files", o.files, "Experiment files, run one after the other")->required();
  c.add_option("--set", o.file.set, "name=value of a var; may be repeated")
      ->allow_extra_args(false);
  c.add_option("--out", o.out, "Where runs lie")->capture_default_str();
  c.add_option("--seed", o.seed, "Seed of every draw");
  c.add_option("--junit", o.junit, "Write JUnit XML there");
  c.add_option("--html", o.html, "Write the page there instead of beside the journal");
  c.add_option("--metrics", o.metrics, "Serve /metrics of the run at this address");
  c.add_option("--metrics-linger", o.metrics_linger,
               "Serve the result for this long after the run, so that it is scraped: 30s");
  c.add_option("--soft", o.soft, "inconclusive, not_started: exit 0 for these")->delimiter(',');
  c.add_option("--lease", o.lease, "How long faults outlive silence")->capture_default_str();
  c.add_flag("--fail-fast", o.fail_fast, "Stop at the first failed verdict");
  c.add_flag("--dry-run", o.dry_run, "Only plan");
  add_json(c, o.json);
}

void declare_inject(CLI::App& c, InjectOptions& o) {
  c.add_option("type", o.type, "Fault type (gunflint list faults)")->required();
  c.add_option("--target", o.target, "process=nginx, cmdline=…, pid_file=…, port=…, unit=…")
      ->required();
  c.add_option("--field", o.fields, "A field of the fault: 'share=90%'; may be repeated")
      ->allow_extra_args(false);
  c.add_option("--for", o.length, "How long: 30s (not for faults that end with their act)");
  c.add_option("--pick", o.pick, "How many members: 1, 50%, all")->capture_default_str();
  c.add_option("--out", o.out, "Where runs lie")->capture_default_str();
  c.add_flag("--dry-run", o.dry_run, "Only plan");
  add_json(c, o.json);
}

void add_run_commands(CLI::App& app, Action& action) {
  add(app, action, "plan", "Show what a run would do, to whom, and how it is undone", &plan_command,
      [](CLI::App& c, PlanOptions& o) {
        c.add_option("files", o.files, "Experiment files")->required();
        c.add_option("--set", o.file.set, "name=value of a var; may be repeated")
            ->allow_extra_args(false);
        c.add_option("--seed", o.seed, "Seed of every draw");
        add_json(c, o.json);
      });
  add(app, action, "run", "Run experiments, undo everything, judge", &run_command, &declare_run);
  add(app, action, "inject", "One fault, once, without a file", &inject_command, &declare_inject);
}

/// report, judge, history.
void add_record_commands(CLI::App& app, Action& action) {
  add(app, action, "report", "Tell a finished run: a page, a postmortem, JUnit, JSON",
      &report_command, [](CLI::App& c, ReportOptions& o) {
        c.add_option("run", o.run, "A run's id, its end, a folder or a journal file")
            ->capture_default_str();
        c.add_option("--format", o.format, "html, markdown, junit, json, or text (the verdict)")
            ->check(CLI::IsMember({"html", "markdown", "junit", "json", "text"}))
            ->capture_default_str();
        c.add_option("-o,--output", o.to, "The file to write; - for stdout");
        c.add_option("--soft", o.soft, "Outcomes that JUnit shows as skipped")->delimiter(',');
        c.add_option("--out", o.out, "Where runs lie")->capture_default_str();
        add_json(c, o.json);
      });
}

/// judge, history, doctor.
void add_looking_commands(CLI::App& app, Action& action) {
  add(app, action, "judge", "Judge a finished run again, by its own experiment or another",
      &judge_command, [](CLI::App& c, JudgeOptions& o) {
        c.add_option("run", o.run, "A run's id, its end, or a folder")->capture_default_str();
        c.add_option("--with", o.with, "The experiment to judge by; its own when absent");
        c.add_option("--out", o.out, "Where runs lie")->capture_default_str();
        add_file_options(c, o.file);
        add_json(c, o.json);
      });
  add(app, action, "history", "The runs so far, newest first", &history_command,
      [](CLI::App& c, HistoryOptions& o) {
        c.add_option("--out", o.out, "Where runs lie")->capture_default_str();
        c.add_option("-n,--most", o.most, "At most so many")->capture_default_str();
        add_json(c, o.json);
      });
  add(app, action, "doctor", "What this machine can do, and what is missing", &doctor_command,
      [](CLI::App& c, DoctorOptions& o) { add_json(c, o.json); });
}

/// load, inject, demo, version.
void add_single_commands(CLI::App& app, Action& action) {
  add(app, action, "demo", "The founding incident on this machine, in under 90 seconds; no root",
      &demo_command, [](CLI::App& c, DemoOptions& o) {
        c.add_option("--out", o.out, "Where reports and experiments go")->capture_default_str();
      });
  add(app, action, "load", "Send traffic to a URL, or the loads of an experiment file, and measure",
      &load_command, &declare_load);
  add(app, action, "version", "Print the version", &version_command,
      [](CLI::App& c, VersionOptions& o) { add_json(c, o.json); });
}

void add_undo_commands(CLI::App& app, Action& action) {
  add(app, action, "status", "Show what is in force on this machine", &status_command,
      [](CLI::App& c, StatusOptions& o) { add_json(c, o.json); });
  add(app, action, "stop", "Take back what a run has in force, and end it", &stop_command,
      [](CLI::App& c, StopOptions& o) {
        c.add_option("run", o.run, "The run's id, or the end of it");
        c.add_flag("--all", o.all, "Every run of this user on this machine");
        add_json(c, o.json);
      });
  add(app, action, "recover", "Take back what dead runs left in force", &recover_command,
      [](CLI::App& c, RecoverOptions& o) {
        c.add_flag("--all", o.all,
                   "Of every user of this machine, below their homes (as root; a user with "
                   "XDG_STATE_HOME set elsewhere recovers alone)");
        c.add_option("--out", o.out, "Where runs lie: the agents of dead ones are visited")
            ->capture_default_str();
        add_json(c, o.json);
      })
      ->alias("rollback")
      ->alias("revert");
}

/// What gunflint starts itself: worker, api-agent, reference. Hidden: `->group("")`.
void add_inner_commands(CLI::App& app, Action& action) {
  add(app, action, "worker", "A load worker (started by gunflint)", &worker_command,
      [](CLI::App& c, WorkerOptions& o) { c.add_option("--loops", o.loops); })
      ->group("");
  add(app, action, "api-agent", "The agent beside the coordinator (started by gunflint)",
      &api_agent_command, [](CLI::App& c, ApiAgentOptions& o) { c.add_option("words", o.words); })
      ->group("");
  add(app, action, "reference", "Write docs/reference", &reference_command,
      [](CLI::App& c, ReferenceOptions& o) { c.add_option("folder", o.folder); })
      ->group("");
}

/// The first word is no command: what was meant?
int unknown_command(const CLI::App& app, const std::string& word) {
  std::vector<std::string> known;
  for (const CLI::App* one : app.get_subcommands([](const CLI::App* sub) {
         return !sub->get_group().empty();  // not those that gunflint starts itself
       }))
    known.push_back(one->get_name());
  const std::string near = nearest(word, known);
  std::fprintf(stderr, "gunflint: there is no command `%s`; %s`gunflint --help` lists them\n",
               word.c_str(), near.empty() ? "" : ("did you mean `" + near + "`? ").c_str());
  return exit_code(Outcome::Invalid);
}

/// The long options of a command, without their dashes.
std::vector<std::string> long_options(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    names.insert(names.end(), option->get_lnames().begin(), option->get_lnames().end());
  return names;
}

/// Words that no option takes. Fields of a fault are not options: `inject` is told how.
int unknown_words(const CLI::App& app, const std::vector<std::string>& words) {
  const std::string command = app.get_name();
  std::string text = "gunflint " + command + ": not understood:";
  for (const auto& word : words) text += " " + word;
  const auto option = std::find_if(words.begin(), words.end(), [](const std::string& word) {
    return word.size() > 1 && word[0] == '-' && word != "--";
  });
  std::string meant;
  if (command == "inject" && words.front().starts_with("--") && words.front().size() > 2) {
    text += "; a field of the fault is written --field " + words.front().substr(2) + "=" +
            (words.size() > 1 ? words[1] : "VALUE");
  } else {
    const auto known = long_options(app);
    if (option != words.end() && command == "load")
      meant = meant_option(*option, known);
    else if (option != words.end() && option->size() > 3)
      if (const auto near = nearest(option->substr(2), known); !near.empty())
        meant = "did you mean --" + near + "?";
    text += meant.empty() ? "; " : meant.back() == '?' ? "; " + meant + " " : "; " + meant + "; ";
    text += "`gunflint " + command + " --help` lists what is";
  }
  std::fprintf(stderr, "%s\n", text.c_str());
  return exit_code(Outcome::Invalid);
}

/// `load … -rate=50`: as tools in Go want it.
bool has_go_flag(const CLI::App& app, const std::vector<std::string>& words) {
  if (words.empty() || words.front() != "load") return false;
  const auto known = long_options(*app.get_subcommand("load"));
  for (std::size_t i = 1; i < words.size(); ++i)
    if (const auto meant = go_flag(words[i], known); !meant.empty()) {
      std::fprintf(stderr, "gunflint load: %s; `gunflint load --help` lists what is\n",
                   meant.c_str());
      return true;
    }
  return false;
}

/// Missing or wrong words of a command, in CLI11's sentence.
int not_to_be_read(const CLI::App& app, const CLI::ParseError& error) {
  const auto commands = app.get_subcommands();
  const std::string who = "gunflint" + (commands.empty() ? "" : " " + commands.front()->get_name());
  std::fprintf(stderr, "%s: %s; `%s --help` lists what it takes\n", who.c_str(), error.what(),
               who.c_str());
  return exit_code(Outcome::Invalid);
}

}  // namespace

int run_command_line(int argc, const char* const* argv) {
  CLI::App app(
      "gunflint proves systems: it loads them, takes something away, checks that they stand, and "
      "measures how they spring back.",
      "gunflint");
  app.require_subcommand(1);
  app.set_version_flag("-v,--version", GUNFLINT_VERSION);
  app.footer(
      "Exit codes: 0 held, 1 failed, 2 invalid, 3 not started, 4 aborted, 5 undo incomplete, "
      "6 tool error, 7 inconclusive.");
  Action action;
  add_file_commands(app, action);
  add_run_commands(app, action);
  add_record_commands(app, action);
  add_looking_commands(app, action);
  add_undo_commands(app, action);
  add_single_commands(app, action);
  add_inner_commands(app, action);
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  if (!words.empty() && words.front() == "help") {
    words.erase(words.begin());
    words.resize(std::min<std::size_t>(words.size(), 1));
    words.push_back("--help");
  }
  if (!words.empty() && !words.front().starts_with("-")) {
    const std::string& word = words.front();
    const auto known =
        app.get_subcommands([&](const CLI::App* one) { return one->check_name(word); });
    if (known.empty()) return unknown_command(app, word);
  }
  if (has_go_flag(app, words)) return exit_code(Outcome::Invalid);
  std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
  try {
    app.parse(words);
  } catch (const CLI::ExtrasError& error) {
    const auto commands = app.get_subcommands();
    const auto left = commands.empty() ? std::vector<std::string>{} : commands.front()->remaining();
    if (!left.empty()) return unknown_words(*commands.front(), left);
    app.exit(error);
    return exit_code(Outcome::Invalid);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) return not_to_be_read(app, error);
    return app.exit(error);
  }
  return action();
}

}  // namespace gunflint
