#include "verdict/generator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "verdict/words.hpp"

namespace gunflint {
namespace {

/// Percentiles and error rates know nothing of arrivals that were never begun; these metrics do.
bool counts_dropped(const Hypothesis& h, const std::string& load) {
  const auto* of = std::get_if<OfLoad>(&h.of);
  if (!of || (!of->load.empty() && of->load != load)) return false;
  const auto& metric = h.expect.metric;
  return metric == "dropped" || metric == "completion_rate" || metric == "users_affected";
}

/// Of a load whose stages are all closed loops; else 0.
int most_users(const LoadSpec& load) {
  int most = 0;
  for (const Stage& stage : load.stages) {
    if (!stage.users) return 0;
    most = std::max(most, *stage.users);
  }
  return most;
}

}  // namespace

void Generator::on(const Slice& slice) {
  if (slice.warm_up) return;
  Sum& sum = loads_[slice.load];
  ++sum.slices;
  if (slice.saturated) ++sum.saturated;
  sum.asked += slice.asked;
  sum.sent += slice.sent;
  sum.late.merge(slice.late);
  for (const auto& j : slice.journeys) sum.due += j.due, sum.dropped += j.dropped;
  for (const auto& s : slice.steps)
    sum.ended += s.ended, sum.failed += s.failed, sum.attempts += s.attempts;
}

double Generator::saturated_share(const std::string& load) const {
  const auto found = loads_.find(load);
  if (found == loads_.end() || found->second.slices == 0) return 0;
  return static_cast<double>(found->second.saturated) / found->second.slices;
}

Finding Generator::finding(const LoadSpec& load, const std::vector<Hypothesis>& judged) const {
  Finding f;
  f.kind = Finding::Kind::Load;
  f.name = load.name;
  f.limit = "sent as asked";
  place(f, load.mark);
  const auto found = loads_.find(load.name);
  if (found == loads_.end()) {
    f.sentence = "No traffic was measured.";
    return f;
  }
  const Sum& sum = found->second;
  f.measured = fmt::format("{} journeys due, {} requests", sum.due, sum.ended);
  const double share = saturated_share(load.name);
  if (share > 0.05) {
    f.sentence = fmt::format(
        "The load generator was the limit in {:.0f} % of the time; give it more cores or workers.",
        100 * share);
    return f;
  }
  const bool told = std::any_of(judged.begin(), judged.end(),
                                [&](const Hypothesis& h) { return counts_dropped(h, load.name); });
  if (sum.dropped > 0 && !told) {
    f.sentence = fmt::format(
        "{} of {} journeys were never begun, and no hypothesis counts them: latencies and errors "
        "are of the others only; judge `dropped`, `completion_rate` or `users_affected`.",
        sum.dropped, sum.due);
    return f;
  }
  f.held = Held::Yes;
  const int users = most_users(load);
  f.sentence = users > 0 ? fmt::format("{} users began {} journeys", users, sum.due)
                         : fmt::format("{} journeys fell due", sum.due);
  if (sum.late.count() > 0)
    f.sentence += fmt::format(", 99 % of requests were sent within {} of their time",
                              human(sum.late.quantile(0.99)));
  if (sum.dropped > 0) f.sentence += fmt::format(", {} were never begun", sum.dropped);
  f.sentence += fmt::format("; {} of {} requests failed", sum.failed, sum.ended);
  if (sum.attempts > sum.ended && sum.ended > 0)
    f.sentence += fmt::format(" (amplification {:.2f})",
                              static_cast<double>(sum.attempts) / static_cast<double>(sum.ended));
  f.sentence += ".";
  return f;
}

}  // namespace gunflint
