#include "verdict/once.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "verdict/words.hpp"

namespace gunflint {

AffectedSpan affected_span(const Phases& phases, const RecoveryWatch& recoveries, int end) {
  constexpr int everything = std::numeric_limits<int>::max();
  const auto first = phases.first_injection();
  if (!first) return {0, everything};
  AffectedSpan span{static_cast<int>(std::floor(*first)), everything};
  if (phases.phase_of(end - 1) == Phase::After || phases.phase_of(end - 1) == Phase::Drain)
    if (const auto recovered = recoveries.ended()) span.to = std::max(span.from + 1, *recovered);
  return span;
}

namespace {

/// Those lost so far are too many of all that were due, whatever becomes of those under way.
bool is_lost_for_good(const Hypothesis& h, const UsersByDue::Count& count) {
  const auto comparison = h.expect.comparison;
  if (comparison != Comparison::Less && comparison != Comparison::LessEqual) return false;
  const auto lost = static_cast<double>(h.expect.metric == "dropped" ? count.dropped : count.lost);
  const bool share = h.expect.limit.unit == Unit::Share;
  return !h.expect.holds(share ? lost / static_cast<double>(count.due) : lost);
}

}  // namespace

Finding judge_once(const Hypothesis& h, const UsersByDue& users, AffectedSpan span, bool over) {
  Finding f;
  f.kind = Finding::Kind::Hypothesis;
  f.name = h.name;
  f.limit = h.expect.text;
  place(f, h.mark);
  const bool dropped = h.expect.metric == "dropped";
  if (dropped) span = {0, std::numeric_limits<int>::max()};
  auto count = users.between(span.from, span.to, std::get<OfLoad>(h.of));
  if (count.due == 0) {
    f.sentence = "No journey was due.";
    return f;
  }
  // Who is under way is not turned away yet; of a run that was killed nobody will know.
  const bool certain = over || is_lost_for_good(h, count);
  if (!over && !dropped) {
    if (!certain) count.due -= count.pending;
    count.pending = 0;
  }
  if (count.due == 0) {
    f.sentence = "No journey has ended.";
    return f;
  }
  const auto bad = static_cast<double>(dropped ? count.dropped : count.lost + count.pending);
  const double share = bad / static_cast<double>(count.due);
  const double value = h.expect.limit.unit == Unit::Share ? share : bad;
  f.measured = fmt::format("{} of {} ({:.{}g} %)", static_cast<std::uint64_t>(bad), count.due,
                           100 * share, share < 0.1 ? 2 : 3);
  if (!certain) {
    f.sentence =
        fmt::format("So far {} of {} journeys.", static_cast<std::uint64_t>(bad), count.due);
    return f;
  }
  f.held = h.expect.holds(value) ? Held::Yes : Held::No;
  f.sentence = dropped
                   ? fmt::format("{} of {} journeys were never begun.", count.dropped, count.due)
                   : fmt::format("{} of {} journeys due {} did not complete.",
                                 static_cast<std::uint64_t>(bad), count.due,
                                 span.from == 0 && span.to == std::numeric_limits<int>::max()
                                     ? "in the whole run"
                                     : "from the first injection to the recovery");
  return f;
}

}  // namespace gunflint
