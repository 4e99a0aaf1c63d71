#include "verdict/tally.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "verdict/binomial.hpp"
#include "verdict/load_second.hpp"
#include "verdict/sli.hpp"
#include "verdict/words.hpp"

namespace gunflint {
namespace {

/// Semantics 9: of `before` only the gate is judged, when there was one.
int judged_from(const Course& course) {
  const auto first = course.phases.first_injection();
  if (!first) return 0;
  return static_cast<int>(std::floor(*first)) -
         static_cast<int>(std::lround(seconds(course.experiment.gate)));
}

Meaning meaning_of(const Hypothesis& h, Colour light, int second, Phase phase,
                   const Course& course) {
  const bool red = light == Colour::Red;
  if (light == Colour::Filling || light == Colour::Idle) return Meaning::Apart;
  if (phase == Phase::Recovery && !std::count(h.during.begin(), h.during.end(), During::Recovery))
    return Meaning::Apart;
  if (course.phases.in_grace(second)) {
    if (red) return Meaning::Excused;
    if (light == Colour::Unknown) return Meaning::Apart;
  }
  // The 5 % that a recovery allows have been judged by it.
  if (red && phase == Phase::After && course.recoveries.proving(second)) return Meaning::Excused;
  if (light == Colour::Unknown) return Meaning::Unknown;
  if (light == Colour::Green && phase == Phase::Fault && course.phases.toothless(second))
    return Meaning::Unknown;
  return red ? Meaning::Red : Meaning::Green;
}

/// Phases that the hypothesis names, that happened, and in which not one second was judged.
std::vector<Stretch> unjudged(const Hypothesis& h, const LightTally& t, const Course& course) {
  std::vector<Stretch> out;
  const bool all = std::count(h.during.begin(), h.during.end(), During::All);
  for (const auto& s : course.phases.stretches(course.seconds)) {
    if (s.phase == Phase::Drain || !names(h, s.phase)) continue;
    if (t.judged_in[static_cast<std::size_t>(s.phase)] > 0 || s.lasted < 1 || s.to <= s.from)
      continue;
    bool excused = true;
    for (int second = s.from; second < s.to; ++second) excused &= course.phases.in_grace(second);
    if (all && excused) continue;
    out.push_back(s);
  }
  return out;
}

bool named_but_never_came(const Hypothesis& h, const Course& course, Phase& which) {
  const auto stretches = course.phases.stretches(course.seconds);
  for (const During d : h.during) {
    if (d == During::All) continue;
    const auto wanted = static_cast<Phase>(static_cast<int>(d) - static_cast<int>(During::Before));
    const bool came = std::any_of(stretches.begin(), stretches.end(),
                                  [&](const Stretch& s) { return s.phase == wanted; });
    if (!came) {
      which = wanted;
      return true;
    }
  }
  return false;
}

std::string samples_text(const Hypothesis& h, const JudgedSecond& j, const std::string& why) {
  if (j.total == 0) return {};
  if (std::isnan(j.value) && !why.empty()) return why;
  const auto metric = load_metric(h.expect.metric);
  const bool slow = metric && metric->kind == LoadMetric::Kind::Quantile;
  const char* word = slow ? "slow" : h.expect.metric == "completion_rate" ? "incomplete" : "failed";
  std::string text = fmt::format("{} {} of {}", j.bad, word, j.total);
  if (!why.empty()) text += " (" + why + ")";
  if (const auto allowed = allowed_share(h.expect); allowed && *allowed >= 0 && *allowed <= 1)
    text += fmt::format(", red from {}", red_from(j.total, *allowed));
  return text;
}

/// "starts 3 s after `lose one`".
std::string coincides(int second, const Course& course) {
  std::string best;
  double nearest = 60;
  for (const auto& fault : course.experiment.faults)
    if (const auto began = course.phases.began(fault.name)) {
      const double after = second - *began;
      if (after >= -1 && after < nearest) {
        nearest = after;
        best = fmt::format("starts {} after `{}`", spell_seconds(std::max(0.0, after)), fault.name);
      }
    }
  return best;
}

std::string value_text(const Hypothesis& h, const JudgedSecond& j) {
  if (std::isnan(j.value)) return j.total > 0 ? "nothing answered" : "no value";
  return h.expect.metric + " " + print_look(j.value, h.expect);
}

/// The estimate is beyond its limit and the second green nevertheless (semantics 12):
/// " (2 of 40; red from 7: could be chance)".
std::string chance_text(const Hypothesis& h, const LightTally& t, const JudgedSecond& j) {
  const auto allowed = allowed_share(h.expect);
  const auto metric = load_metric(h.expect.metric);
  if (t.red > 0 || j.total == 0 || !allowed || std::isnan(j.value)) return {};
  if (h.expect.comparison == Comparison::Between) return {};
  double value = j.value;
  // A share is kept as a float; its counts are exact.
  if (metric->kind == LoadMetric::Kind::Share) {
    const double bad = static_cast<double>(j.bad) / j.total;
    value = metric->of_good ? 1 - bad : bad;
  }
  if (h.expect.holds(value)) return {};
  return fmt::format(" ({} of {}; red from {}: could be chance)", j.bad, j.total,
                     red_from(j.total, *allowed));
}

std::vector<Evidence> red_stretches(const Hypothesis& h, const LightTally& t,
                                    const LightHistory& lights, const Course& course) {
  std::vector<Evidence> found;
  for (int s = 0; s < static_cast<int>(t.meaning.size()); ++s) {
    if (t.meaning[static_cast<std::size_t>(s)] != Meaning::Red) continue;
    const int from = s;
    JudgedSecond worst = lights.at(s);
    int where = s;
    for (; s < static_cast<int>(t.meaning.size()) &&
           t.meaning[static_cast<std::size_t>(s)] == Meaning::Red;
         ++s)
      if (worse(lights.at(s).value, worst.value, h.expect)) worst = lights.at(s), where = s;
    found.push_back({from, s, value_text(h, worst), samples_text(h, worst, lights.why(where)),
                     coincides(from, course)});
  }
  // The ten longest, in order of time.
  if (found.size() > 10) {
    std::stable_sort(found.begin(), found.end(), [](const Evidence& a, const Evidence& b) {
      return a.to_second - a.from_second > b.to_second - b.from_second;
    });
    found.resize(10);
    std::sort(found.begin(), found.end(),
              [](const Evidence& a, const Evidence& b) { return a.from_second < b.from_second; });
  }
  return found;
}

JudgedSecond worst_of(const Hypothesis& h, const LightTally& t, const LightHistory& lights,
                      Meaning among, int* where) {
  JudgedSecond worst;
  for (int s = 0; s < static_cast<int>(t.meaning.size()); ++s) {
    if (t.meaning[static_cast<std::size_t>(s)] != among) continue;
    const JudgedSecond here = lights.at(s);
    if (*where < 0 || worse(here.value, worst.value, h.expect)) worst = here, *where = s;
  }
  return worst;
}

/// Red during a recovery that the hypothesis does not judge: "100% for 8 s of recovery (not
/// judged)". It must not look as if it had not been.
std::string red_beside(const Hypothesis& h, const LightTally& t, const LightHistory& lights,
                       const Course& course) {
  JudgedSecond worst;
  int count = 0;
  for (const auto& stretch : course.phases.stretches(course.seconds)) {
    if (stretch.phase != Phase::Recovery || names(h, stretch.phase)) continue;
    for (int s = std::max(0, stretch.from); s < std::min(stretch.to, course.seconds); ++s) {
      const JudgedSecond here = lights.at(s);
      if (here.light != Colour::Red || t.meaning[static_cast<std::size_t>(s)] != Meaning::Apart)
        continue;
      if (count++ == 0 || worse(here.value, worst.value, h.expect)) worst = here;
    }
  }
  if (count == 0) return {};
  return fmt::format(
      "{} in {} s of recovery (not judged)",
      std::isnan(worst.value) ? "nothing answered" : print_look(worst.value, h.expect), count);
}

void inconclusive(Finding& f, const Hypothesis& h, const LightTally& t, const Course& course) {
  f.held = Held::Inconclusive;
  const auto missing = unjudged(h, t, course);
  Phase never{};
  if (t.judged == 0 || !missing.empty()) {
    f.sentence =
        missing.empty()
            ? (h.window > 0s ? "No second could be judged: the window of " + print(h.window) +
                                   " was never full."
                             : std::string("No second could be judged."))
            : fmt::format(
                  "Nothing could be judged in phase `{}` ({}): it was shorter than grace{}, or had "
                  "no value.",
                  name_of(missing.front().phase), spell_seconds(missing.front().lasted),
                  h.window > 0s ? " and window of " + print(h.window) : std::string());
    return;
  }
  if (named_but_never_came(h, course, never)) {
    f.sentence = fmt::format("Phase `{}` never came.", name_of(never));
    return;
  }
  f.sentence = fmt::format(
      "Unknown for {} of {} s: no data, a fault that did not bite, or the load "
      "generator was the limit.",
      t.unknown, t.judged);
}

}  // namespace

bool names(const Hypothesis& h, Phase phase) {
  return std::any_of(h.during.begin(), h.during.end(), [&](During d) {
    if (d == During::All) return phase != Phase::Recovery && phase != Phase::Drain;
    return static_cast<int>(d) - static_cast<int>(During::Before) == static_cast<int>(phase);
  });
}

LightTally tally(const Hypothesis& h, const LightHistory& lights, const Course& course) {
  LightTally t;
  t.meaning.assign(static_cast<std::size_t>(std::max(0, course.seconds)), Meaning::Apart);
  const int gate_from = judged_from(course);
  for (const auto& stretch : course.phases.stretches(course.seconds)) {
    if (!names(h, stretch.phase)) continue;
    for (int s = std::max(0, stretch.from); s < std::min(stretch.to, course.seconds); ++s) {
      if (stretch.phase == Phase::Before && s < gate_from) continue;
      const Meaning meaning = meaning_of(h, lights.at(s).light, s, stretch.phase, course);
      t.meaning[static_cast<std::size_t>(s)] = meaning;
      if (meaning == Meaning::Excused) ++t.excused;
      if (meaning == Meaning::Apart || meaning == Meaning::Excused) continue;
      ++t.judged;
      if (meaning == Meaning::Red) ++t.red;
      if (meaning == Meaning::Unknown)
        ++t.unknown;
      else
        ++t.judged_in[static_cast<std::size_t>(stretch.phase)];
    }
  }
  return t;
}

Finding judge_windows(const Hypothesis& h, const LightHistory& lights, const Course& course) {
  Finding f;
  f.kind = Finding::Kind::Hypothesis;
  f.name = h.name;
  f.limit = h.expect.text;
  place(f, h.mark);
  const LightTally t = tally(h, lights, course);
  const double tolerated =
      h.tolerate.share ? h.tolerate.share->of_one * t.judged : seconds(h.tolerate.time);
  const bool failed = t.red > tolerated + 1e-9;
  int where = -1;
  JudgedSecond worst;
  if (t.red > 0) worst = worst_of(h, t, lights, Meaning::Red, &where);
  if (where < 0) worst = worst_of(h, t, lights, Meaning::Green, &where);
  if (where >= 0) f.measured = value_text(h, worst) + chance_text(h, t, worst);
  f.evidence = red_stretches(h, t, lights, course);
  const std::string beside = red_beside(h, t, lights, course);
  if (!beside.empty() && t.red == 0) f.measured += ", " + beside;
  const std::string allowed = tolerated > 0 ? " (tolerated: " + spell_seconds(tolerated) + ")" : "";
  Phase never{};
  if (failed) {
    f.held = Held::No;
    const std::string why = lights.why(where);
    f.sentence =
        fmt::format("Red for {} of {} judged s{}; the worst was {} at {} s{}.", t.red, t.judged,
                    allowed, f.measured, where, why.empty() ? "" : " (" + why + ")");
  } else if (t.judged == 0 || t.unknown * 20 > t.judged || !unjudged(h, t, course).empty() ||
             named_but_never_came(h, course, never)) {
    inconclusive(f, h, t, course);
  } else {
    f.held = Held::Yes;
    f.sentence = t.red > 0 ? fmt::format("Red for {} of {} judged s, which is tolerated{}.", t.red,
                                         t.judged, allowed)
                           : fmt::format("Green for all {} judged s; the worst was {} at {} s.",
                                         t.judged - t.unknown, f.measured, where);
    if (where >= 0 && t.red == 0)
      f.evidence.push_back({where, where + 1, f.measured, samples_text(h, worst, ""), "the worst"});
  }
  if (!beside.empty()) f.sentence += " Beside that: " + beside + ".";
  if (t.excused > 0) f.sentence += fmt::format(" {} red s were excused by grace.", t.excused);
  return f;
}

std::optional<int> first_red_after_recovery(const LightTally& t, const Course& course) {
  for (const auto& stretch : course.phases.stretches(course.seconds))
    if (stretch.phase == Phase::After)
      for (int s = stretch.from; s < std::min(stretch.to, course.seconds); ++s)
        if (t.meaning[static_cast<std::size_t>(s)] == Meaning::Red) return s;
  return std::nullopt;
}

}  // namespace gunflint
