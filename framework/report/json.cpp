#include <cmath>

#include "report/impact.hpp"
#include "report/limits.hpp"
#include "report/report.hpp"

namespace gunflint {

namespace {

/// Rounded to `digits` after the point; null for NaN.
Value number(double value, int digits = 3) {
  if (!std::isfinite(value)) return {};
  const double scale = std::pow(10, digits);
  const double rounded = std::round(value * scale) / scale;
  if (rounded == std::floor(rounded) && std::abs(rounded) < 1e15)
    return Value(static_cast<std::int64_t>(rounded));
  return Value(rounded);
}
Value at(Duration t) { return number(seconds(t)); }
Value at(const std::optional<Duration>& t) { return t ? at(*t) : Value(); }
Value milliseconds(double s) { return number(s * 1e3, 2); }

Value object(std::initializer_list<std::pair<const char*, Value>> entries) {
  Value map = Value::map();
  for (const auto& [key, value] : entries) map.set(key, value);
  return map;
}

template <class List, class F>
Value list_of(const List& items, F&& one) {
  Value list = Value::list();
  for (const auto& item : items) list.push(one(item));
  return list;
}

Value spans(const std::vector<Span>& all) {
  return list_of(all, [](const Span& s) {
    return object({{"name", s.name}, {"from_s", at(s.from)}, {"to_s", at(s.to)}});
  });
}

Value totals(const std::string& name, const Totals& t) {
  Value errors = Value::map();
  for (const auto& [error, count] : t.errors) errors.set(error, count);
  auto ms = [&](double q) {
    return t.latency.empty() ? Value() : milliseconds(seconds(t.latency.quantile(q)));
  };
  return object({{"name", name},
                 {"requests", t.requests},
                 {"failed", t.failed},
                 {"attempts", t.attempts},
                 {"errors", errors},
                 {"p50_ms", ms(0.5)},
                 {"p90_ms", ms(0.9)},
                 {"p95_ms", ms(0.95)},
                 {"p99_ms", ms(0.99)},
                 {"p999_ms", ms(0.999)},
                 {"max_ms", t.latency.empty() ? Value() : milliseconds(seconds(t.latency.max()))}});
}

/// One column of the table of seconds.
template <class F>
Value column(const LoadView& load, F&& cell) {
  return list_of(load.seconds, [&](const LoadSecond& s) { return Value(cell(s)); });
}

Value step_columns(const LoadView& load, const std::string& name) {
  auto ms = [&](double StepSecond::*p) {
    return column(load, [&](const LoadSecond& s) {
      auto it = s.steps.find(name);
      return it == s.steps.end() ? Value() : milliseconds(it->second.*p);
    });
  };
  return object({{"p50_ms", ms(&StepSecond::p50)},
                 {"p95_ms", ms(&StepSecond::p95)},
                 {"p99_ms", ms(&StepSecond::p99)}});
}

Value seconds_table(const LoadView& load) {
  Value errors = Value::map();
  for (const auto& [error, total] : load.all.errors)
    errors.set(error, column(load, [&, name = error](const LoadSecond& s) {
                 auto it = s.errors.find(name);
                 return Value(it == s.errors.end() ? std::uint64_t{0} : it->second);
               }));
  Value table = object({
      {"second", column(load, [](const LoadSecond& s) { return s.second; })},
      {"asked", column(load, [](const LoadSecond& s) { return number(s.asked, 2); })},
      {"due", column(load, [](const LoadSecond& s) { return s.due; })},
      {"dropped", column(load, [](const LoadSecond& s) { return s.dropped; })},
      {"ended", column(load, [](const LoadSecond& s) { return s.ended; })},
      {"completed", column(load, [](const LoadSecond& s) { return s.completed; })},
      {"requests", column(load, [](const LoadSecond& s) { return s.requests; })},
      {"failed", column(load, [](const LoadSecond& s) { return s.failed; })},
      {"errors", errors},
      {"p50_ms", column(load, [](const LoadSecond& s) { return milliseconds(s.p50); })},
      {"p95_ms", column(load, [](const LoadSecond& s) { return milliseconds(s.p95); })},
      {"p99_ms", column(load, [](const LoadSecond& s) { return milliseconds(s.p99); })},
      {"max_ms", column(load, [](const LoadSecond& s) { return milliseconds(s.max); })},
      {"in_flight", column(load, [](const LoadSecond& s) { return s.in_flight; })},
      {"backlog", column(load, [](const LoadSecond& s) { return s.backlog; })},
      {"late_p99_ms", column(load, [](const LoadSecond& s) { return milliseconds(s.late); })},
      {"saturated", column(load, [](const LoadSecond& s) { return s.saturated; })},
      {"users", column(load, [](const LoadSecond& s) { return s.users; })},
      {"warm_up", column(load, [](const LoadSecond& s) { return s.warm_up; })},
  });
  return table;
}

/// Each second as pairs bin, count, … of the bins that are not empty.
Value heat_rows(const LoadView& load) {
  return list_of(load.seconds, [](const LoadSecond& s) {
    Value row = Value::list();
    for (int bin = 0; bin < heat_bins; ++bin)
      if (s.heat[bin] > 0) {
        row.push(bin);
        row.push(static_cast<std::uint64_t>(s.heat[bin]));
      }
    return row;
  });
}

Value load_value(const LoadView& load) {
  Value steps = Value::list(), step_seconds = Value::map();
  for (const auto& [name, t] : load.steps) {
    steps.push(totals(name, t));
    step_seconds.set(name, step_columns(load, name));
  }
  return object({{"name", load.name},
                 {"journeys", object({{"due", load.due},
                                      {"dropped", load.dropped},
                                      {"ended", load.ended},
                                      {"completed", load.completed},
                                      {"in_flight", load.in_flight}})},
                 {"all", totals(load.name, load.all)},
                 {"steps", steps},
                 {"stages", spans(load.stages)},
                 {"late_p99_ms",
                  load.late.empty() ? Value() : milliseconds(seconds(load.late.quantile(0.99)))},
                 {"saturated_seconds", load.saturated_seconds},
                 {"seconds", seconds_table(load)},
                 {"step_seconds", step_seconds},
                 {"heat", heat_rows(load)}});
}

Value target_value(const TargetView& t) {
  auto col = [&](auto cell) {
    return list_of(t.points,
                   [&](const MemberPoint& p) { return p.unknown ? Value() : Value(cell(p)); });
  };
  return object({{"name", t.name},
                 {"at_s", list_of(t.points, [](const MemberPoint& p) { return at(p.at); })},
                 {"ready", col([](const MemberPoint& p) { return p.ready; })},
                 {"desired", col([](const MemberPoint& p) { return p.desired; })},
                 {"restarts", col([](const MemberPoint& p) { return p.restarts; })},
                 {"cpu", col([](const MemberPoint& p) { return number(p.cpu); })},
                 {"memory", col([](const MemberPoint& p) { return number(p.memory); })},
                 {"queue", col([](const MemberPoint& p) { return number(p.queue); })}});
}

Value injection_value(const InjectionView& i) {
  return object({{"id", i.id},
                 {"fault", i.fault},
                 {"member", i.member},
                 {"label", i.label},
                 {"injected_s", at(i.injected)},
                 {"bite", i.bite ? encode(*i.bite) : Value()},
                 {"weakest_bite", i.weakest ? encode(*i.weakest) : Value()},
                 {"failed", i.failed},
                 {"bite_lost", i.bite_lost},
                 {"undone_s", at(i.undone)},
                 {"verified", i.verified},
                 {"gone", i.gone},
                 {"by", i.by},
                 {"why", i.why}});
}

Value impact_value(const Impact& i) {
  Value errors = Value::map();
  for (const auto& [error, count] : i.errors) errors.set(error, count);
  return object({{"users_due", number(i.users_due)},
                 {"users_affected", number(i.users_affected)},
                 {"journeys_due", i.journeys},
                 {"journeys_completed", i.completed},
                 {"journeys_dropped", i.dropped},
                 {"requests", i.requests},
                 {"requests_failed", i.failed},
                 {"errors", errors},
                 {"length_s", at(i.length)},
                 {"red_s", at(i.red)},
                 {"first_red_s", at(i.first_red)},
                 {"back_to_green_s", at(i.back_to_green)},
                 {"worst_second", i.worst_second ? Value(*i.worst_second) : Value()},
                 {"worst_completion", number(i.worst_share, 5)}});
}

Value run_value(const RunView& view) {
  const Outcome outcome = outcome_of(view);
  return object({{"id", view.start.run},
                 {"name", view.start.name},
                 {"series", view.start.series},
                 {"trial", view.start.trial},
                 {"file", view.start.file},
                 {"version", view.start.version},
                 {"host", view.start.host},
                 {"seed", view.start.seed},
                 {"started", print(view.wall0)},
                 {"complete", view.exit.has_value()},
                 {"outcome", name_of(outcome)},
                 {"exit", view.exit.value_or(exit_code(outcome))},
                 {"cause", cause_of(view)}});
}

Value what_was_done(const RunView& view, Value document) {
  document.set("faults", list_of(view.faults, [](const FaultView& f) {
                 return object({{"name", f.name},
                                {"type", f.type},
                                {"target", f.target},
                                {"from_s", at(f.from)},
                                {"to_s", at(f.to)},
                                {"skipped", f.skipped}});
               }));
  document.set("injections", list_of(view.injections, injection_value));
  document.set("undo", object({{"ok", undo_summary(view).tone != Tone::Bad},
                               {"sentence", undo_summary(view).text}}));
  document.set("left_behind",
               list_of(view.left_behind, [](const LeftBehind& l) { return encode(l); }));
  document.set("left_changed",
               list_of(view.left_changed, [](const LeftChanged& l) { return encode(l); }));
  return document;
}

}  // namespace

Value json_value(const RunView& view) {
  Value d = Value::map();
  d.set("format", 1);
  d.set("run", run_value(view));
  d.set("impact", impact_value(impact_of(view)));
  d.set("findings", list_of(worst_first(view), [](const Finding& f) { return encode(f); }));
  d.set("trust", list_of(trust_of(view), [](const TrustNote& n) {
          return object({{"tone", name_of(n.tone)}, {"text", n.text}});
        }));
  d = what_was_done(view, std::move(d));
  d.set("phases", spans(view.phases));
  d.set("timeline", list_of(view.timeline, [](const Moment& m) {
          return object({{"at_s", at(m.at)},
                         {"wall", print(m.wall)},
                         {"kind", m.kind},
                         {"tone", name_of(m.tone)},
                         {"text", m.text}});
        }));
  d.set("hypotheses", list_of(view.hypotheses, [](const HypothesisView& h) {
          return object({{"name", h.name}, {"states", list_of(h.states, [](const auto& s) {
                                              return object({{"from_s", at(s.from)},
                                                             {"to_s", at(s.to)},
                                                             {"state", s.state},
                                                             {"value", s.value}});
                                            })}});
        }));
  d.set("loads", list_of(view.loads, load_value));
  d.set("targets", list_of(view.targets, target_value));
  d.set("readings", list_of(view.readings, [](const ReadingView& r) {
          return object(
              {{"probe", r.probe},
               {"at_s", list_of(r.points, [](const auto& p) { return at(p.first); })},
               {"value", list_of(r.points, [](const auto& p) { return number(p.second, 6); })},
               {"unknown", r.unknown}});
        }));
  d.set("limits", list_of(limits_of(view), [](const Limit& l) {
          return object({{"name", l.name},
                         {"load", l.load},
                         {"journey", l.journey},
                         {"step", l.step},
                         {"target", l.target},
                         {"metric", l.metric},
                         {"text", l.text},
                         {"value", number(l.value, 6)},
                         {"from_above", l.from_above}});
        }));
  d.set("experiment_text", view.start.experiment_text);
  return d;
}

/// One line per key of the document: columns of a thousand numbers stay one line each run, and two
/// reports can be compared with diff.
std::string json_report(const RunView& view) {
  const Value document = json_value(view);
  std::string out = "{";
  for (const auto& entry : document.entries())
    out +=
        (out.size() > 1 ? ",\n " : "\n ") + to_json(Value(entry.key)) + ": " + to_json(entry.value);
  return out + "\n}\n";
}

}  // namespace gunflint
