#include "verdict/phase_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "verdict/sli.hpp"
#include "verdict/tally.hpp"
#include "verdict/words.hpp"

namespace gunflint {
namespace {

constexpr int settle = 10;         ///< seconds left out at the start of the baseline
constexpr int least_seconds = 60;  ///< of a phase and of the baseline
constexpr double least_tail = 30;  ///< samples beyond the quantile

const LoadSpec* load_of(const Experiment& e, const Hypothesis& h) {
  const auto* of = std::get_if<OfLoad>(&h.of);
  if (of && !of->load.empty()) return e.load(of->load);
  return e.loads.empty() ? nullptr : &e.loads.front();
}

/// "as many as 30 samples beyond p99": 3000 requests.
bool too_few(const Block& total, const std::string& metric) {
  const auto kind = load_metric(metric);
  if (!kind || kind->kind != LoadMetric::Kind::Quantile || total.readings > 0) return false;
  return static_cast<double>(total.load.times.count()) * (1 - kind->quantile) < least_tail;
}

}  // namespace

Baseline::Baseline(const LoadSpec* load) {
  if (!load) {
    stretches_.push_back({settle, 1 << 30, std::nullopt, {}});
    return;
  }
  // Recorded traffic comes as it came.
  if (load->replay && load->replay->timed) return;
  Duration at{};
  for (const auto& stage : load->stages) {
    const int from = static_cast<int>(std::ceil(seconds(std::max(at, load->warm_up))));
    at += stage.length;
    const bool last = &stage == &load->stages.back();
    const int to = last ? 1 << 30 : static_cast<int>(seconds(at));
    const bool named = !load->baseline.empty();
    if (named && stage.name != load->baseline) continue;
    if (!stage.rate) continue;
    if (!named && !stretches_.empty() && stretches_.back().to == from &&
        stretches_.back().rate == stage.rate->per_second)
      stretches_.back().to = to;
    else
      stretches_.push_back({from, to, stage.rate->per_second, {}});
  }
  for (auto& stretch : stretches_) stretch.from += settle;
}

void Baseline::push(int second, const Block& block, bool before_first_injection) {
  if (!before_first_injection) return;
  for (auto& stretch : stretches_)
    if (second >= stretch.from && second < stretch.to) stretch.blocks.push(block);
}

const Blocks& Baseline::blocks() const {
  static const Blocks nothing;
  const auto longest = std::max_element(
      stretches_.begin(), stretches_.end(),
      [](const Stretch& a, const Stretch& b) { return a.blocks.seconds() < b.blocks.seconds(); });
  return longest == stretches_.end() ? nothing : longest->blocks;
}

std::optional<double> Baseline::rate() const {
  const auto longest = std::max_element(
      stretches_.begin(), stretches_.end(),
      [](const Stretch& a, const Stretch& b) { return a.blocks.seconds() < b.blocks.seconds(); });
  return longest == stretches_.end() ? std::nullopt : longest->rate;
}

PhaseWatch::PhaseWatch(const Experiment& experiment, const Hypothesis& hypothesis)
    : hypothesis_(hypothesis),
      gated_(!experiment.faults.empty()),
      baseline_(load_of(experiment, hypothesis)) {
  double longest = seconds(experiment.recovery.stable_for);
  for (const auto& fault : experiment.faults)
    if (fault.recovery) longest = std::max(longest, seconds(fault.recovery->stable_for));
  most_pending_ = static_cast<std::size_t>(std::min(longest, 600.0)) + 5;
}

void PhaseWatch::put(Phase phase, const Worth& worth) {
  const auto index = static_cast<std::size_t>(phase);
  if (worth.block) return phases_[index].push(*worth.block);
  ++unknown_[index];
  if (!worth.data) ++no_data_[index];
}

void PhaseWatch::second(int second, const Block& block, const Phases& phases,
                        std::optional<double> asked, bool data) {
  const Phase phase = phases.phase_of(second);
  if (phase == Phase::Drain) return;
  const bool measured = data && block.load.saturated == 0;
  if (measured) baseline_.push(second, block, !phases.first_injection());
  if (phases.in_grace(second)) return;
  // Semantics 10: other traffic is another experiment.
  if (const auto rate = baseline_.rate(); hypothesis_.expect.of_baseline && rate && asked &&
                                          block.load.missing == 0 &&
                                          std::abs(*asked - *rate) > 0.05 * *rate) {
    ++unlike_[static_cast<std::size_t>(phase)];
    return;
  }
  const bool toothless = phase == Phase::Fault && phases.toothless(second);
  const Worth worth{measured && !toothless ? std::optional(block) : std::nullopt, data};
  if (phase != Phase::Recovery) return put(phase, worth);
  pending_.emplace_back(second, worth);
  if (pending_.size() > most_pending_) {
    put(Phase::Recovery, pending_.front().second);
    pending_.pop_front();
  }
}

void PhaseWatch::recovered(int second) {
  for (const auto& [when, worth] : pending_)
    put(when < second ? Phase::Recovery : Phase::After, worth);
  pending_.clear();
}

std::string PhaseWatch::baseline_trouble(std::uint64_t seed) const {
  const auto& blocks = baseline_.blocks();
  if (blocks.seconds() < least_seconds)
    return fmt::format("the baseline has {} s at one rate before the first fault, {} are needed",
                       blocks.seconds(), least_seconds);
  if (too_few(blocks.total(), hypothesis_.expect.metric))
    return "the baseline has fewer than 30 samples beyond the percentile";
  // Halves that differ by more than the hypothesis allows: there is no steady state to compare
  // with.
  const auto whole = blocks.whole();
  const auto middle = whole.begin() + static_cast<std::ptrdiff_t>(whole.size() / 2);
  const auto halves = bootstrap_ratio({middle, whole.end()}, {whole.begin(), middle},
                                      hypothesis_.expect.metric, seed);
  const double slack = std::max(0.05, std::abs(hypothesis_.expect.limit.value - 1));
  if (halves && (halves->low > 1 + slack || halves->high < 1 - slack))
    return fmt::format("the halves of the baseline differ ({:.0f} %): it was not steady",
                       100 * halves->estimate);
  return {};
}

/// Semantics 15 and 16: more than 5 % unknown is no verdict, and `no_data: fail` makes it red.
std::optional<PhaseWatch::Part> PhaseWatch::unknown_phase(Phase phase) const {
  const auto index = static_cast<std::size_t>(phase);
  const int judged = phases_[index].seconds() + unknown_[index];
  const auto& tolerate = hypothesis_.tolerate;
  const double allowed = tolerate.share ? tolerate.share->of_one * judged : seconds(tolerate.time);
  Part part;
  if (hypothesis_.no_data == NoData::Fail && no_data_[index] > allowed + 1e-9) {
    part.held = Held::No;
    part.sentence = fmt::format("phase `{}` had no data for {} of {} s, and `no_data: fail` is set",
                                name_of(phase), no_data_[index], judged);
    return part;
  }
  if (unknown_[index] * 20 <= judged) return std::nullopt;
  part.sentence = fmt::format(
      "phase `{}` is unknown for {} of {} s: no data, a fault that did not bite, or the load "
      "generator was the limit",
      name_of(phase), unknown_[index], judged);
  return part;
}

PhaseWatch::Part PhaseWatch::judge_phase(Phase phase, std::uint64_t seed) const {
  Part part;
  const auto& e = hypothesis_.expect;
  const auto& blocks = phases_[static_cast<std::size_t>(phase)];
  const auto index = static_cast<std::size_t>(phase);
  const std::string name(name_of(phase));
  if (const auto unknown = unknown_phase(phase)) return *unknown;
  if (blocks.seconds() < least_seconds) {
    part.sentence = fmt::format(
        "phase `{}` has {} s to judge, {} are needed{}", name, blocks.seconds(), least_seconds,
        unlike_[index] > 0
            ? fmt::format(" ({} s had another rate than the baseline)", unlike_[index])
            : "");
    return part;
  }
  if (too_few(blocks.total(), e.metric)) {
    part.sentence = fmt::format("phase `{}` has fewer than 30 samples beyond the percentile", name);
    return part;
  }
  const auto interval =
      e.of_baseline ? bootstrap_ratio(blocks.whole(), baseline_.blocks().whole(), e.metric, seed)
                    : bootstrap(blocks.whole(), e.metric, seed);
  if (!interval) {
    part.sentence = fmt::format("phase `{}` has no value", name);
    return part;
  }
  auto holds = [&](double x) { return e.of_baseline ? e.holds(x, 1) : e.holds(x); };
  auto text = [&](double x) {
    return e.of_baseline ? fmt::format("{:.0f}%", 100 * x) : print_look(x, e);
  };
  const bool low = holds(interval->low), high = holds(interval->high);
  part.held = low && high ? Held::Yes : low || high ? Held::Inconclusive : Held::No;
  part.measured = e.metric + " " + text(interval->estimate) + (e.of_baseline ? " of baseline" : "");
  part.sentence = fmt::format("in phase `{}` it was {} (90 % sure: {} to {})", name,
                              text(interval->estimate), text(interval->low), text(interval->high));
  part.evidence.value = part.measured;
  part.evidence.samples = fmt::format("{} s in blocks of 10 s or more", blocks.seconds());
  part.evidence.note = "phase " + name;
  return part;
}

/// Semantics 9: a phase is known at its end, after the injections that the gate decides about.
std::string PhaseWatch::not_gated() const {
  return gated_ && names(hypothesis_, Phase::Before)
             ? " It was no part of the gate: a phase is judged at its end."
             : "";
}

Finding PhaseWatch::finding(const Phases& phases, std::uint64_t seed, bool over) const {
  Finding f;
  f.kind = Finding::Kind::Hypothesis;
  f.name = hypothesis_.name;
  f.limit = hypothesis_.expect.text;
  place(f, hypothesis_.mark);
  if (hypothesis_.expect.of_baseline)
    if (const auto trouble = baseline_trouble(seed); !trouble.empty()) {
      f.sentence = "Cannot compare: " + trouble + "." + not_gated();
      return f;
    }
  std::optional<Part> worst;
  int judged = 0;
  for (const Phase phase : {Phase::Before, Phase::Fault, Phase::Recovery, Phase::After}) {
    if (!names(hypothesis_, phase)) continue;
    // The baseline lies in `before`: comparing it with itself says nothing.
    if (phase == Phase::Before && hypothesis_.expect.of_baseline) continue;
    const bool all = std::count(hypothesis_.during.begin(), hypothesis_.during.end(), During::All);
    const auto index = static_cast<std::size_t>(phase);
    if (all && phases_[index].seconds() == 0 && unlike_[index] == 0 && unknown_[index] == 0)
      continue;
    Part part = judge_phase(phase, seed);
    for (const auto& s : phases.stretches(1 << 30))
      if (s.phase == phase) {
        part.evidence.from_second = s.from;
        part.evidence.to_second = std::min(s.to, s.from + phases_[index].seconds());
      }
    ++judged;
    if (!part.evidence.note.empty()) f.evidence.push_back(part.evidence);
    if (!worst || part.held > worst->held) worst = part;
  }
  if (!worst) {
    f.sentence = "No phase that it names came.";
    return f;
  }
  f.held = over ? worst->held : Held::Inconclusive;
  f.measured = worst->measured;
  f.sentence = (f.held == Held::Yes  ? "Held: "
                : f.held == Held::No ? "Violated: "
                                     : "Cannot say: ") +
               worst->sentence +
               (f.held == Held::Yes && judged > 1 ? ", and in the other phases too." : ".") +
               not_gated();
  return f;
}

}  // namespace gunflint
