// exec: a fault of one's own, as commands. `inject` makes it, `check` says whether it is in force,
// `restore` takes it back, `observe` prints the state that must be there again afterwards. What
// `observe` printed is the standard input of the other three.
#include <algorithm>

#include "gunflint/concepts/fault.hpp"
#include "gunflint/concepts/patience.hpp"

namespace gunflint {
namespace {

using Argv = std::vector<std::string>;

/// An undo is three commands (restore, check, observe), an injection too (observe, inject, check).
constexpr Duration most_per_command = 9s;
static_assert(3 * most_per_command + 2s < longest_restore);
static_assert(3 * most_per_command + 2s < longest_inject);

struct Exec {
  static constexpr std::string_view name = "exec";
  static constexpr std::string_view summary =
      "Runs your own commands: one that breaks something, one that sees it, one that takes it "
      "back.";
  static constexpr std::string_view example = R"(- name: maintenance page
  type: exec
  target: web
  observe: [cat, /srv/shop/mode]
  inject: [/srv/shop/set-mode, maintenance]
  check: [grep, -q, maintenance, /srv/shop/mode]
  restore: [/srv/shop/set-mode, normal]
  for: 30s
)";
  static constexpr Place place = Place::Host;

  struct Params {
    Argv observe, inject, restore, check;
    Duration deadline = most_per_command;
    static Fields<Params> fields() {
      const auto program = [](const Argv& argv) -> std::string {
        return !argv.empty() && argv[0].empty() ? "a command begins with the name of a program"
                                                : "";
      };
      return {
          field("inject", &Params::inject, "The command that makes the fault; run once.")
              .required()
              .check(program),
          field("restore", &Params::restore,
                "Takes it back; must do no harm when it is run twice, or without `inject`.")
              .check(program),
          field("check", &Params::check, "Exits with 0 while the fault is in force, else with 1.")
              .required()
              .check(program),
          field("observe", &Params::observe,
                "Prints the state before; it must print the same after `restore`, and must change "
                "nothing.")
              .check(program),
          field(
              "deadline", &Params::deadline,
              "How long each command may take. At most 9s: what is to be undone must be undone in "
              "half a minute. What takes longer goes on in the background, and `check` sees it.")
              .between(100ms, most_per_command)};
    }
  };
  struct Saved {
    Argv observe, restore, check;
    std::string seen;
    Duration deadline = most_per_command;
    static Fields<Saved> fields() {
      return {field("observe", &Saved::observe, "Command."),
              field("restore", &Saved::restore, "Command."),
              field("check", &Saved::check, "Command."),
              field("seen", &Saved::seen, "What `observe` printed."),
              field("deadline", &Saved::deadline, "Of each command.")};
    }
  };

  static Healing healing(const Params& params) {
    return params.restore.empty() ? Healing::Never : Healing::ByUs;
  }
  static std::string check(const Params& params) {
    if (params.inject.empty()) return "`inject` is empty; write a command: [program, argument]";
    if (params.check.empty())
      return "`check` is empty; write a command that exits with 0 while the fault is in force";
    return {};
  }
  /// Commands run as the user of the agent.
  static bool wants_root(const Params&) { return false; }
  static std::vector<Need> needs(const Facts&, const Params&) { return {}; }
  static std::vector<std::string> touches(const Member& member, const Params& params) {
    const auto argv = expand(params.inject, member);
    std::string key = "exec:";
    for (const auto& part : argv ? *argv : params.inject) key += part + " ";
    return {key};
  }

  static Result<Saved> observe(Host& host, const Member& member, const Params& params) {
    Saved saved;
    saved.deadline = params.deadline;
    GF_TRY_AS(saved.observe, expand(params.observe, member));
    GF_TRY_AS(saved.restore, expand(params.restore, member));
    GF_TRY_AS(saved.check, expand(params.check, member));
    GF_TRY_AS(saved.seen, look(host, saved));
    return saved;
  }
  static Result<void> inject(Host& host, const Member& member, const Params& params,
                             const Saved& saved, const Tag&) {
    GF_TRY_AS(const Argv argv, expand(params.inject, member));
    return must(host, argv, saved, "inject");
  }
  static Result<void> restore(Host& host, const Saved& saved, const Tag&) {
    if (saved.restore.empty()) return {};
    return must(host, saved.restore, saved, "restore");
  }
  static Result<bool> restored(Host& host, const Saved& saved, const Tag&) {
    if (saved.restore.empty()) return true;
    GF_TRY_AS(const bool in_force, checked(host, saved));
    if (in_force) return false;
    GF_TRY_AS(const std::string now, look(host, saved));
    return now == saved.seen;
  }
  static Result<Bite> bite(Host& host, const Member&, const Params&, const Saved& saved,
                           const Tag&) {
    GF_TRY_AS(const bool in_force, checked(host, saved));
    return Bite{
        in_force,
        in_force ? "`check` says that it is in force" : "`check` says that it is not in force", 1,
        in_force ? 1.0 : 0.0};
  }

 private:
  static Result<Argv> expand(const Argv& argv, const Member& member) {
    Argv out;
    for (const auto& part : argv) {
      GF_TRY_AS(out.emplace_back(), expand_member(part, member));
    }
    return out;
  }
  static Result<Exit> run(Host& host, const Argv& argv, const Saved& saved) {
    return host.processes.run({argv, saved.seen, saved.deadline});
  }
  static Result<void> must(Host& host, const Argv& argv, const Saved& saved, const char* what) {
    GF_TRY_AS(const Exit exit, run(host, argv, saved));
    if (exit.code == 0) return {};
    const std::string said = exit.err.empty() ? exit.out : exit.err;
    return fail(Cause::Io, std::string("`") + what + "` (" + argv[0] + ") ended with " +
                               std::to_string(exit.code) + ", not 0; it said: " +
                               said.substr(0, std::min(said.find('\n'), std::size_t{300})));
  }
  /// A check that was killed, or could not be started, is no answer.
  static Result<bool> checked(Host& host, const Saved& saved) {
    GF_TRY_AS(const Exit exit, run(host, saved.check, saved));
    if (exit.code >= 126)
      return fail(Cause::Io, "`check` (" + saved.check[0] + ") ended with " +
                                 std::to_string(exit.code) +
                                 ", which is no answer; it must exit with 0 or a small number");
    return exit.code == 0;
  }
  static Result<std::string> look(Host& host, const Saved& saved) {
    if (saved.observe.empty()) return std::string();
    GF_TRY_AS(Exit exit, host.processes.run({saved.observe, "", saved.deadline}));
    if (exit.code != 0)
      return fail(Cause::Io, "`observe` (" + saved.observe[0] + ") ended with " +
                                 std::to_string(exit.code) + "; nothing was injected");
    if (exit.out.size() > (64u << 10))
      return fail(
          Cause::BadInput,
          "`observe` printed more than 64 KiB; print only what must be the same afterwards");
    return std::move(exit.out);
  }
};

}  // namespace

GUNFLINT_FAULT(exec, Exec)

}  // namespace gunflint
