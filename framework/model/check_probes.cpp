// Hypotheses, reactions, alerts, guards: names, metrics and units.
#include <set>

#include <fmt/format.h>

#include "model/check.hpp"
#include "model/metrics.hpp"
#include "model/words.hpp"

namespace gunflint {
namespace {

const Value& place_of(const Value& entry, const char* key) {
  const Value* at = entry.find(key);
  return at ? *at : entry;
}

std::string_view kind_of(const ProbeSpec& spec) {
  return std::visit([](const auto& s) { return std::string_view(s.kind); }, spec);
}

std::string_view unit_name(Unit unit) {
  switch (unit) {
    case Unit::Seconds:
      return "a duration such as `400ms`";
    case Unit::Share:
      return "a share such as `1%`";
    case Unit::PerSecond:
      return "a rate such as `50/s`";
    default:
      return "a plain number";
  }
}

void check_unit(const Condition& c, const Metric& metric, const Quantity& limit, Reader& reader) {
  const Unit wanted = metric.unit;
  if (metric.name == "value") return;  // whatever the source counts
  if (limit.unit == wanted || (metric.also_count && limit.unit == Unit::None)) return;
  std::string fix = fmt::format("write {}", unit_name(wanted));
  const std::string number = print_number(limit.value);
  if (limit.unit == Unit::None) {
    if (wanted == Unit::Seconds) fix = fmt::format("did you mean `{}ms`?", number);
    if (wanted == Unit::PerSecond) fix = fmt::format("did you mean `{}/s`?", number);
    if (wanted == Unit::Share)
      fix = fmt::format("did you mean `{}%`?",
                        print_number(limit.value <= 1 ? limit.value * 100 : limit.value));
  }
  reader.problem(c.mark, "E123",
                 fmt::format("`{}` is compared with `{}`, not with {}", c.metric, limit.text,
                             unit_name(wanted)),
                 std::move(fix));
}

bool check_metric_scope(const Condition& c, const Metric& metric, const OfLoad& of,
                        Reader& reader) {
  const bool fits = of.step.empty() ? of.journey.empty() || metric.of_journey : metric.of_step;
  if (!fits)
    reader.problem(
        c.mark, "E122",
        fmt::format("`{}` is not known of one {}", c.metric, of.step.empty() ? "journey" : "step"),
        fmt::format("leave `{}` out: it is known of the whole load{}",
                    of.step.empty() ? "journey" : "step",
                    metric.of_journey ? ", or of a journey" : ""));
  return fits;
}

void report_metric(const Condition& c, std::string_view kind, Reader& reader) {
  const auto known = metric_names(kind);
  std::string fix;
  if (const OtherWord* row = find_word(other_metrics(), c.metric);
      row && find_metric(kind, row->instead)) {
    reader.problem(c.mark, "E107",
                   row->tool.empty() ? fmt::format("there is no metric `{}`", c.metric)
                                     : fmt::format("`{}` is a word of {}", c.metric, row->tool),
                   fmt::format("here it is `{}`", row->instead));
    return;
  }
  const bool percentile = c.metric.size() > 1 && c.metric[0] == 'p' &&
                          c.metric.find_first_not_of("0123456789", 1) == c.metric.npos;
  const std::string near = nearest(c.metric, known);
  if (percentile && kind == "load")
    fix = "the percentiles are `p50`, `p90`, `p95`, `p99` and `p999`";
  else if (!near.empty())
    fix = fmt::format("did you mean `{}`?", near);
  else
    fix = fmt::format("known here: {}", listed(known, "and"));
  reader.problem(c.mark, "E122", fmt::format("a {} has no metric `{}`", kind, c.metric),
                 std::move(fix));
}

void check_hypothesis(const Checked& c, const Hypothesis& h, const Value& entry, Reader& reader) {
  check_source(c, h.of, entry, reader);
  check_condition(h.expect, h.of, true, reader);
  if (h.expect.of_baseline && !h.window_is_phase)
    reader.problem(place_of(entry, "window").mark, "E136",
                   "`of baseline` is judged once per phase, not in a window",
                   "leave `window` out, or write `window: phase`");
  if (!h.window_is_phase && h.window < 1s && entry.find("window"))
    reader.problem(place_of(entry, "window").mark, "E136", "a window is at least one second",
                   "write `window: 1s` or longer");
  if (h.no_data == NoData::Ignore)
    reader.problem(place_of(entry, "no_data").mark, "E136", "only a guard may ignore missing data",
                   "write `inconclusive` or `fail`");
  if (!h.control.empty() && !NamesInFile::has(c.names.targets, h.control))
    report_unknown(reader, place_of(entry, "control").mark, "E114", "target", h.control,
                   words_of(c.names.targets));
  std::set<During> seen;
  for (const During during : h.during)
    if (!seen.insert(during).second)
      reader.problem(place_of(entry, "during").mark, "E136",
                     fmt::format("`{}` stands twice in `during`", name_of(during)));
}

void check_reaction(const Checked& c, const Reaction& r, const Value& entry, Reader& reader) {
  check_source(c, r.of, entry, reader);
  check_condition(r.expect, r.of, false, reader);
  if (!r.start) return;
  if (r.start->how == Start::How::While) {
    reader.problem(r.start->mark, "E124", "a reaction begins at one moment",
                   "write `at` or `after`, and `within`");
    return;
  }
  check_start(c, *r.start, reader);
}

void check_alert(const Checked& c, const AlertExpectation& a, const Value& entry, Reader& reader) {
  if (!c.experiment.sources.alertmanager && !c.experiment.sources.prometheus)
    reader.problem(a.mark, "E118", "an alert needs `sources.alertmanager` or `sources.prometheus`",
                   "add `sources: { alertmanager: { url: \"http://…:9093\" } }`");
  if (a.must == AlertExpectation::Must::StaySilent) {
    for (const char* key : {"at", "after", "while", "after_recovery", "plus", "within",
                            "resolve_within", "delivered_to"})
      if (const auto* given = entry.find_entry(key))
        reader.problem(given->mark, "E137",
                       fmt::format("`{}` has no meaning with `must: stay_silent`", key),
                       "it is judged over the whole run: leave it out");
    return;
  }
  if (!a.within)
    reader.problem(a.mark, "E137", fmt::format("`{}` must fire, but by when?", a.name),
                   "add `within: 2m`");
  if (!a.start)
    reader.problem(a.mark, "E137", fmt::format("`{}` must fire, but after what?", a.name),
                   "add `at:` with the name of a fault or stage");
  else if (a.start->how == Start::How::While)
    reader.problem(a.start->mark, "E124", "an alert is awaited from one moment",
                   "write `at` or `after`");
  else
    check_start(c, *a.start, reader);
}

/// Names become keys of readings: each list needs different ones.
template <class T>
void check_unique(const std::vector<T>& all, const char* list, Reader& reader) {
  std::map<std::string, Mark> seen;
  auto scope = reader.in(list);
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto inner = reader.in(i);
    if (all[i].name.empty()) continue;
    const auto [first, fresh] = seen.emplace(all[i].name, all[i].mark);
    if (fresh) continue;
    auto& p =
        reader.problem(all[i].mark, "E113", fmt::format("the name `{}` is used twice", all[i].name),
                       fmt::format("in `{}`: give one of them a `name` of its own", list));
    p.also.push_back(first->second);
  }
}

template <class T, class Check>
void each(const Checked& c, const std::vector<T>& all, const char* list, Reader& reader,
          Check check) {
  const Value* section = c.document.find(list);
  if (!section || !section->is_list()) return;
  auto scope = reader.in(list);
  for (std::size_t i = 0; i < all.size() && i < section->items().size(); ++i) {
    auto inner = reader.in(i);
    check(c, all[i], section->items()[i], reader);
  }
}

}  // namespace

void check_condition(const Condition& c, const ProbeSpec& of, bool baseline, Reader& reader) {
  if (c.metric.empty()) return;  // was not read
  const std::string_view kind = kind_of(of);
  const Metric* metric = find_metric(kind, c.metric);
  if (!metric) return report_metric(c, kind, reader);
  if (const auto* load = std::get_if<OfLoad>(&of))
    if (!check_metric_scope(c, *metric, *load, reader)) return;
  const bool is_text = c.comparison == Comparison::Contains || !c.needle.empty();
  if (is_text != (metric->name == "body")) {
    reader.problem(c.mark, "E122",
                   is_text ? fmt::format("`{}` is a number, not a text", c.metric)
                           : fmt::format("`{}` is a text", c.metric),
                   is_text ? "compare it with a number" : "write `body contains ok`");
    return;
  }
  if (is_text) return;
  if (!c.other_metric.empty()) {
    if (!find_metric(kind, c.other_metric))
      reader.problem(c.mark, "E122", fmt::format("a {} has no metric `{}`", kind, c.other_metric),
                     fmt::format("known here: {}", listed(metric_names(kind), "and")));
    return;
  }
  if (c.of_baseline) {
    if (!baseline)
      reader.problem(c.mark, "E135", "only `steady_state` compares with the baseline",
                     "write a fixed limit here");
    return;
  }
  check_unit(c, *metric, c.limit, reader);
  if (c.comparison == Comparison::Between) check_unit(c, *metric, c.upper, reader);
}

void check_source(const Checked& c, const ProbeSpec& of, const Value& entry, Reader& reader) {
  if (const auto* load = std::get_if<OfLoad>(&of)) {
    if (c.names.loads.empty()) {
      reader.problem(place_of(entry, "load").mark, "E115", "this file has no `load`",
                     "add one, or look at another source");
      return;
    }
    if (load->load.empty() && c.names.loads.size() > 1) {
      reader.problem(entry.mark, "E115", "this file has several loads", "say which one: `load: …`");
      return;
    }
    const auto* named = load->load.empty() ? &c.names.loads.front() : c.names.load(load->load);
    if (!named) {
      std::vector<std::string> known;
      for (const auto& one : c.names.loads) known.push_back(one.name);
      return report_unknown(reader, place_of(entry, "load").mark, "E115", "load", load->load,
                            known);
    }
    if (!load->journey.empty() && !NamesInFile::has(named->journeys, load->journey))
      report_unknown(reader, place_of(entry, "journey").mark, "E116", "journey", load->journey,
                     words_of(named->journeys));
    if (!load->step.empty() && !NamesInFile::has(named->steps, load->step))
      report_unknown(reader, place_of(entry, "step").mark, "E116", "step", load->step,
                     words_of(named->steps));
  } else if (const auto* target = std::get_if<OfTarget>(&of)) {
    if (!NamesInFile::has(c.names.targets, target->target))
      report_unknown(reader, place_of(entry, "target").mark, "E114", "target", target->target,
                     words_of(c.names.targets));
  } else if (std::get_if<OfPrometheus>(&of)) {
    const Value* sources = c.document.find("sources");
    if (!sources || !sources->find("prometheus"))
      reader.problem(place_of(entry, "prometheus").mark, "E118",
                     "a query needs `sources.prometheus`",
                     "add `sources: { prometheus: { url: \"http://…:9090\" } }`");
  } else if (const auto* page = std::get_if<OfScrape>(&of)) {
    if (!NamesInFile::has(c.names.pages, page->source))
      report_unknown(reader, place_of(entry, "scrape").mark, "E118", "scraped page", page->source,
                     words_of(c.names.pages));
  }
}

void check_start(const Checked& c, const Start& start, Reader& reader) {
  std::vector<Named> found;
  for (const auto& name : start.names) {
    found.push_back(find_start(c.names, name, start.mark, reader));
    if (found.back().what == Named::What::Nothing) return;
  }
  if (start.how == Start::How::AfterRecovery && found[0].what != Named::What::Fault) {
    reader.problem(start.mark, "E124",
                   fmt::format("`{}` is a stage; only a fault recovers", start.names[0]),
                   "write `after`, or name a fault");
    return;
  }
  if (found.size() < 2) return;
  const bool stages = found[0].what == Named::What::Stage && found[1].what == Named::What::Stage &&
                      found[0].load == found[1].load;
  if (!stages || found[0].index >= found[1].index)
    reader.problem(start.mark, "E124", "`while: [X, Y]` takes two stages of one load, in order",
                   "the first and the last of adjacent stages");
}

void check_probes(const Checked& c, Reader& reader) {
  const Experiment& e = c.experiment;
  each(c, e.steady_state, "steady_state", reader, check_hypothesis);
  each(c, e.reactions, "reactions", reader, check_reaction);
  each(c, e.alerts, "alerts", reader, check_alert);
  each(c, e.abort, "abort", reader,
       [](const Checked& k, const Guard& g, const Value& entry, Reader& r) {
         check_source(k, g.of, entry, r);
         check_condition(g.when, g.of, false, r);
       });
  check_unique(e.steady_state, "steady_state", reader);
  check_unique(e.reactions, "reactions", reader);
  check_unique(e.abort, "abort", reader);
}

}  // namespace gunflint
