#include "cli/load_thresholds.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "gunflint/base/problem.hpp"
#include "model/metrics.hpp"

namespace gunflint {
namespace {

struct NamedSubject {
  std::string name;
  LoadSubject of;
};

/// Everything that may stand before a condition.
std::vector<NamedSubject> subjects_of(const std::vector<LoadSpec>& loads) {
  std::vector<NamedSubject> all;
  for (const auto& load : loads) {
    all.push_back({load.name, {load.name, "", "", 0}});
    // One stage is the load.
    for (int k = 1; load.stages.size() > 1 && k <= static_cast<int>(load.stages.size()); ++k) {
      const LoadSubject of{load.name, "", "", k};
      const std::string number = fmt::format("stage {}", k);
      const auto& name = load.stages[static_cast<std::size_t>(k - 1)].name;
      if (name != number) all.push_back({name, of});
      all.push_back({number, of});
      all.push_back({load.name + " / " + number, of});
    }
    for (const auto& journey : load.journeys) {
      all.push_back({journey.name, {load.name, journey.name, "", 0}});
      for (const auto& step : journey.steps)
        if (const auto* request = std::get_if<Request>(&step)) {
          const LoadSubject of{load.name, journey.name, request->name, 0};
          all.push_back({request->name, of});
          all.push_back({journey.name + " / " + request->name, of});
        }
    }
  }
  return all;
}

/// Where a name stands that stands twice.
std::string place_of(const LoadSubject& of) {
  if (!of.journey.empty()) return of.journey;
  return of.stage > 0 ? fmt::format("{} as stage {}", of.load, of.stage) : of.load;
}
/// What says which one is meant.
std::string one_name(const LoadSubject& of, const std::string& name) {
  if (!of.journey.empty()) return of.journey + " / " + name;
  return of.stage > 0 ? fmt::format("{} / stage {}", of.load, of.stage) : of.load;
}

Result<LoadSubject> subject_named(const std::string& name, const std::string& text,
                                  const std::vector<LoadSpec>& loads) {
  std::vector<NamedSubject> found;
  std::vector<std::string> known;
  for (auto& subject : subjects_of(loads)) {
    // A journey of one step of the same name is the same thing.
    const bool again = std::any_of(found.begin(), found.end(), [&](const NamedSubject& other) {
      return other.of.load == subject.of.load && other.of.journey == subject.of.journey &&
             other.of.stage == subject.of.stage;
    });
    if (std::find(known.begin(), known.end(), subject.name) == known.end())
      known.push_back(subject.name);
    if (subject.name == name && !again) found.push_back(subject);
  }
  if (found.size() == 1) return found.front().of;
  if (found.empty()) {
    const auto near = nearest(name, known);
    return fail(Cause::BadInput,
                fmt::format("`{}`: there is no load, stage, journey or step `{}`; {}", text, name,
                            near.empty() ? "there is " + listed(known, "and")
                                         : "did you mean `" + near + "`?"));
  }
  // The name of a load and of its stage tells nobody which.
  const LoadSubject& telling =
      found[found[0].of.journey.empty() && found[0].of.stage == 0 ? 1 : 0].of;
  return fail(Cause::BadInput,
              fmt::format("`{}`: `{}` is in {} and in {}; write `{} …`", text, name,
                          place_of(found[0].of), place_of(found[1].of), one_name(telling, name)));
}

bool is_load_metric(const std::string& name) {
  // Who is affected is a matter of faults.
  return find_metric("load", name) != nullptr && name != "users_affected";
}

std::vector<std::string> load_metrics() {
  auto names = metric_names("load");
  std::erase_if(names, [](const std::string& name) { return !is_load_metric(name); });
  return names;
}

std::string example_limit(Unit unit) {
  return unit == Unit::Seconds     ? "400ms"
         : unit == Unit::Share     ? "1%"
         : unit == Unit::PerSecond ? "100/s"
                                   : "10";
}

Result<void> check_threshold(const Threshold& t) {
  const Condition& c = t.condition;
  const Metric* metric = find_metric("load", c.metric);
  if (!metric || !is_load_metric(c.metric))
    return fail(Cause::BadInput, fmt::format("`{}` is nothing that a load has; known are {}",
                                             c.metric, listed(load_metrics(), "and")));
  if (c.of_baseline || !c.other_metric.empty())
    return fail(Cause::BadInput,
                fmt::format("`{}` needs a baseline, and a single load has none; compare with a "
                            "number",
                            t.text));
  const bool count = metric->also_count && c.limit.unit == Unit::None;
  if (c.limit.unit == Unit::None && metric->unit != Unit::None && !count)
    return fail(Cause::BadInput,
                fmt::format("`{}`: {} needs its unit; write for example `{} < {}`", t.text,
                            metric->unit == Unit::Seconds     ? "a time"
                            : metric->unit == Unit::Share     ? "a share"
                            : metric->unit == Unit::PerSecond ? "a rate"
                                                              : "the limit",
                            c.metric, example_limit(metric->unit)));
  if (c.limit.unit != metric->unit && !count)
    return fail(Cause::BadInput,
                fmt::format("`{}` compares {} with something else; write for example `{} < {}`",
                            t.text, c.metric, c.metric, example_limit(metric->unit)));
  const bool known =
      t.of.step.empty() ? t.of.journey.empty() || metric->of_journey : metric->of_step;
  if (!known)
    return fail(Cause::BadInput,
                fmt::format("`{}`: {} is known of a {}, not of a {}; leave out the name", t.text,
                            c.metric, metric->of_journey ? "journey" : "load",
                            t.of.step.empty() ? "journey" : "step"));
  return {};
}

/// Where the condition begins: at the first word that is a metric and stands before something that
/// reads as a comparison.
std::size_t condition_begins(const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto space = std::min(text.find(' ', at), text.size());
    if (is_load_metric(text.substr(at, space - at)) && parse_condition(text.substr(at), {}))
      return at;
    at = space + 1;
  }
  return 0;
}

}  // namespace

Result<std::vector<Threshold>> read_thresholds(const std::vector<std::string>& texts,
                                               const std::vector<LoadSpec>& loads) {
  std::vector<Threshold> all;
  for (const auto& text : texts) {
    Threshold threshold;
    threshold.text = text;
    const auto begin = condition_begins(text);
    GF_TRY_AS(threshold.condition, parse_condition(text.substr(begin), {}));
    if (begin > 0) {
      GF_TRY_AS(threshold.of, subject_named(text.substr(0, begin - 1), text, loads));
    }
    GF_TRY(check_threshold(threshold));
    all.push_back(std::move(threshold));
  }
  return all;
}

namespace {

/// The requests and journeys that one threshold is about, added up.
struct SubjectSum {
  std::uint64_t ended = 0, failed = 0, attempts = 0;
  std::uint64_t due = 0, dropped = 0, journeys = 0, completed = 0;  ///< journeys: no unfinished
  Histogram times;
};

SubjectSum sum_of(const LoadSummary& s, const LoadSubject& of) {
  SubjectSum sum;
  const bool journey_times = !of.journey.empty() && of.step.empty();
  const auto concerned = [&](const std::string& load, const std::string& journey) {
    return (of.load.empty() || of.load == load) && (of.journey.empty() || of.journey == journey);
  };
  for (const auto& step : s.steps) {
    if (!concerned(step.load, step.journey) || (!of.step.empty() && of.step != step.step)) continue;
    sum.ended += step.ended, sum.failed += step.failed, sum.attempts += step.attempts;
    if (!journey_times) sum.times.merge(step.latency);
  }
  for (const auto& journey : s.journeys) {
    if (!concerned(journey.load, journey.journey)) continue;
    sum.due += journey.due, sum.dropped += journey.dropped;
    sum.journeys += journey.ended - journey.unfinished, sum.completed += journey.completed;
    if (journey_times) sum.times.merge(journey.duration);
  }
  return sum;
}

std::optional<double> quotient(double part, double whole) {
  if (!(whole > 0)) return std::nullopt;
  return part / whole;
}

}  // namespace

std::optional<double> value_of(const LoadSummary& s, double length, const LoadSubject& of,
                               const Condition& condition) {
  const std::string& name = condition.metric;
  const SubjectSum sum = sum_of(s, of);
  const auto ended = static_cast<double>(sum.ended), failed = static_cast<double>(sum.failed);
  const auto due = static_cast<double>(sum.due), dropped = static_cast<double>(sum.dropped);
  const auto completed = static_cast<double>(sum.completed);
  const auto attempts = static_cast<double>(sum.attempts);
  for (const auto& p : shown_percentiles())
    if (name == p.key && !sum.times.empty()) return seconds(sum.times.quantile(p.q));
  if (name == "max" && !sum.times.empty()) return seconds(sum.times.max());
  if (name == "mean" && !sum.times.empty()) return seconds(sum.times.mean());
  if (name == "error_rate") return quotient(failed, ended);
  if (name == "success_rate") return quotient(ended - failed, ended);
  if (name == "completion_rate")
    return quotient(completed, static_cast<double>(sum.journeys) + dropped);
  if (name == "arrival_rate") return quotient(due, length);
  if (name == "sent_rate") return quotient(attempts, length);
  if (name == "throughput") return quotient(completed, length);
  if (name == "amplification") return quotient(attempts, ended);
  if (name == "in_flight") return static_cast<double>(s.most_in_flight);
  if (name == "dropped")
    return condition.limit.unit == Unit::Share ? quotient(dropped, due) : std::optional(dropped);
  return std::nullopt;
}

std::vector<JudgedThreshold> judge(const std::vector<Threshold>& thresholds,
                                   const LoadSummary& whole, double whole_length,
                                   const std::vector<StageSum>& stages) {
  std::vector<JudgedThreshold> all;
  for (const auto& t : thresholds) {
    const auto stage = std::find_if(stages.begin(), stages.end(), [&](const StageSum& one) {
      return one.load == t.of.load && one.number == t.of.stage;
    });
    const LoadSummary& summary = stage == stages.end() ? whole : stage->sum;
    const double length = stage == stages.end() ? whole_length : stage->length;
    const auto value = value_of(summary, length, t.of, t.condition);
    JudgedThreshold judged;
    judged.text = t.text;
    judged.value = value ? print_like(*value, t.condition) : nothing_measured;
    if (t.of.stage > 0 && length <= 0)
      judged.why = "no second of that stage counts: it was not reached, is warm-up, or too short";
    else if (!value || summary.requests == 0)
      judged.why = "nothing was measured";
    else if (summary.generator_was_the_limit())
      judged.why = "the generator was the limit";
    judged.outcome = !judged.why.empty()         ? Outcome::Inconclusive
                     : t.condition.holds(*value) ? Outcome::Held
                                                 : Outcome::Failed;
    all.push_back(std::move(judged));
  }
  return all;
}

Outcome worst_of(const std::vector<JudgedThreshold>& judged) {
  Outcome outcome = Outcome::Held;
  for (const auto& one : judged) outcome = worst(outcome, one.outcome);
  return outcome;
}

}  // namespace gunflint
