#include "report/impact.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/words.hpp"

namespace gunflint {

namespace {

using Stretch = std::pair<Duration, Duration>;

/// The red stretches of all hypotheses, joined where they overlap, from `after` on.
std::vector<Stretch> red_stretches(const RunView& view, Duration after) {
  std::vector<Stretch> red;
  for (const HypothesisView& h : view.hypotheses)
    for (const auto& s : h.states)
      if (s.state == "red" && s.to.value_or(view.last) > after)
        red.emplace_back(std::max(s.from, after), s.to.value_or(view.last));
  std::sort(red.begin(), red.end());
  std::vector<Stretch> joined;
  for (const Stretch& s : red)
    if (!joined.empty() && s.first <= joined.back().second)
      joined.back().second = std::max(joined.back().second, s.second);
    else
      joined.push_back(s);
  return joined;
}

}  // namespace

Impact impact_of(const RunView& view) {
  Impact impact;
  // Nobody is affected by what was never injected, however the traffic went.
  const bool injected = std::any_of(view.faults.begin(), view.faults.end(),
                                    [](const FaultView& f) { return f.from.has_value(); });
  if (view.verdict && injected) {
    impact.users_due = view.verdict->users_due;
    impact.users_affected = view.verdict->users_affected;
  }
  impact.length = std::max(view.last, Duration{});
  std::map<int, std::pair<double, double>> by_second;  // ended (finished) or dropped, completed
  for (const LoadView& load : view.loads) {
    impact.journeys += load.due;
    impact.completed += load.completed;
    impact.dropped += load.dropped;
    impact.requests += load.all.requests;
    impact.failed += load.all.failed;
    for (const auto& [error, count] : load.all.errors) impact.errors[error] += count;
    for (const LoadSecond& s : load.seconds) {
      if (s.warm_up) continue;
      by_second[s.second].first += static_cast<double>(s.ended - s.unfinished + s.dropped);
      by_second[s.second].second += static_cast<double>(s.completed);
    }
  }
  for (const auto& [second, count] : by_second)
    if (count.first > 0 && count.second / count.first < impact.worst_share) {
      impact.worst_share = count.second / count.first;
      impact.worst_second = second;
    }
  std::optional<Duration> first_fault, last_clear;
  for (const FaultView& fault : view.faults)
    if (fault.from) {
      first_fault = std::min(first_fault.value_or(*fault.from), *fault.from);
      if (fault.to) last_clear = std::max(last_clear.value_or(*fault.to), *fault.to);
    }
  const auto red = red_stretches(view, first_fault.value_or(0s));
  for (const Stretch& s : red) impact.red += s.second - s.first;
  if (first_fault && !red.empty()) impact.first_red = red.front().first - *first_fault;
  if (last_clear && !red.empty() && red.back().second > *last_clear)
    impact.back_to_green = red.back().second - *last_clear;
  return impact;
}

namespace {

void trust_loads(const RunView& view, std::vector<TrustNote>& notes) {
  for (const LoadView& load : view.loads) {
    const std::string name = "load " + load.name;
    if (load.warm_up_seconds > 0)
      notes.push_back({Tone::Plain, fmt::format("{}: the first {} s were warm-up: sent, shown, and "
                                                "neither judged nor summed up.",
                                                name, load.warm_up_seconds)});
    if (load.saturated_seconds > 0)
      notes.push_back(
          {Tone::Bad,
           fmt::format(
               "{}: the generator itself was the limit in {} of {} s; what was measured then "
               "is not the system. Use a faster machine or more workers.",
               name, load.saturated_seconds,
               load.seconds.size() - static_cast<std::size_t>(load.warm_up_seconds))});
    if (load.dropped > 0)
      notes.push_back({Tone::Warning, fmt::format("{}: {} of {} journeys were never begun; they "
                                                  "count as not completed.",
                                                  name, grouped(static_cast<double>(load.dropped)),
                                                  grouped(static_cast<double>(load.due)))});
    if (!load.late.empty()) {
      const Duration p99 = load.late.quantile(0.99);
      notes.push_back({p99 > 10ms ? Tone::Warning : Tone::Good,
                       fmt::format("{}: requests left {} late at p99, {} at worst.", name,
                                   human(p99), human(load.late.max()))});
    }
    if (load.due != load.ended + load.dropped + load.in_flight)
      notes.push_back(
          {Tone::Bad,
           fmt::format("{}: {} journeys were due, but {} ended, {} were dropped and {} are in "
                       "flight; the journal is not complete.",
                       name, grouped(static_cast<double>(load.due)),
                       grouped(static_cast<double>(load.ended)),
                       grouped(static_cast<double>(load.dropped)),
                       grouped(static_cast<double>(load.in_flight)))});
  }
}

}  // namespace

std::vector<TrustNote> trust_of(const RunView& view) {
  std::vector<TrustNote> notes;
  if (!view.exit)
    notes.push_back({Tone::Bad, fmt::format("The journal ends at {} without an end of the run: the "
                                            "coordinator was killed, or still runs.",
                                            clock_text(view.last))});
  trust_loads(view, notes);
  for (const InjectionView& i : view.injections)
    if (!i.bite_lost.empty())
      notes.push_back({Tone::Bad, fmt::format("{} on {} was not seen to bite all the time: {}.",
                                              i.fault, i.label, i.bite_lost)});
  for (const TargetView& target : view.targets) {
    const auto blind = std::count_if(target.points.begin(), target.points.end(),
                                     [](const MemberPoint& p) { return p.unknown; });
    if (blind > 0)
      notes.push_back({Tone::Warning, fmt::format("target {} could not be seen in {} of {} looks.",
                                                  target.name, blind, target.points.size())});
  }
  for (const ReadingView& r : view.readings)
    if (r.unknown > 0)
      notes.push_back(
          {Tone::Warning, fmt::format("{} gave no value in {} of {} reads.", r.probe, r.unknown,
                                      r.points.size() + static_cast<std::size_t>(r.unknown))});
  for (const Note& note : view.notes)
    // The cause of a run that was held back is a warning while it runs; it is told once.
    if (note.level == "warning" && cause_of(view).find(note.text) == std::string::npos)
      notes.push_back({Tone::Warning, note.text});
  if (notes.empty())
    notes.push_back(
        {Tone::Good, "Nothing was measured that could mislead, and no warning was given."});
  auto rank = [](Tone t) { return t == Tone::Bad ? 0 : t == Tone::Warning ? 1 : 2; };
  std::stable_sort(notes.begin(), notes.end(), [&](const TrustNote& a, const TrustNote& b) {
    return rank(a.tone) < rank(b.tone);
  });
  return notes;
}

TrustNote undo_summary(const RunView& view) {
  std::size_t done = 0, undone = 0, gone = 0, failed = 0, open = 0;
  for (const InjectionView& i : view.injections) {
    if (!i.failed.empty()) continue;
    ++done;
    if (i.undone && i.gone)
      ++gone;
    else if (i.undone && i.verified)
      ++undone;
    else if (i.undone)
      ++failed;
    else if (const FaultView* f = view.fault(i.fault); !f || !f->to)
      ++open;
  }
  if (!view.left_behind.empty())
    return {Tone::Bad, fmt::format("{} left behind",
                                   view.left_behind.size() == 1
                                       ? std::string("one change is")
                                       : fmt::format("{} changes are", view.left_behind.size()))};
  if (failed > 0 || open > 0)
    return {Tone::Bad,
            fmt::format("{} of {} injections without a verified undo", failed + open, done)};
  if (done == 0) return {Tone::Plain, "nothing was injected"};
  const std::size_t acts = done - undone - gone;  // kill: the act is done, the system heals
  std::string text = "nothing left behind: ";
  if (undone > 0)
    text += fmt::format("{} injection{} undone and looked again", undone, undone == 1 ? "" : "s");
  if (gone > 0) text += fmt::format("{}{} had its process gone", undone > 0 ? ", " : "", gone);
  if (acts > 0)
    text += fmt::format("{}{} act{} done, for the system to heal", undone + gone > 0 ? ", " : "",
                        acts, acts == 1 ? "" : "s");
  return {Tone::Good, text};
}

std::vector<Finding> worst_first(const RunView& view) {
  if (!view.verdict) return {};
  std::vector<Finding> findings = view.verdict->findings;
  std::stable_sort(findings.begin(), findings.end(),
                   [](const Finding& a, const Finding& b) { return a.held > b.held; });
  return findings;
}

std::string title_of(const Finding& f) {
  const bool plain_name = f.kind == Finding::Kind::Recovery && !f.name.starts_with("recovery");
  return plain_name ? "recovery of " + f.name : f.name;
}

std::string sentence_of(const Evidence& e) {
  std::string text = clock_text(std::chrono::seconds(e.from_second));
  if (e.to_second > e.from_second) text += "-" + clock_text(std::chrono::seconds(e.to_second));
  std::string rest;
  for (const std::string& part : {e.value, e.samples, e.note})
    if (!part.empty()) rest += (rest.empty() ? "" : "; ") + part;
  return rest.empty() ? text : text + ": " + rest;
}

Outcome outcome_of(const RunView& view) {
  if (view.verdict) return view.verdict->outcome;
  return Outcome::ToolError;
}

std::string cause_of(const RunView& view) {
  if (view.verdict) return view.verdict->sentence;
  return fmt::format(
      "The journal ends at {} before a verdict was reached; `gunflint recover` looks "
      "for what was left behind.",
      clock_text(view.last));
}

std::string run_again(const RunView& view) {
  return fmt::format("gunflint run {} --seed {}", shell_word(view.start.file), view.start.seed);
}

std::vector<std::string> next_steps(const RunView& view, const std::string& runs) {
  std::vector<std::string> steps;
  const std::string& id = view.start.run;
  const std::string name = id.substr(id.rfind('-') + 1);
  const Outcome outcome = outcome_of(view);
  const std::string out = runs.empty() ? "" : " --out " + shell_word(runs);
  const std::string again = run_again(view) + out;
  // What `recover` has told already it does not know any more: a person puts it back.
  const bool open = std::any_of(view.injections.begin(), view.injections.end(), [&](const auto& i) {
    const FaultView* fault = view.fault(i.fault);
    return i.failed.empty() && !i.undone && (!fault || !fault->to);
  });
  const bool told = !open && !view.left_behind.empty() &&
                    std::all_of(view.left_behind.begin(), view.left_behind.end(),
                                [](const LeftBehind& left) { return left.command.empty(); });
  if ((outcome == Outcome::UndoIncomplete && !told) || !view.verdict)
    steps.push_back("gunflint recover" + out);
  if (outcome == Outcome::Held)
    steps.push_back(again);
  else
    steps.push_back(fmt::format("gunflint report {} --format markdown{}", name, out));
  if (outcome != Outcome::Held && outcome != Outcome::UndoIncomplete) steps.push_back(again);
  return steps;
}

}  // namespace gunflint
