#include "engine/coordinator.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>

#include "engine/reservation.hpp"
#include "engine/signals.hpp"
#include "host/host_name.hpp"

namespace gunflint {
namespace {

/// A jump of the clocks against each other that no scheduling explains (DESIGN rule 13).
constexpr Duration clock_tolerance = 1s;
constexpr Duration longest_tick = 250ms;

bool is_durable(const Happening& what) {
  return std::holds_alternative<RunStarted>(what) || std::holds_alternative<AgentOpened>(what) ||
         std::holds_alternative<AgentClosed>(what) || std::holds_alternative<Injected>(what) ||
         std::holds_alternative<Undone>(what) || std::holds_alternative<LeftBehind>(what) ||
         std::holds_alternative<VerdictReached>(what) || std::holds_alternative<RunEnded>(what);
}

Result<void> write_file(const std::string& path, const std::string& text) {
  Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!fd) return fail_errno(errno, "write " + path);
  return write_all(fd.get(), text, 10s);
}

class Coordinator {
 public:
  Coordinator(RunOrder order, RunFolder folder, Journal journal)
      : order_(std::move(order)),
        folder_(std::move(folder)),
        journal_(std::move(journal)),
        signals_(inbox_),
        crew_(order_.parts, inbox_, folder_.id, order_.lease) {}

  RunResult run() {
    set_up();
    if (open_agents() && ask_agents() && prepare_load()) begin();
    while (!run_->over()) step();
    RunResult result;
    result.folder = folder_;
    result.verdict = *run_->verdict();
    result.exit = exit_code(result.verdict.outcome);
    result.signals = signals_.count();
    if (auto written = write_file(folder_.verdict(), to_json_pretty(encode(result.verdict)) + "\n");
        !written)
      std::fprintf(stderr, "gunflint: %s\n", written.error().message.c_str());
    return result;
  }

 private:
  void set_up() {
    root_ = ::geteuid() == 0;
    const Plan plan = make_plan(order_.experiment, order_.find_kind, {}, order_.seed, root_);
    RunSetup setup;
    setup.id = folder_.id;
    setup.experiment = order_.experiment;
    setup.seed = order_.seed;
    setup.hard_stop = plan.hard_stop;
    setup.fail_fast = order_.fail_fast;
    for (const auto& agent : plan.agents) agents_.push_back(agent.key);
    setup.kind_of = order_.find_kind;
    setup.agent_of = [root = root_](const FaultKind& kind, const Value& params) {
      return agent_for(kind, params, root);
    };
    run_.emplace(std::move(setup));
    for (const auto& fault : order_.experiment.faults) {
      if (fault.lease) shortest_lease_ = std::min(shortest_lease_, *fault.lease);
      for (const auto& one : fault.one_of)
        if (one.lease) shortest_lease_ = std::min(shortest_lease_, *one.lease);
    }
    // The loop must come round several times in half the shortest lease.
    const Duration often = std::min(order_.lease, shortest_lease_) / 8;
    tick_ = std::clamp<Duration>(often, 10ms, longest_tick);
    crew_.set_beats({&pulse_, shortest_lease_});
    RunStarted started;
    started.run = folder_.id;
    started.series = order_.series;
    started.trial = order_.trial;
    started.name = order_.experiment.name;
    started.file = order_.file.empty() ? folder_.experiment() : order_.file;
    started.version = GUNFLINT_VERSION;
    started.host = host_name();
    started.seed = order_.seed;
    started.experiment_text = order_.text;
    started.experiment = order_.document;
    started.plan = encode(plan);
    feed(Record{started, 0s});
    if (auto written = write_file(folder_.experiment(), order_.text); !written)
      feed(Record{Note{"warning", written.error().message}, 0s});
    if (plan.exit() == 2) refuse(plan);
  }

  /// A plan that cannot be carried out: nothing was touched.
  void refuse(const Plan& plan) {
    std::string why;
    for (const auto& note : plan.notes) {
      if (note.kind == "warning") continue;
      if (why.empty()) why = note.sentence + (note.fix.empty() ? "" : "; " + note.fix);
      feed(Record{Note{"warning", note.sentence + (note.fix.empty() ? "" : "; " + note.fix)}, 0s});
    }
    if (plan.exit() == exit_code(Outcome::NotStarted)) feed(Record{GateFailed{why}, 0s});
    feed(Refused{static_cast<Outcome>(plan.exit()), why});
  }

  /// Durable before the agent starts: `recover` finds it whatever happens to us.
  bool open_agents() {
    for (const auto& key : agents_)
      if (auto admitted = order_.parts.admit(key); !admitted) {
        feed(Refused{Outcome::ToolError, admitted.error().message});
        return false;
      }
    for (const auto& key : agents_) {
      if (run_->ending()) return false;
      Value how = Value::map();
      Value argv = Value::list();
      for (const auto& word : order_.parts.agent_argv(key)) argv.push(Value(word));
      how.set("key", Value(key));
      how.set("argv", std::move(argv));
      feed(Record{AgentOpened{key, host_name(), how}, 0s});
      auto welcome = crew_.open_agent(key);
      if (!welcome) {
        feed(AgentDone{key, true, false, {}});  // it never began: there is nothing of it
        feed(Trouble{welcome.error().message});
        return false;
      }
      for (const auto& done : welcome->done)
        feed(Record{Note{"info", "took back what a dead run had left: " + done}, 0s});
      for (const auto& left : welcome->left)
        feed(Record{Note{"warning", "a dead run has left behind: " + left + "; gunflint recover"},
                    0s});
    }
    return !run_->ending();
  }

  bool ask_agents() {
    Inventory inventory =
        take_inventory(crew_, order_.experiment, order_.find_kind, order_.seed, root_);
    const Plan plan = make_plan(order_.experiment, order_.find_kind, inventory, order_.seed, root_);
    (void)write_file(folder_.path + "/plan.json", to_json_pretty(encode(plan)) + "\n");
    if (plan.exit() != 0) {
      refuse(plan);
      return false;
    }
    // Another run is refused before it has touched anything (rule 11, exit 3).
    const auto members = members_in_reach(order_.experiment, inventory);
    if (auto reserved = reservation_.reserve(folder_.id, plan, members); !reserved) {
      feed(Record{GateFailed{reserved.error().message}, 0s});
      feed(Refused{Outcome::NotStarted, reserved.error().message});
      return false;
    }
    for (const auto& target : order_.experiment.targets)
      if (auto watched = crew_.watch("local", target); !watched) {
        feed(Trouble{watched.error().message});
        return false;
      }
    // The first look at each target, so that the gate knows what is desired.
    last_looks_ = first_looks(inbox_, order_.experiment, [this](const Arrived& arrived) {
      take(arrived);
      return !run_->ending();
    });
    return !run_->ending() && somebody_is_ready(std::move(inventory), plan);
  }

  /// A fault takes ready members only: if there is none when it begins at once, the run could only
  /// be in vain. Of a later one it is told, and the run goes on.
  bool somebody_is_ready(Inventory inventory, const Plan& before) {
    for (const auto& [target, look] : last_looks_)
      if (look.seen.unknown.empty()) inventory.states[target] = look.seen.members;
    const Plan plan = make_plan(order_.experiment, order_.find_kind, inventory, order_.seed, root_);
    if (plan.exit() != 0) return refuse(plan), false;
    const auto told = [&](const PlanNote& note) {
      return std::any_of(before.notes.begin(), before.notes.end(),
                         [&](const PlanNote& old) { return old.sentence == note.sentence; });
    };
    for (const auto& note : plan.notes)
      if (!told(note)) feed(Record{Note{"warning", note.sentence + "; " + note.fix}, 0s});
    return true;
  }

  bool prepare_load() {
    auto ready = crew_.prepare_load(order_.experiment.loads, order_.seed);
    if (!ready) feed(Trouble{ready.error().message});
    return ready.has_value() && !run_->ending();
  }

  void begin() {
    const Time now = monotonic_now();
    const Time at = order_.experiment.loads.empty() ? now : between_ticks(now + 200ms);
    if (auto begun = crew_.begin_load(at); !begun) return feed(Trouble{begun.error().message});
    start_ = at;
    crew_.set_start(at);
    start_probes();
    while (monotonic_now() < at)
      if (const auto arrived = inbox_.take(at)) take(*arrived);
    skew_ = boottime_now() - monotonic_now().time_since_epoch();
    // What was seen while opening is what is known at t = 0.
    for (auto& [target, look] : last_looks_) feed(TargetLooked{look.seen, 0s});
    feed(Began{});
  }

  void start_probes() {
    const auto& e = order_.experiment;
    const auto start = [&](const std::string& key, const ProbeSpec& of, const std::string& metric,
                           const std::optional<Duration>& every) {
      if (std::holds_alternative<OfLoad>(of) || std::holds_alternative<OfTarget>(of)) return;
      const Duration usual = std::holds_alternative<OfPrometheus>(of) ? 5s : 1s;
      crew_.start(StartProbe{key, of, metric, every.value_or(usual)});
    };
    for (const auto& h : e.steady_state)
      start(probe_key("steady_state", h.name), h.of, h.expect.metric, h.every);
    for (const auto& r : e.reactions)
      start(probe_key("reactions", r.name), r.of, r.expect.metric, r.every);
    for (const auto& a : e.alerts) crew_.watch_alert(a);
    for (const auto& g : e.abort) start(probe_key("abort", g.name), g.of, g.when.metric, g.every);
  }

  void step() {
    const Time now = monotonic_now();
    pulse_.round(now);
    Time until = now + tick_;
    if (const auto wake = run_->next_wake(); wake && start_)
      until = std::min(until, *start_ + *wake);
    if (!start_) until = std::min(until, now + 50ms);
    const auto arrived = inbox_.take(until);
    if (arrived)
      take(*arrived);
    else
      feed(Tick{});
    if (const auto overflow = inbox_.overflow()) feed(*overflow);
    compare_clocks();
    if (order_.on_tick) order_.on_tick();
  }

  void take(const Arrived& arrived) { feed(arrived.input); }

  void compare_clocks() {
    if (!start_) return;
    const Duration skew = boottime_now() - monotonic_now().time_since_epoch();
    if (skew - skew_ > clock_tolerance) {
      feed(ClockJump{skew - skew_});
      skew_ = skew;
    }
  }

  void feed(const Input& input) {
    if (run_->over()) return;
    for (auto& event : run_->on(elapsed(), input)) {
      if (!start_) event.at = 0s;
      if (auto written =
              journal_.append(event, is_durable(event.what) ? Durable::Yes : Durable::No);
          !written && !broken_) {
        broken_ = true;
        inbox_.put(Trouble{written.error().message}, monotonic_now());
      }
      if (order_.on_event) order_.on_event(event, run_->judge());
    }
    std::vector<Input> refused;
    for (const auto& task : run_->due())
      if (auto why = not_ours(task))
        refused.emplace_back(std::move(*why));
      else
        crew_.start(task);
    for (const auto& answer : refused) feed(answer);
  }

  /// A member that has appeared since the start may be another run's by now.
  std::optional<AgentSaid> not_ours(const Task& task) {
    const auto* ask = std::get_if<AskAgent>(&task);
    const auto* inject = ask ? std::get_if<Inject>(&ask->request) : nullptr;
    if (!inject) return std::nullopt;
    auto reserved = reservation_.reserve(inject->member);
    if (reserved) return std::nullopt;
    return AgentSaid{ask->agent, Failed{std::string(name_of(reserved.error().cause)),
                                        reserved.error().message, inject->injection}};
  }

  /// Before t = 0 has been set, time still has to pass for deadlines: it runs on a clock of its
  /// own.
  Duration elapsed() const {
    return start_ ? monotonic_now() - *start_ : monotonic_now() - created_ - before_everything;
  }

  RunOrder order_;
  RunFolder folder_;
  Journal journal_;
  Inbox inbox_;
  Reservation reservation_;
  SignalWatch signals_;
  JudgePulse pulse_;
  Crew crew_;
  std::optional<Run> run_;
  std::vector<std::string> agents_;
  std::map<std::string, TargetLooked> last_looks_;  ///< while opening
  std::optional<Time> start_;
  Time created_ = monotonic_now();
  Duration skew_{}, shortest_lease_ = 1h, tick_ = longest_tick;
  bool root_ = false, broken_ = false;
};

}  // namespace

Result<RunResult> execute(RunOrder order) {
  if (order.seed == 0) order.seed = order.experiment.seed;
  while (order.seed == 0) {
    std::uint32_t drawn = 0;
    if (::getrandom(&drawn, sizeof drawn, 0) == sizeof drawn) order.seed = drawn;
  }
  const auto now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  GF_TRY_AS(auto folder, create_run_folder(order.out, now));
  GF_TRY_AS(auto journal, Journal::create(folder.journal()));
  return Coordinator(std::move(order), std::move(folder), std::move(journal)).run();
}

}  // namespace gunflint
