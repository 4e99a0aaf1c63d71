// kill: ends a process and leaves it to the platform to start another. What comes back is seen by
// the target's watch (`restarts`, `ready`), not here.
#include <csignal>

#include "gunflint/concepts/fault.hpp"
#include "gunflint/concepts/patience.hpp"

namespace gunflint {
namespace {

enum class Ending { Kill, Term, Int, Quit, Hup, Abrt, Segv };

int number_of(Ending signal) {
  switch (signal) {
    case Ending::Kill:
      return SIGKILL;
    case Ending::Term:
      return SIGTERM;
    case Ending::Int:
      return SIGINT;
    case Ending::Quit:
      return SIGQUIT;
    case Ending::Hup:
      return SIGHUP;
    case Ending::Abrt:
      return SIGABRT;
    case Ending::Segv:
      return SIGSEGV;
  }
  return SIGKILL;
}

}  // namespace

template <>
struct Names<Ending> {
  static constexpr std::array table{
      std::pair{Ending::Kill, "SIGKILL"}, std::pair{Ending::Term, "SIGTERM"},
      std::pair{Ending::Int, "SIGINT"},   std::pair{Ending::Quit, "SIGQUIT"},
      std::pair{Ending::Hup, "SIGHUP"},   std::pair{Ending::Abrt, "SIGABRT"},
      std::pair{Ending::Segv, "SIGSEGV"}};
};

namespace {

/// The look for an end is part of the injection.
constexpr Duration most_patience = 25s;
static_assert(most_patience + 4s < longest_inject);

struct Kill {
  static constexpr std::string_view name = "kill";
  static constexpr std::string_view summary =
      "Ends a process by a signal; the system must replace it.";
  static constexpr std::string_view example = R"(- name: lose one
  type: kill
  target: web
  pick: { count: 1 }
)";
  static constexpr Place place = Place::Host;
  static constexpr Healing healing = Healing::ByPlatform;
  static constexpr bool instant = true;

  struct Params {
    Ending signal = Ending::Kill;
    Duration patience = 5s;
    static Fields<Params> fields() {
      return {field("signal", &Params::signal, "The signal that ends it."),
              field("patience", &Params::patience,
                    "How long the process may take to end before the fault did not bite.")
                  .between(100ms, most_patience)};
    }
  };
  struct Saved {
    int pid = 0;
    std::uint64_t start_time = 0;
    static Fields<Saved> fields() {
      return {field("pid", &Saved::pid, "Victim.").required(),
              field("start_time", &Saved::start_time, "Tells it from a later process.").required()};
    }
  };

  /// The owner of a process may signal it; who may not is told so by the kernel.
  static bool wants_root(const Params&) { return false; }
  static std::vector<Need> needs(const Facts&, const Params&) { return {}; }
  static std::vector<std::string> touches(const Member& member, const Params&) {
    return {"process:" + member.id};
  }

  static Result<Saved> observe(Host& host, const Member& member, const Params&) {
    if (member.pid == 0)
      return fail(Cause::BadInput,
                  "the target selects hosts, and `kill` needs a process; add "
                  "`process:` or `pid_file:` to the target");
    GF_TRY_AS(const bool there, alive(host, {member.pid, member.start_time}));
    if (!there) return fail(Cause::Gone, member.label + " has ended already");
    return Saved{member.pid, member.start_time};
  }
  static Result<void> inject(Host& host, const Member&, const Params& params, const Saved& saved,
                             const Tag&) {
    return host.processes.signal({saved.pid, saved.start_time}, number_of(params.signal));
  }
  /// The victim cannot be brought back from here.
  static Result<void> restore(Host&, const Saved&, const Tag&) { return {}; }
  static Result<bool> restored(Host&, const Saved&, const Tag&) { return true; }

  static Result<Bite> bite(Host& host, const Member& member, const Params& params,
                           const Saved& saved, const Tag&) {
    const Time end = host.clock.now() + params.patience;
    for (;;) {
      GF_TRY_AS(const bool there, alive(host, {saved.pid, saved.start_time}));
      if (!there) return Bite{true, member.label + " is gone", 1, 1};
      if (host.clock.now() >= end) break;
      host.clock.sleep(10ms);
    }
    return Bite{false,
                member.label + " still runs " + print(params.patience) + " after " +
                    std::string(name_of(params.signal)),
                1, 0};
  }

 private:
  static Result<bool> alive(Host& host, const ProcessId& process) {
    const auto info = host.processes.look(process.pid);
    if (!info && info.error().cause != Cause::Gone) return fail(info.error());
    return info && info->id == process && info->state != 'Z' && info->state != 'X';
  }
};

}  // namespace

GUNFLINT_FAULT(kill, Kill)

}  // namespace gunflint
