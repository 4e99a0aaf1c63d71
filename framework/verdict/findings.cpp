/// The verdict: one finding for everything that was judged, and the run in one sentence.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "verdict/judge_state.hpp"
#include "verdict/once.hpp"
#include "verdict/tally.hpp"
#include "verdict/words.hpp"

namespace gunflint {
namespace {

using Kind = Finding::Kind;

Finding recovery_finding(const RecoveryWatch::Recovery& r, const Experiment& experiment) {
  Finding f;
  f.kind = Kind::Recovery;
  f.name = r.fault;
  f.limit = fmt::format("within {}, stable for {}", print(r.spec.within), print(r.spec.stable_for));
  f.took_s = r.took;
  if (const auto* fault = experiment.fault(r.fault)) place(f, fault->mark);
  if (r.took) f.measured = "after " + spell_seconds(*r.took);
  using S = RecoveryWatch::State;
  if (r.state == S::Recovered) {
    f.held = Held::Yes;
    f.sentence =
        *r.took == 0 ? "The system was steady at once after all clear."
        : *r.took <= r.grace_left + 1e-9 && *r.took > r.grace_left - 1
            ? fmt::format("The system was steady when the grace was over, {} after all clear.",
                          spell_seconds(*r.took))
            : fmt::format("The system was back {} after all clear and stayed so.",
                          spell_seconds(*r.took));
  } else if (r.state == S::Failed) {
    f.held = r.doubtful ? Held::Inconclusive : Held::No;
    f.sentence =
        r.doubtful && r.red_late
            ? fmt::format(
                  "Cannot say: something was red {} after all clear, and windows began anew "
                  "when the grace ended.",
                  print(r.spec.within))
        : r.doubtful ? "Cannot say: values were unknown after all clear."
        : r.took
            ? fmt::format("The system was back only {} after all clear.", spell_seconds(*r.took))
            : fmt::format("The system had not recovered {} after all clear.", print(r.spec.within));
    if (!r.took) f.measured = "not recovered";
  } else {
    f.sentence = r.why.empty() ? "The run ended before the recovery was decided."
                               : "Not decided: " + r.why + ".";
  }
  if (!r.joined.empty()) f.sentence += " It was cut short by `" + r.joined + "`.";
  return f;
}

/// A run that was held back ended its traffic early: who was under way then was no user under a
/// fault.
Finding held_back(const Hypothesis& h) {
  Finding f;
  f.kind = Kind::Hypothesis;
  f.name = h.name;
  f.limit = h.expect.text;
  place(f, h.mark);
  f.sentence = "Not judged: the run was held back before its first injection.";
  return f;
}

/// Semantics 37: red after a recovery is a relapse.
void mark_relapse(Finding& recovery, const std::vector<Finding>& findings,
                  const std::vector<LightTally>& tallies, const Course& course) {
  if (recovery.held != Held::Yes) return;
  for (std::size_t i = 0; i < tallies.size(); ++i) {
    if (findings[i].held != Held::No || tallies[i].meaning.empty()) continue;
    if (!RecoveryWatch::counts(course.experiment.steady_state[i])) continue;
    if (const auto red = first_red_after_recovery(tallies[i], course)) {
      recovery.held = Held::No;
      recovery.sentence =
          fmt::format("Relapse: it was back after {}, but `{}` was red again at {} s.",
                      spell_seconds(recovery.took_s.value_or(0)), findings[i].name, *red);
      return;
    }
  }
}

/// Red seconds since the first injection, judged or not, of the hypothesis with most of them.
int red_since_injection(const std::vector<LightHistory>& all, const Phases& phases) {
  const auto first = phases.first_injection();
  if (!first) return 0;
  int most = 0;
  for (const auto& lights : all) {
    int red = 0;
    for (int s = std::max(0, static_cast<int>(*first)); s < lights.end(); ++s)
      red += lights.at(s).light == Colour::Red;
    most = std::max(most, red);
  }
  return most;
}

Outcome outcome_of(const Finding& f) {
  if (f.held == Held::Yes) return Outcome::Held;
  if (f.held == Held::Inconclusive) return Outcome::Inconclusive;
  if (f.kind == Kind::Undo) return Outcome::UndoIncomplete;
  return f.kind == Kind::Guard ? Outcome::Aborted : Outcome::Failed;
}

std::string quoted(const std::vector<std::string>& names) {
  if (names.size() > 3) return fmt::format("{} faults", names.size());
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
    text += "`" + names[i] + "`";
  }
  return text;
}

std::string users_text(const Verdict& v) {
  if (v.users_due <= 0) return {};
  if (v.users_affected <= 0) return "; no user was affected";
  return fmt::format("; {} of users ({:.0f} of {:.0f}) did not complete",
                     spell_share(v.users_affected / v.users_due), v.users_affected, v.users_due);
}

/// "`fast` (p95 612ms, limit p95 < 400ms) and 2 more".
std::string main_trouble(const Verdict& v, Held held) {
  const Finding* first = nullptr;
  int more = -1;
  for (const auto& f : v.findings)
    if (f.held == held) {
      if (!first) first = &f;
      ++more;
    }
  if (!first) return {};
  std::string text = fmt::format("{} `{}`", name_of(first->kind), first->name);
  if (first->kind == Kind::Hypothesis && !first->measured.empty() && held == Held::No)
    text += fmt::format(" ({}, limit {})", first->measured, first->limit);
  else if (!first->sentence.empty()) {
    std::string why = first->sentence;
    if (why.ends_with('.')) why.pop_back();
    text += ": " + why;
  }
  if (more > 0) text += fmt::format(", and {} more", more);
  return text;
}

/// A system that left its limits and came back is not told as one that never left them.
std::string held_sentence(const Verdict& v, const std::string& faults, int red_seconds) {
  const bool judged = std::any_of(v.findings.begin(), v.findings.end(), [](const Finding& f) {
    return f.kind == Kind::Hypothesis || f.kind == Kind::Reaction || f.kind == Kind::Alert;
  });
  if (!judged)
    return (faults.empty() ? "Nothing" : faults + " was injected; nothing") +
           std::string(" was judged") + users_text(v) + ".";
  const std::string through = faults.empty() ? std::string() : " through " + faults;
  if (red_seconds == 0)
    return "The system stayed within its limits" + through + users_text(v) + ".";
  double took = 0;
  for (const auto& f : v.findings)
    if (f.kind == Kind::Recovery) took = std::max(took, f.took_s.value_or(0));
  const std::string back = took > 0 ? "was back " + spell_seconds(took) + " after all clear"
                                    : fmt::format("was back in time: red for {}, all of it allowed",
                                                  spell_seconds(red_seconds));
  return "The system left its limits" + through + " and " + back + users_text(v) + ".";
}

std::string sentence_of(const Verdict& v, const std::string& faults, const std::string& special,
                        int red_seconds) {
  const std::string through = faults.empty() ? std::string() : " through " + faults;
  switch (v.outcome) {
    case Outcome::Held:
      return held_sentence(v, faults, red_seconds);
    case Outcome::Failed:
      return "The system did not stay within its limits" + through + ": " +
             main_trouble(v, Held::No) + users_text(v) + ".";
    case Outcome::Inconclusive:
      return "Nothing can be concluded: " +
             (special.empty() ? main_trouble(v, Held::Inconclusive) : special) + ".";
    case Outcome::NotStarted:
      return "Nothing was injected: " + special + ".";
    case Outcome::Aborted:
      return "Aborted by a guard: " + special + users_text(v) + ".";
    case Outcome::UndoIncomplete:
      for (const auto& f : v.findings)
        if (f.kind == Kind::Undo) return "The undo is incomplete: " + f.sentence;
      return "The undo is incomplete.";
    case Outcome::ToolError:
      return "The tool failed, not the system: " + special + ".";
    case Outcome::Hangup:
      return "The run was stopped, as its terminal was closed (SIGHUP), and undone.";
    case Outcome::Interrupted:
      return "The run was stopped with Ctrl-C (SIGINT) and undone.";
    default:
      return "The run was stopped by `gunflint stop` or another SIGTERM, and undone.";
  }
}

}  // namespace

Verdict Judge::verdict() const {
  const State& s = *state_;
  const Course course{s.experiment, s.phases, s.recoveries, s.closed};
  const AffectedSpan span = affected_span(s.phases, s.recoveries, s.closed);
  Verdict v;
  // A killed run, or one that failed itself, did not wait for those under way.
  const bool drained = s.over() && s.tool_failed.empty();
  std::vector<LightTally> tallies;
  for (std::size_t i = 0; i < s.experiment.steady_state.size(); ++i) {
    const auto& h = s.experiment.steady_state[i];
    const auto by_phase = s.by_phase.find(i);
    const bool windows = by_phase == s.by_phase.end() && !is_once_per_run(h);
    if (by_phase != s.by_phase.end())
      v.findings.push_back(by_phase->second.finding(s.phases, s.experiment.seed + i, s.over()));
    else
      v.findings.push_back(windows                 ? judge_windows(h, s.lights[i], course)
                           : s.gate_failed.empty() ? judge_once(h, s.users, span, drained)
                                                   : held_back(h));
    tallies.push_back(windows ? tally(h, s.lights[i], course) : LightTally{});
  }
  const std::vector<Finding> hypotheses = v.findings;
  for (const auto& r : s.recoveries.all()) {
    // Without a hypothesis that can be red there is nothing to recover.
    const auto& all = s.experiment.steady_state;
    if (std::none_of(all.begin(), all.end(), RecoveryWatch::counts)) break;
    Finding f = recovery_finding(r, s.experiment);
    mark_relapse(f, hypotheses, tallies, course);
    v.findings.push_back(std::move(f));
  }
  for (const auto& r : s.reactions) v.findings.push_back(r.finding(s.over()));
  for (const auto& a : s.alerts) v.findings.push_back(a.finding(s.over()));
  for (const auto& g : s.guards) v.findings.push_back(g.finding());
  for (const auto& fault : s.experiment.faults)
    v.findings.push_back(s.injections.fault_finding(fault, !s.gate_failed.empty()));
  for (const auto& load : s.experiment.loads)
    v.findings.push_back(s.generator.finding(load, s.experiment.steady_state));
  if (!s.experiment.faults.empty() || s.injections.something_left())
    v.findings.push_back(s.injections.undo_finding());

  const auto count = s.users.between(span.from, span.to, OfLoad{});
  if (s.gate_failed.empty()) {
    v.users_due = static_cast<double>(count.due - (drained ? 0 : count.pending));
    v.users_affected = static_cast<double>(count.lost + (drained ? count.pending : 0));
  }

  v.outcome = Outcome::Held;
  std::string special;
  for (const auto& f : v.findings) {
    const Outcome o = outcome_of(f);
    // A red gate is why nothing could be judged: it says more than the missing verdicts.
    const bool swallowed =
        !s.gate_failed.empty() && (o == Outcome::Inconclusive || o == Outcome::Failed);
    if (!swallowed) v.outcome = worst(v.outcome, o);
  }
  if (!s.gate_failed.empty()) v.outcome = worst(v.outcome, Outcome::NotStarted);
  if (!s.tripped.empty()) v.outcome = worst(v.outcome, Outcome::Aborted);
  if (!s.tool_failed.empty()) v.outcome = worst(v.outcome, Outcome::ToolError);
  if (!s.clock_jumped.empty()) v.outcome = worst(v.outcome, Outcome::Inconclusive);
  if (s.signal != 0)
    v.outcome = worst(v.outcome, s.signal == 1   ? Outcome::Hangup
                                 : s.signal == 2 ? Outcome::Interrupted
                                                 : Outcome::Terminated);
  if (!s.over()) v.outcome = worst(v.outcome, Outcome::Inconclusive);
  if (v.outcome == Outcome::NotStarted) special = s.gate_failed;
  if (v.outcome == Outcome::ToolError) special = s.tool_failed;
  if (v.outcome == Outcome::Inconclusive) special = s.clock_jumped;
  if (v.outcome == Outcome::Inconclusive && !s.over()) special = "the run is not over";
  if (v.outcome == Outcome::Aborted) {
    special = s.tripped.empty() ? main_trouble(v, Held::No)
                                : "`" + s.tripped.front().guard + "`: " + s.tripped.front().why;
  }
  v.sentence = sentence_of(v, quoted(s.injections.injected_faults()), special,
                           red_since_injection(s.lights, s.phases));
  return v;
}

Verdict judge(const Experiment& experiment, const std::vector<Event>& events) {
  Judge judge(experiment);
  Duration end{};
  bool over = false;
  for (const auto& event : events) {
    judge.on(event);
    judge.news();  // nobody listens
    end = std::max(end, event.at);
    over |= std::holds_alternative<Drained>(event.what) ||
            std::holds_alternative<GateFailed>(event.what) ||
            std::holds_alternative<GuardTripped>(event.what) ||
            std::holds_alternative<Signalled>(event.what) ||
            std::holds_alternative<ClockJumped>(event.what) ||
            std::holds_alternative<ToolFailed>(event.what);
  }
  if (!over) {
    Event killed;
    killed.at = end;
    killed.what = ToolFailed{fmt::format(
        "the journal ends at {:.0f} s without an end of the run; it was killed", seconds(end))};
    judge.on(killed);
  }
  return judge.verdict();
}

}  // namespace gunflint
