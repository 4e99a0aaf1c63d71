#include "report/limits.hpp"

#include "gunflint/model/experiment.hpp"

namespace gunflint {

namespace {

void add(std::vector<Limit>& limits, const std::string& name, const ProbeSpec& of,
         const Condition& c, const Experiment& experiment) {
  if (c.of_baseline || !c.other_metric.empty() || !c.needle.empty()) return;
  Limit limit;
  switch (c.comparison) {
    case Comparison::Less:
    case Comparison::LessEqual:
      break;
    case Comparison::Greater:
    case Comparison::GreaterEqual:
      limit.from_above = false;
      break;
    default:
      return;
  }
  limit.name = name;
  limit.metric = c.metric;
  limit.text = c.text;
  limit.value = c.limit.value;
  if (const auto* load = std::get_if<OfLoad>(&of)) {
    limit.load =
        load->load.empty() && experiment.loads.size() == 1 ? experiment.loads[0].name : load->load;
    limit.journey = load->journey;
    limit.step = load->step;
  } else if (const auto* target = std::get_if<OfTarget>(&of)) {
    limit.target = target->target;
  } else {
    return;
  }
  limits.push_back(std::move(limit));
}

}  // namespace

std::vector<Limit> limits_of(const RunView& view) {
  std::vector<Limit> limits;
  auto experiment = decode<Experiment>(view.start.experiment);
  if (!experiment) return limits;
  for (const Hypothesis& h : experiment->steady_state)
    add(limits, h.name, h.of, h.expect, *experiment);
  for (const Reaction& r : experiment->reactions) add(limits, r.name, r.of, r.expect, *experiment);
  return limits;
}

}  // namespace gunflint
